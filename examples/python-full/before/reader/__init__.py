"""A feed reader for one."""

from flask import Flask

from reader.db import create_tables
from reader.views import views


def create_app() -> Flask:
    app = Flask(__name__)
    create_tables()
    app.register_blueprint(views)
    return app
