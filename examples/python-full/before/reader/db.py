import os

# Fails at once where libpq is missing, rather than on the day that PostgreSQL is asked for.
import psycopg2  # noqa: F401
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine(os.environ.get("DATABASE_URL", "sqlite:///reader.db"))
Session = sessionmaker(bind=engine)


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "entries"

    link: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    feed: Mapped[str]


def create_tables() -> None:
    Base.metadata.create_all(engine)
