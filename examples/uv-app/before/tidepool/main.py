"""Which animals were seen in the tide pools."""

from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, Field

from tidepool.log import Log, open_log


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.log = open_log()
    yield
    app.state.log.close()


app = FastAPI(title="Tidepool", lifespan=lifespan)
pages = Jinja2Templates(directory="tidepool/pages")


def the_log(request: Request) -> Log:
    return request.app.state.log


TheLog = Annotated[Log, Depends(the_log)]


class Sighting(BaseModel):
    animal: str = Field(min_length=1)
    count: int = Field(default=1, ge=1)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/", response_class=HTMLResponse)
def index(request: Request, log: TheLog):
    return pages.TemplateResponse(request, "index.html", {"totals": log.totals()})


@app.get("/sightings")
def totals(log: TheLog) -> dict[str, int]:
    return log.totals()


@app.post("/sightings", status_code=201)
def add(sighting: Sighting, log: TheLog) -> Sighting:
    log.add(sighting.animal, sighting.count)
    return sighting
