"""The stock list, as a Flask application."""

from flask import Flask

from app.db import init_db
from app.views import views


def create_app() -> Flask:
    app = Flask(__name__)
    init_db()
    app.register_blueprint(views)
    return app


app = create_app()
