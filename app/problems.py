"""Every error as a problem document (RFC 9457)."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from flask import Response, request
from pydantic import BaseModel, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema
from werkzeug.exceptions import HTTPException, MethodNotAllowed

MEDIA_TYPE = "application/problem+json"
Reference = Annotated[str, Field(json_schema_extra={"format": "uri-reference"})]


class Problem(BaseModel):
    """What went wrong, for people and for programs; *errors* by place in the request."""

    type: Reference
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    instance: Reference
    errors: dict[str, str] | SkipJsonSchema[None] = None


class Refusal(HTTPException):
    """A request that is understood and not carried out; *kind* tells programs why."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.kind = status, kind


def declare(*statuses: int) -> dict[str | int, Any]:
    """The OpenAPI responses for problems with these *statuses*."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    content = {MEDIA_TYPE: {"schema": schema}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def answer(status: int, kind: str, detail: str, **more: Any) -> Response:
    """One problem document as a response; *kind* may be empty."""
    problem = Problem(
        type=f"urn:problem:{kind}" if kind else "about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=quote(request.path),
        **more,
    )
    body = problem.model_dump_json(exclude_none=True)
    headers = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Response(body, status, headers, content_type=MEDIA_TYPE)


def from_exception(error: HTTPException) -> Response:
    """What Flask raised (404, 405, 413, 500 ...) or we refused, as a problem."""
    kind = error.kind if isinstance(error, Refusal) else ""
    response = answer(error.code or 500, kind, error.description or "")
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def from_validation(error: ValidationError) -> Response:
    """A request that does not match its schema; names every mistake, repeats no input."""
    mistakes = error.errors(include_url=False, include_input=False)
    errors = {".".join(map(str, each["loc"])): each["msg"] for each in mistakes}
    detail = "The request does not match its schema: see errors."
    return answer(422, "invalid-request", detail, errors=errors)
