"""Callbacks and webhooks: the service asks, and consumers answer.

What the service sends must be what consumers were told to expect, so schemas are
compared as those of answers are; what consumers answer, as those of requests.
"""

from collections.abc import Mapping

from gate.openapi.changes import Direction, Level
from gate.openapi.comparison.answers import entry_for, matched
from gate.openapi.comparison.bodies import body_of, compare_carried
from gate.openapi.comparison.exchange import Comparison, Exchange, Status, Use
from gate.openapi.comparison.parameters import named
from gate.openapi.documents.media import match, media_of, schema_of
from gate.openapi.documents.operations import (
    Key,
    Operation,
    Operations,
    Part,
    parameters_of,
)


def compare_webhooks(comparison: Comparison) -> None:
    """The webhooks of both documents."""
    roots = (Part(d, d.root, "") for d in (comparison.old, comparison.new))
    old, new = (
        Part(root.document, root.members("webhooks"), "/webhooks") for root in roots
    )
    _compare(comparison.exchange(""), old, new, "webhook")


def compare_callbacks(exchange: Exchange, old: Operation, new: Operation) -> None:
    """The callbacks of one operation, by their names."""
    after = new.own.members("callbacks")
    for name, raw in old.own.members("callbacks").items():
        mine = exchange.resolve(old.document, raw, old.own.at("callbacks", name))
        if mine is None:
            continue
        if name not in after:
            said = f"callback `{name}` is gone; consumers wait for it in vain"
            at = mine.pointer, new.own.at("callbacks")
            exchange.add("callback-removed", *at, said)
            continue
        new_at = new.own.at("callbacks", name)
        theirs = exchange.resolve(new.document, after[name], new_at)
        if theirs is not None:
            kind = f"callback `{name}` of {exchange.operation}"
            _compare(exchange, mine, theirs, kind)


def _compare(exchange: Exchange, old: Part, new: Part, kind: str) -> None:
    def name(method: str, path: str) -> str:
        return f"{method} {path} ({kind})"

    before = Operations(old, exchange.resolve, name)
    after = Operations(new, exchange.resolve, name)
    for mine in before.all:
        own = exchange.comparison.exchange(mine.name)
        theirs = _twin(mine, before, after)
        if theirs is None:
            said = "consumers are no longer called, and wait in vain"
            own.add("callback-removed", mine.own.pointer, new.pointer, said)
            continue
        at = mine.own.pointer, theirs.own.pointer
        if theirs.path != mine.path:
            said = f"the call now goes to {theirs.path}"
            own.add("callback-url-changed", *at, said)
        if theirs.method != mine.method:
            said = f"consumers are now called with {theirs.method}"
            own.add("callback-method-changed", *at, said)
        both = [parameters_of(side, own.resolve) for side in (mine, theirs)]
        _compare_parameters(own, *both)
        _compare_bodies(own, mine, theirs)
        _compare_answers(own, mine, theirs)


def _twin(mine: Operation, before: Operations, after: Operations) -> Operation | None:
    """The same call in the new document; an only call may have a new address."""
    if mine.path in after.paths:
        here = [o for o in after.all if o.path == mine.path]
        same = next((o for o in here if o.method == mine.method), None)
        return same or (here[0] if len(here) == 1 else None)
    webhook = mine.own.pointer.startswith("/webhooks")
    if webhook or not len(before.all) == len(after.all) == 1:
        return None
    return after.all[0]


def _compare_parameters(
    exchange: Exchange, old: Mapping[Key, Part], new: Mapping[Key, Part]
) -> None:
    for key, mine in old.items():
        theirs, required = new.get(key), mine.get("required") is True
        if theirs is None:
            said = f"{named(mine)} is no longer sent to consumers"
            level = Level.BREAKS if required else Level.MAY_BREAK
            exchange.add("callback-parameter-removed", mine.pointer, "", said, level)
            continue
        if required and theirs.get("required") is not True:
            said = f"{named(mine)} may now be missing in what consumers are sent"
            at = mine.pointer, theirs.pointer
            exchange.add("callback-parameter-became-optional", *at, said)
        pair = schema_of(mine), schema_of(theirs)
        part = f"{mine.get('in')} {mine.get('name')}"
        use = Use(exchange, part)
        exchange.schemas(Direction.RESPONSE, *pair, use, subject=named(mine))


def _compare_bodies(exchange: Exchange, old: Operation, new: Operation) -> None:
    mine, theirs = body_of(exchange, old), body_of(exchange, new)
    if mine is None:
        return
    if theirs is None:
        said = "what consumers are sent has no body any more; they find nothing to read"
        exchange.add("callback-body-removed", mine.pointer, new.own.pointer, said)
        return
    if mine.get("required") is True and theirs.get("required") is not True:
        said = "what consumers are sent may now come without its body"
        at = mine.pointer, theirs.pointer
        exchange.add("callback-body-became-optional", *at, said)
    known = media_of(mine)
    for media, carried in media_of(theirs).items():
        expected = match(media, known)
        if expected is not None:
            compare_carried(exchange, Direction.RESPONSE, expected, carried, media)
            continue
        said = f"consumers may be sent {media}, which they were never told of"
        at = mine.at("content"), carried.pointer.removesuffix("/schema")
        exchange.add("callback-media-type-added", *at, said)


def _compare_answers(exchange: Exchange, old: Operation, new: Operation) -> None:
    before, after = old.own.members("responses"), new.own.members("responses")
    for status in before:
        if status.startswith("2") and not entry_for(status, after):
            said = f"the service no longer lists status {status} as an answer it takes"
            at = old.own.at("responses", status), new.own.at("responses")
            exchange.add("callback-answer-status-removed", *at, said)
    for number, was, now in matched(before, after):
        old_at, new_at = old.own.at("responses", was), new.own.at("responses", now)
        mine = exchange.resolve(old.document, before[was], old_at)
        theirs = exchange.resolve(new.document, after[now], new_at)
        if mine is not None and theirs is not None:
            _compare_answer(exchange, (now, number), mine, theirs)


def _compare_answer(exchange: Exchange, status: Status, old: Part, new: Part) -> None:
    before, after = media_of(old), media_of(new)
    if after and not before:
        said = f"a body is now expected in the {status[0]} answer of consumers"
        at = old.pointer, new.at("content")
        exchange.add("callback-answer-body-required", *at, said)
    for media, carried in before.items():
        taken = match(media, after)
        if taken is not None:
            compare_carried(exchange, Direction.REQUEST, carried, taken, media, status)
        elif after:
            said = f"answers of type {media} are no longer taken from consumers"
            at = carried.pointer.removesuffix("/schema"), new.at("content")
            exchange.add("callback-answer-media-type-removed", *at, said)
