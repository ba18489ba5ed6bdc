import os

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

from app.config import DATABASE_URL, INSTANCE_DIR

engine = create_engine(DATABASE_URL)
Session = sessionmaker(bind=engine)


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    quantity: Mapped[int] = mapped_column(default=0)

    def as_dict(self) -> dict:
        return {"id": self.id, "name": self.name, "quantity": self.quantity}


def init_db() -> None:
    if engine.dialect.name == "sqlite":
        os.makedirs(INSTANCE_DIR, exist_ok=True)
    Base.metadata.create_all(engine)
