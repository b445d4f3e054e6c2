"""Every error as a problem document (RFC 9457)."""

from typing import Any

from flask import Response
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What went wrong, for people and for programs; *errors* by their place."""

    type: str
    title: str
    status: int
    detail: str
    errors: dict[str, str] = {}


class Refusal(HTTPException):
    """A request that is understood and not carried out; *kind* tells programs why."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.type = status, f"urn:problem:{kind}"
        self.errors: dict[str, str] = {}


def declare(*statuses: int) -> dict[str | int, Any]:
    """The OpenAPI responses for problems with these *statuses*."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"content": content} for status in statuses}


def respond(error: HTTPException) -> Response:
    """What Flask raised (404, 405, 413, 500 ...) or we refused, as a problem."""
    problem = Problem(
        type=getattr(error, "type", "about:blank"),
        title=error.name,
        status=error.code or 500,
        detail=error.description or "",
        errors=getattr(error, "errors", {}),
    )
    body = problem.model_dump_json(exclude_defaults=True)
    headers = error.get_headers()
    if problem.status == 503:
        headers.append(("Retry-After", "5"))
    return Response(body, problem.status, headers, content_type=MEDIA_TYPE)


def invalid(error: ValidationError) -> Response:
    """A request that does not match its schema; tells where, repeats no input."""
    detail = "The request does not match its schema: see errors."
    refusal = Refusal(422, "invalid-request", detail)
    for each in error.errors(include_url=False, include_input=False):
        refusal.errors[".".join(map(str, each["loc"]))] = each["msg"]
    return respond(refusal)
