import os

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
accesslog = "-"


def on_starting(server):
    """The tables are made once, before there are several workers."""
    from loans.db import create_tables

    create_tables()
