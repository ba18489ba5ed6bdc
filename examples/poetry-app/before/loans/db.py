import os
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

DATABASE = Path(os.environ.get("DATABASE", "var/loans.db"))

engine = create_engine(f"sqlite:///{DATABASE}")
Session = sessionmaker(bind=engine)


class Base(DeclarativeBase):
    pass


class Loan(Base):
    __tablename__ = "loans"

    id: Mapped[int] = mapped_column(primary_key=True)
    tool: Mapped[str]
    borrower: Mapped[str]


def create_tables() -> None:
    DATABASE.parent.mkdir(parents=True, exist_ok=True)
    Base.metadata.create_all(engine)
