import os

BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INSTANCE_DIR = os.path.join(BASE_DIR, "instance")

# Hosting providers still hand out the scheme that SQLAlchemy no longer knows.
DATABASE_URL = os.environ.get("DATABASE_URL", f"sqlite:///{INSTANCE_DIR}/app.db").replace(
    "postgres://", "postgresql://", 1
)
