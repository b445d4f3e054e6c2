"""Request bodies and answers: formats, status codes, headers and their schemas."""

from typing import Any

from gate.openapi.changes import Level
from gate.openapi.documents import Document, step
from gate.openapi.exchange import Exchange, Part
from gate.openapi.media import is_text, match, media_of, schema_of
from gate.openapi.schemas import Direction


def compare_request_bodies(exchange: Exchange, old: Part, new: Part) -> None:
    """What old consumers put into the body must still be taken."""
    before, after = _body(exchange, old), _body(exchange, new)
    old_at, new_at = step(old.pointer, "requestBody"), step(new.pointer, "requestBody")
    needed = after is not None and after.get("required") is True
    if before is None:
        if needed:
            said = "a request body is now required; requests without one are refused"
            exchange.add("request-body-required", Level.BREAKS, "", new_at, said)
        return
    if after is None:
        said = "the request body is no longer declared; what is sent may be ignored"
        exchange.add("request-body-removed", Level.MAY_BREAK, old_at, "", said)
        return
    if needed and before.get("required") is not True:
        said = "the request body was optional and is now required"
        at = before.pointer, after.pointer
        exchange.add("request-body-became-required", Level.BREAKS, *at, said)
    _compare_media(exchange, Direction.REQUEST, before, after)


def compare_responses(exchange: Exchange, old: Part, new: Part) -> None:
    """What new answers bring must be what old consumers were told to expect."""
    before, after = old.members("responses"), new.members("responses")
    old_at, new_at = step(old.pointer, "responses"), step(new.pointer, "responses")
    for status in before:
        if status.startswith("2") and _status(status, after) is None:
            said = f"status {status} is gone; consumers that wait for it never see it"
            at = step(old_at, status), new_at
            exchange.add("response-success-status-removed", Level.BREAKS, *at, said)
    for status, raw in after.items():
        expected = _status(status, before)
        if expected is None:
            if status.startswith("2"):
                said = f"status {status} is new among the successful answers"
                at = old_at, step(new_at, status)
                exchange.add("response-success-status-added", Level.NOTICE, *at, said)
            continue
        was = before[expected]
        mine = exchange.resolve(old.document, was, step(old_at, expected))
        theirs = exchange.resolve(new.document, raw, step(new_at, status))
        if mine is not None and theirs is not None:
            _compare_answer(exchange, status, mine, theirs)


def _status(status: str, offered: dict[str, Any]) -> str | None:
    family = status[:1] + "XX"
    return next((s for s in (status, family, "default") if s in offered), None)


def _compare_answer(exchange: Exchange, status: str, old: Part, new: Part) -> None:
    if old.members("content") and not new.members("content"):
        said = (
            f"the {status} answer no longer has a body; consumers find nothing to read"
        )
        at = old.pointer, new.pointer
        exchange.add("response-body-removed", Level.BREAKS, *at, said)
    else:
        _compare_media(exchange, Direction.RESPONSE, old, new)
    _compare_headers(exchange, status, old, new)


def _compare_media(
    exchange: Exchange, direction: Direction, old: Part, new: Part
) -> None:
    before, after = media_of(old), media_of(new)
    for media, carried in before.items():
        other = match(media, after)
        if other is not None:
            pair = (carried.schema, carried.pointer), (other.schema, other.pointer)
            exchange.schemas(direction, *pair, text=is_text(media))
            continue
        if direction is Direction.REQUEST:
            said = f"bodies of type {media} are no longer accepted"
        elif media.endswith("/*") and any(_within(m, media) for m in after):
            continue
        else:
            said = f"answers of type {media} are gone; consumers that ask for it fail"
        at = carried.pointer.removesuffix("/schema"), step(new.pointer, "content")
        exchange.add(f"{direction}-media-type-removed", Level.BREAKS, *at, said)


def _within(media: str, family: str) -> bool:
    return family == "*/*" or media.startswith(family[:-1])


def _compare_headers(exchange: Exchange, status: str, old: Part, new: Part) -> None:
    before = _headers(exchange, old.document, old)
    after = _headers(exchange, new.document, new)
    for name, mine in before.items():
        theirs = after.get(name)
        required = mine.get("required") is True
        level = Level.BREAKS if required else Level.MAY_BREAK
        if theirs is None:
            said = f"header `{name}` is gone from the {status} answer"
            at = mine.pointer, step(new.pointer, "headers")
            exchange.add("response-header-removed", level, *at, said)
            continue
        if required and theirs.get("required") is not True:
            said = f"header `{name}` may now be missing from the {status} answer"
            at = mine.pointer, theirs.pointer
            exchange.add("response-header-became-optional", level, *at, said)
        was, now = schema_of(mine), schema_of(theirs)
        pair = (was.schema, was.pointer), (now.schema, now.pointer)
        subject = f"header `{name}`"
        exchange.schemas(Direction.RESPONSE, *pair, text=True, subject=subject)


def _headers(exchange: Exchange, document: Document, part: Part) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for name, raw in part.members("headers").items():
        resolved = exchange.resolve(document, raw, step(part.pointer, "headers", name))
        if resolved is not None and name.lower() != "content-type":
            found[name.lower()] = resolved
    return found


def _body(exchange: Exchange, operation: Part) -> Part | None:
    raw = operation.get("requestBody")
    if raw is None:
        return None
    at = step(operation.pointer, "requestBody")
    return exchange.resolve(operation.document, raw, at)
