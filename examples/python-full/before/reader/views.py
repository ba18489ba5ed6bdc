from flask import Blueprint, jsonify, render_template, request
from sqlalchemy import select

from reader.db import Entry, Session
from reader.feeds import BadFeed, parse

views = Blueprint("views", __name__)


@views.get("/health")
def health():
    return jsonify(status="ok")


@views.get("/")
def index():
    with Session() as session:
        entries = session.scalars(select(Entry).order_by(Entry.feed, Entry.title)).all()
        return render_template("index.html", entries=entries)


@views.post("/feeds")
def add_feed():
    try:
        title, items = parse(request.get_data())
    except BadFeed as error:
        return jsonify(error=str(error)), 400
    with Session.begin() as session:
        for item in items:
            session.merge(Entry(link=item.link, title=item.title, feed=title))
    return jsonify(feed=title, entries=len(items)), 201
