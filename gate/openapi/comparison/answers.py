"""Answers: status codes, formats, headers and links that consumers rely on."""

from collections.abc import Collection, Iterable, Iterator

from gate.openapi.changes import Direction, Level
from gate.openapi.comparison.bodies import (
    compare_carried,
    compare_parameters_of_media,
)
from gate.openapi.comparison.exchange import Exchange, Status, Use
from gate.openapi.comparison.links import compare_links
from gate.openapi.documents.media import matched_media, media_of, schema_of, within
from gate.openapi.documents.operations import Operation, Part
from gate.openapi.traffic.writing import way_of, written_differently


def compare_answers(exchange: Exchange, old: Operation, new: Operation) -> None:
    """What new answers bring must be what old consumers were told to expect."""
    before, after = old.own.members("responses"), new.own.members("responses")
    expected = [status for status in before if _success(status)]
    if not expected:  # an operation that only redirects succeeds by redirecting
        expected = [status for status in before if status.startswith("3")]
    for status in expected:
        if not entry_for(status, after) and not _inside(status, after):
            said = f"status {status} is gone; consumers that wait for it never see it"
            at = old.own.at("responses", status), new.own.at("responses")
            exchange.add("response-success-status-removed", *at, said)
    for status in before:
        if _failure(status) and not entry_for(status, after):
            _failure_gone(exchange, old, new, status)
    for status in after:
        if _success(status) and not entry_for(status, before):
            said = f"status {status} is new among the successful answers"
            at = old.own.at("responses"), new.own.at("responses", status)
            exchange.add("response-success-status-added", *at, said)
    for number, was, now in matched(before, after):
        mine = exchange.resolve(old.document, before[was], old.own.at("responses", was))
        there = new.own.at("responses", now)
        theirs = exchange.resolve(new.document, after[now], there)
        if mine is not None and theirs is not None:
            _compare_answer(exchange, (now, number), mine, theirs)


def entry_for(status: str, offered: Collection[str]) -> str:
    """The entry that speaks for a status: itself, its range, `default`, or "".

    Where other successes are listed, `default` speaks of failures only.
    """
    ranges = status[:1] + "XX", status[:1] + "xx"  # people write both
    found = next((s for s in (status, *ranges) if s in offered), "")
    if found or "default" not in offered:
        return found
    told = _success(status) and any(_success(other) for other in offered)
    return "" if told else "default"


def matched(
    old: Collection[str], new: Collection[str]
) -> Iterator[tuple[int, str, str]]:
    """Each pair of entries that speak of the same statuses, and one of these.

    A range or `default` speaks of the statuses that its own document does not list
    more closely.
    """
    for entry in dict.fromkeys((*old, *new)):
        was, now = entry_for(entry, old), entry_for(entry, new)
        if not (was and now):
            continue
        for status in _statuses(entry, (*old, *new)):
            name = str(status)
            if entry_for(name, old) == was and entry_for(name, new) == now:
                yield status, was, now
                break


def _statuses(entry: str, listed: Collection[str]) -> Iterable[int]:
    """The statuses that an entry may speak of, the likely ones first."""
    if entry.isdecimal():
        return (int(entry),)
    if entry.upper().endswith("XX") and entry[0].isdecimal():
        start = int(entry[0]) * 100
        return range(start, start + 100)
    if any(_success(status) for status in listed):
        return (*range(400, 600), *range(200, 400))
    return (*range(200, 600),)


def _success(status: str) -> bool:
    return status.startswith("2")


def _failure(status: str) -> bool:
    return status.startswith(("4", "5")) or status == "default"


def _failure_gone(
    exchange: Exchange, old: Operation, new: Operation, status: str
) -> None:
    """Failures may always come; what is lost is the word on what they look like."""
    before, after = old.own.members("responses"), new.own.members("responses")
    at = old.own.at("responses", status), new.own.at("responses")
    mine = exchange.resolve(old.document, before[status], at[0])
    said, level = f"status {status} is no longer listed among the failures", None
    kept = _inside(status, after) or (status == "default" and any(map(_failure, after)))
    if mine is not None and mine.members("content") and not kept:
        said = f"{said}; consumers that read its body may find another, or none"
        level = Level.MAY_BREAK
    exchange.add("response-error-status-removed", *at, said, level)


def _inside(family: str, offered: Collection[str]) -> bool:
    """Whether a status of a range such as 2XX is left."""
    return family.upper().endswith("XX") and any(
        s.startswith(family[0]) for s in offered
    )


def _compare_answer(exchange: Exchange, status: Status, old: Part, new: Part) -> None:
    if old.members("content") and not new.members("content"):
        said = f"the {status[0]} answer no longer has a body; consumers find nothing to read"
        at = old.pointer, new.pointer
        exchange.add("response-body-removed", *at, said)
    else:
        _compare_formats(exchange, status, old, new)
    _compare_headers(exchange, status, old, new)
    compare_links(exchange, status, old, new)


def _compare_formats(exchange: Exchange, status: Status, old: Part, new: Part) -> None:
    before, after = media_of(old), media_of(new)
    for media, was, now in matched_media(before, after):
        if now is not None:
            way = Direction.RESPONSE
            compare_parameters_of_media(exchange, way, was, now)
            compare_carried(exchange, way, was, now, media, status)
        elif not any(within(m, was.media) for m in after):
            said = (
                f"answers of type {was.media} are gone; consumers that ask for it fail"
            )
            at = was.pointer.removesuffix("/schema"), new.at("content")
            exchange.add("response-media-type-removed", *at, said)


def _compare_headers(exchange: Exchange, status: Status, old: Part, new: Part) -> None:
    before, after = headers_of(exchange, old), headers_of(exchange, new)
    for key, (name, mine) in before.items():
        _, theirs = after.get(key, (name, None))
        required = mine.get("required") is True
        if theirs is None:
            said = f"header `{name}` is gone from the {status[0]} answer"
            at = mine.pointer, new.at("headers")
            level = Level.BREAKS if required else Level.MAY_BREAK
            exchange.add("response-header-removed", *at, said, level)
            continue
        if required and theirs.get("required") is not True:
            said = f"header `{name}` may now be missing from the {status[0]} answer"
            at = mine.pointer, theirs.pointer
            exchange.add("response-header-became-optional", *at, said)
        pair = schema_of(mine), schema_of(theirs)
        ways = way_of(mine, "header"), way_of(theirs, "header")
        reading = exchange.comparison.sides[Direction.RESPONSE].left
        if written_differently(reading, pair[1], *ways[::-1]) is not None:
            said = f"header `{name}` is written differently: {ways[0]} became {ways[1]}"
            at = mine.pointer, theirs.pointer
            exchange.add("response-header-serialisation-changed", *at, said)
            continue
        use = Use(exchange, f"header {name}", "", status)
        way = Direction.RESPONSE
        exchange.schemas(way, *pair, use, subject=f"header `{name}`")


def headers_of(exchange: Exchange, part: Part) -> dict[str, tuple[str, Part]]:
    """The headers of an answer, and their names as written, by those in lower case."""
    found: dict[str, tuple[str, Part]] = {}
    for name, raw in part.members("headers").items():
        resolved = exchange.resolve(part.document, raw, part.at("headers", name))
        if resolved is not None and name.lower() != "content-type":
            found[name.lower()] = name, resolved
    return found
