"""What a handler asks of its request: the platform, things by name, its body."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from aiohttp import web

from gate.local_platform.api import problems, ranges
from gate.local_platform.api.serializers import Json, Serializer
from gate.local_platform.platform import Platform
from gate.local_platform.state import Account, App, Pipeline, State

PLATFORM = web.AppKey("platform", Platform)

Item = TypeVar("Item")


def platform(request: web.Request) -> Platform:
    """The platform that this API is of."""
    return request.app[PLATFORM]


def state(request: web.Request) -> State:
    """What the platform remembers."""
    return platform(request).premises.state


def serializer(request: web.Request) -> Serializer:
    """Writes things as JSON, with addresses of this API."""
    return Serializer(platform(request).premises, platform(request).api_url)


def account(request: web.Request) -> Account:
    """The account that the path names, by `~`, address or id; 404 for another."""
    found = state(request).account
    if request.match_info["account"] not in ("~", found.email, found.id):
        raise problems.not_found("account")
    return found


def app(request: web.Request) -> App:
    """The app that the path names; 404 if there is none."""
    found = state(request).app(request.match_info["app"])
    if found is None:
        raise problems.not_found("app")
    return found


def pipeline(request: web.Request) -> Pipeline:
    """The pipeline that the path names; 404 if there is none."""
    found = state(request).pipeline(request.match_info["pipeline"])
    if found is None:
        raise problems.not_found("pipeline")
    return found


def listed(
    request: web.Request,
    items: Sequence[Item],
    keys: Mapping[str, Callable[[Item], int | str]],
    write: Callable[[Item], Json],
) -> web.Response:
    """The page of a list that the request's Range header asks for."""
    page = ranges.page(items, keys, request.headers.get("Range", ""))
    return web.json_response(
        [write(item) for item in page.items], status=page.status, headers=page.headers
    )


class Body:
    """A JSON object sent by a client, read field by field, 422 for a wrong one."""

    def __init__(self, fields: dict[str, Any], path: str = "") -> None:
        self.fields = fields
        self._path = path

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.fields.get(name) is not None

    def text(self, name: str) -> str:
        """A required non-empty string."""
        found = self.optional(name)
        if not found:
            raise problems.invalid_params(f"{self._path}{name} is required.")
        return found

    def optional(self, name: str) -> str | None:
        """A string, or None if absent or null."""
        found = self.fields.get(name)
        if found is not None and not isinstance(found, str):
            raise problems.invalid_params(f"{self._path}{name} must be a string.")
        return found

    def named(self, name: str, pattern: re.Pattern[str]) -> str:
        """A required string of a given shape."""
        found = self.text(name)
        if not pattern.fullmatch(found):
            raise problems.invalid_params(
                f"{self._path}{name} must match {pattern.pattern}."
            )
        return found

    def flag(self, name: str) -> bool | None:
        """A boolean, or None if absent."""
        found = self.fields.get(name)
        if found is not None and not isinstance(found, bool):
            raise problems.invalid_params(f"{self._path}{name} must be true or false.")
        return found

    def number(self, name: str) -> int | None:
        """A whole number, which may be sent as a string; None if absent."""
        found = self.fields.get(name)
        if found is None:
            return None
        if isinstance(found, str) and found.isascii() and found.isdigit():
            found = int(found[:9])
        if not isinstance(found, int) or isinstance(found, bool) or found < 0:
            raise problems.invalid_params(
                f"{self._path}{name} must be a whole number, 0 or more."
            )
        return found

    def inner(self, name: str) -> "Body":
        """A required nested object."""
        found = self.fields.get(name)
        if not isinstance(found, dict):
            raise problems.invalid_params(f"{self._path}{name} must be an object.")
        return Body(found, f"{self._path}{name}.")

    def items(self, name: str) -> list["Body"]:
        """A required non-empty list of objects."""
        found = self.fields.get(name)
        if not isinstance(found, list) or not found:
            raise problems.invalid_params(f"{self._path}{name} must be a list.")
        if not all(isinstance(item, dict) for item in found):
            raise problems.invalid_params(f"{self._path}{name} must hold objects.")
        return [Body(item, f"{self._path}{name}[].") for item in found]


async def body(request: web.Request) -> Body:
    """The request's JSON object; an empty one if no body was sent."""
    content = await request.read()
    if not content:
        return Body({})
    if request.content_type != "application/json":
        raise problems.bad_request("Bodies must be application/json.")
    try:
        found = json.loads(content)
        json.dumps(found, ensure_ascii=False).encode()  # no lone surrogates
    except (ValueError, RecursionError):
        raise problems.bad_request("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise problems.bad_request("The body must be a JSON object.")
    request["body"] = found
    return Body(found)
