"""The sightings, in a SQLite file."""

import os
import sqlite3
from pathlib import Path


class Log:
    def __init__(self, connection: sqlite3.Connection):
        self.connection = connection
        with connection:
            connection.execute("CREATE TABLE IF NOT EXISTS sightings (animal TEXT NOT NULL, count INTEGER NOT NULL)")

    def add(self, animal: str, count: int) -> None:
        with self.connection:
            self.connection.execute("INSERT INTO sightings VALUES (?, ?)", (animal, count))

    def totals(self) -> dict[str, int]:
        return dict(self.connection.execute("SELECT animal, sum(count) FROM sightings GROUP BY animal ORDER BY animal"))

    def close(self) -> None:
        self.connection.close()


def open_log() -> Log:
    directory = Path(os.environ.get("DATA_DIR", "data"))
    directory.mkdir(parents=True, exist_ok=True)
    return Log(sqlite3.connect(directory / "sightings.db", check_same_thread=False))
