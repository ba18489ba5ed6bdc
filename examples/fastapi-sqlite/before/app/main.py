"""The HTTP interface."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import get_session
from app.models import Note
from app.schemas import NoteIn, NoteOut

app = FastAPI(title="Jotter")

DbSession = Annotated[Session, Depends(get_session)]


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/api/notes", response_model=list[NoteOut])
def list_notes(session: DbSession):
    return session.scalars(select(Note).order_by(Note.id)).all()


@app.get("/api/notes/{note_id}", response_model=NoteOut)
def read_note(note_id: int, session: DbSession):
    note = session.get(Note, note_id)
    if note is None:
        raise HTTPException(status_code=404, detail="No such note")
    return note


@app.post("/api/notes", response_model=NoteOut, status_code=201)
def create_note(payload: NoteIn, session: DbSession):
    note = Note(title=payload.title, text=payload.text)
    session.add(note)
    session.commit()
    return note
