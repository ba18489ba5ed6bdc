"""Who has borrowed which tool."""

from flask import Flask, jsonify, render_template, request
from sqlalchemy import select

from loans.db import Loan, Session


def create_app() -> Flask:
    app = Flask(__name__)

    @app.get("/healthz")
    def healthz():
        return "ok\n", {"Content-Type": "text/plain"}

    @app.get("/")
    def index():
        with Session() as session:
            return render_template("index.html", loans=session.scalars(select(Loan).order_by(Loan.id)).all())

    @app.post("/loans")
    def lend():
        payload = request.get_json()
        if not (payload.get("tool") and payload.get("borrower")):
            return jsonify(error="who borrows what?"), 400
        loan = Loan(tool=payload["tool"], borrower=payload["borrower"])
        with Session() as session:
            session.add(loan)
            session.commit()
            return jsonify(id=loan.id, tool=loan.tool, borrower=loan.borrower), 201

    return app
