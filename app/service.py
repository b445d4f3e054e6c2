"""What both components share: identity, liveness and a published OpenAPI document."""

import json
import os
from typing import Any, Literal

from flask import Flask, Response, current_app
from flask.json.provider import DefaultJSONProvider
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.openapi import OpenAPI
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException

from app import problems


class Identity(BaseModel):
    """What answers here, and which release of it (null outside Heroku)."""

    name: str
    release: str | None
    commit: str | None


class Health(BaseModel):
    """The component can do its work."""

    status: Literal["ok"]


class PatientJSON(DefaultJSONProvider):
    """JSON that takes absurdly deep nesting for a mistake, not for a crash."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Parse *s*; ValueError when it is not JSON that we could use."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None


api = APIBlueprint("service", __name__, abp_tags=[{"name": "service"}])


def create(name: str, *parts: APIBlueprint) -> OpenAPI:
    """A service called *name* made of *parts*, which publishes what it promises."""
    app = OpenAPI(
        name,
        info={"title": name, "version": "1"},
        validation_error_model=problems.Problem,
        validation_error_callback=problems.from_validation,
        doc_ui=False,
        static_folder=None,
    )
    app.openapi_version = "3.1.1"
    app.json = PatientJSON(app)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.register_error_handler(HTTPException, problems.from_exception)
    for part in (api, *parts):
        app.register_api(part)
    identify(app, name)
    publish(app)
    return app


def identify(app: Flask, name: str) -> None:
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


def publish(app: OpenAPI) -> None:
    """Serve the OpenAPI document of *app*, the same bytes each time, at /openapi.json."""
    document = app.api_doc
    for item in document["paths"].values():
        for operation in item.values():
            # The library adds its own 422 to operations that take no input.
            if "application/json" in operation["responses"]["422"]["content"]:
                del operation["responses"]["422"]
    body = json.dumps(document, sort_keys=True, separators=(",", ":"))

    @app.route("/openapi.json")
    def openapi() -> Response:
        return Response(body, content_type="application/json")


def reply(model: BaseModel, status: int = 200, **headers: str) -> Response:
    """*model* as a JSON response."""
    body = model.model_dump_json()
    return Response(body, status, headers, content_type="application/json")


@api.get("/", operation_id="describe", responses={200: Identity})
def describe() -> Response:
    """What answers here, and which release of it."""
    return reply(current_app.extensions["identity"])


@api.get("/livez", operation_id="live", responses={200: Health})
def live() -> Response:
    """The process is up."""
    return reply(Health(status="ok"))
