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
Cents = Annotated[int, Field(ge=0, le=2**53 - 1)]  # of a euro


class Identity(BaseModel):
    """What answers here, and which release of it (null outside Heroku)."""

    name: str
    release: str | None
    commit: str | None


class Health(BaseModel):
    status: Literal["ok"]


class ProductPath(BaseModel):
    sku: Sku


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
    return app


def reply(kind: type[BaseModel], value: object, status: int = 200) -> Response:
    """*value*, a mapping or a row of the database, as a JSON response of *kind*."""
    body = kind.model_validate(value, from_attributes=True).model_dump_json()
    return Response(body, status, content_type="application/json")


def identity() -> Identity:
    """Who we are, from Heroku's dyno metadata."""
    env = os.environ
    commit = env.get("HEROKU_SLUG_COMMIT") or env.get("HEROKU_BUILD_COMMIT")
    release = env.get("HEROKU_RELEASE_VERSION")
    return Identity(name=current_app.name, release=release, commit=commit)


@api.after_app_request
def stamp(response: Response) -> Response:
    """Every response, errors too, tells which release it comes from."""
    me = identity()
    stamps = {"X-Release": me.release, "X-Commit": me.commit}
    response.headers.update({k: v for k, v in stamps.items() if v})
    return response


@api.get("/", responses={200: Identity})
def describe() -> Response:
    """What answers here, and which release of it."""
    return reply(Identity, identity())


@api.get("/livez", responses={200: Health})
def live() -> Response:
    """The process is up."""
    return reply(Health, {"status": "ok"})
