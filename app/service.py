"""What both components share: identity, liveness and a published OpenAPI document."""

import os
from typing import Annotated, Literal

from flask import Response, current_app
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.openapi import OpenAPI
from pydantic import BaseModel, Field
from werkzeug.exceptions import HTTPException

from app import problems

Sku = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,39}$", examples=["mug-blue"])]
Quantity = Annotated[int, Field(ge=1, le=1000)]
Cents = Annotated[int, Field(ge=0, le=2**53 - 1)]
Currency = Literal["EUR"]


class Identity(BaseModel):
    """What answers here, and which release of it (null outside Heroku)."""

    name: str
    release: str | None
    commit: str | None


class Health(BaseModel):
    """The component can do its work."""

    status: Literal["ok"] = "ok"


api = APIBlueprint("service", __name__, abp_responses=problems.declare(422))


def create(name: str, *parts: APIBlueprint) -> OpenAPI:
    """A service called *name* made of *parts*, which publishes what it promises."""
    app = OpenAPI(
        name,
        info={"title": name, "version": "1"},
        validation_error_model=problems.Problem,
        validation_error_callback=problems.invalid,
        doc_ui=False,
        static_folder=None,
    )
    app.openapi_version = "3.1.1"
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.register_error_handler(HTTPException, problems.respond)
    for part in (api, *parts):
        app.register_api(part)
    document = app.api_doc
    app.add_url_rule("/openapi.json", "openapi", lambda: document)
    identify(app, name)
    return app


def identify(app: OpenAPI, name: str) -> None:
    """Stamp every response with the release and commit from Heroku's dyno metadata."""
    env = os.environ
    release = env.get("HEROKU_RELEASE_VERSION")
    commit = env.get("HEROKU_SLUG_COMMIT") or env.get("HEROKU_BUILD_COMMIT")
    app.extensions["identity"] = Identity(name=name, release=release, commit=commit)
    stamps = {"X-Release": release, "X-Commit": commit}

    @app.after_request
    def stamp(response: Response) -> Response:
        response.headers.update({k: v for k, v in stamps.items() if v})
        return response


def reply(model: BaseModel, status: int = 200, **headers: str) -> Response:
    """*model* as a JSON response."""
    body = model.model_dump_json()
    return Response(body, status, headers, content_type="application/json")


@api.get("/", responses={200: Identity})
def describe() -> Response:
    """What answers here, and which release of it."""
    return reply(current_app.extensions["identity"])


@api.get("/livez", responses={200: Health})
def live() -> Response:
    """The process is up."""
    return reply(Health())
