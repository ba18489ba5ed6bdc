import psycopg2.extensions
from flask import Blueprint, jsonify, request
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.db import Item, Session, engine

views = Blueprint("views", __name__)


@views.get("/healthz")
def healthz():
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return jsonify(status="ok", database=engine.dialect.name, libpq=psycopg2.extensions.libpq_version())


@views.get("/items")
def list_items():
    with Session() as session:
        return jsonify([item.as_dict() for item in session.scalars(select(Item).order_by(Item.name))])


@views.post("/items")
def add_item():
    payload = request.get_json()
    if not payload.get("name"):
        return jsonify(error="an item needs a name"), 400
    item = Item(name=payload["name"], quantity=payload.get("quantity", 0))
    with Session() as session:
        session.add(item)
        try:
            session.commit()
        except IntegrityError:
            return jsonify(error="there is such an item already"), 409
        return jsonify(item.as_dict()), 201
