"""Request bodies: what old consumers put into them must still be taken."""

from typing import Any

from gate.openapi.changes import Direction, Level
from gate.openapi.comparison.exchange import Exchange, Shows, Status, Use
from gate.openapi.comparison.xml_names import compare_xml
from gate.openapi.documents.document import Document
from gate.openapi.documents.media import (
    FORMS,
    Carried,
    bare,
    is_binary,
    is_xml,
    item_of,
    matched_media,
    media_of,
    within,
)
from gate.openapi.documents.operations import Operation, Part
from gate.openapi.schemas.folding import fold
from gate.openapi.schemas.keywords import is_number
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.traffic.forms import encoding_of
from gate.openapi.traffic.styles import style_of
from gate.openapi.traffic.writing import Way, written_differently

_IN_SEQUENCE = ("prefixEncoding", "itemEncoding")


def compare_request_bodies(exchange: Exchange, old: Operation, new: Operation) -> None:
    """Bodies gone, required, in other formats, or of another schema."""
    before, after = body_of(exchange, old), body_of(exchange, new)
    if new.own.get("requestBody") is not None and after is None:
        return  # it could not be read, and that is said
    old_at, new_at = old.own.at("requestBody"), new.own.at("requestBody")
    needed = after is not None and after.get("required") is True
    if before is None:
        if needed and old.own.get("requestBody") is None:
            said = "a request body is now required; requests without one are refused"
            exchange.add("request-body-required", "", new_at, said)
        return
    if after is None:
        said = "the request body is no longer declared; what is sent may be ignored"
        exchange.add("request-body-removed", old_at, "", said)
        return
    if needed and before.get("required") is not True:
        said = "the request body was optional and is now required"
        at = before.pointer, after.pointer
        exchange.add("request-body-became-required", *at, said)
    _compare_formats(exchange, before, after)


def body_of(exchange: Exchange, operation: Operation) -> Part | None:
    """The request body object of an operation, if it has one."""
    raw = operation.own.get("requestBody")
    if raw is None:
        return None
    at = operation.own.at("requestBody")
    return exchange.resolve(operation.document, raw, at)


def _compare_formats(exchange: Exchange, old: Part, new: Part) -> None:
    before, after = media_of(old), media_of(new)
    for media, was, now in matched_media(before, after):
        if now is not None:
            way = Direction.REQUEST
            compare_parameters_of_media(exchange, way, was, now)
            compare_carried(exchange, way, was, now, media)
        else:
            left = [m for m in after if within(m, was.media)]
            said = f"bodies of type {was.media} are no longer accepted"
            said += f", only {', '.join(left)}" if left else ""
            at = was.pointer.removesuffix("/schema"), new.at("content")
            shows = Shows(media=media)
            exchange.add("request-media-type-removed", *at, said, shows=shows)


def compare_parameters_of_media(
    exchange: Exchange, direction: Direction, old: Carried, new: Carried
) -> None:
    """Another `version=2` or the like, which the reader's document does not name."""
    request = direction is Direction.REQUEST
    writer, reader = (old, new) if request else (new, old)
    if writer.media != reader.media and bare(writer.media) == bare(reader.media):
        if reader.media == bare(reader.media):
            return  # it names the type whatever its parameters are
        said = f"the body was {old.media} and is now {new.media}"
        at = old.pointer.removesuffix("/schema"), new.pointer.removesuffix("/schema")
        exchange.add(f"{direction}-media-type-parameters-changed", *at, said)


def compare_carried(
    exchange: Exchange,
    direction: Direction,
    old: Carried,
    new: Carried,
    media: str,
    status: Status = ("", 0),
) -> None:
    """Compare the schemas of a media type, and how forms write their fields."""
    if is_binary(old.media) or is_binary(new.media):
        _compare_sizes(exchange, direction, old, new)
        return
    if any(old.entry.get(word) != new.entry.get(word) for word in _IN_SEQUENCE):
        said = "how its parts are written one by one changed, and was not compared"
        exchange.add("undecided", old.pointer, new.pointer, said)
    use = Use(exchange, "body", media, status)
    exchange.schemas(direction, old, new, use)
    _compare_items(exchange, direction, (item_of(old), item_of(new)), use)
    if is_xml(old.media) and is_xml(new.media):
        compare_xml(exchange, direction, old, new)
    if bare(old.media) in FORMS and bare(old.media) == bare(new.media):
        _compare_fields(exchange, direction, old, new)


def _compare_items(
    exchange: Exchange,
    direction: Direction,
    both: tuple[Carried | None, Carried | None],
    use: Use,
) -> None:
    """Items of a body that is read one by one, as lines of JSON are."""
    old, new = both
    if old is not None and new is not None:
        exchange.schemas(direction, old, new, use, subject="an item of the body")
        return
    reader, at = (new, 1) if direction is Direction.REQUEST else (old, 0)
    if reader is not None:
        said = "the items of the body are described in one document only"
        where = ("", reader.pointer) if at else (reader.pointer, "")
        exchange.add("undecided", *where, f"{said}, so they were not compared")


def _above(one: Any, other: Any) -> bool:
    """Whether the second of two limits is lower, or there where the first is not."""
    return is_number(other) and not (is_number(one) and one <= other)


def _compare_sizes(
    exchange: Exchange, direction: Direction, old: Carried, new: Carried
) -> None:
    """Limits on the length of bytes, which a schema can only hint at."""
    request = direction is Direction.REQUEST
    writer, reader = (old, new) if request else (new, old)
    mine, theirs = (
        c.schema if isinstance(c.schema, dict) else {} for c in (writer, reader)
    )
    longest, shortest = theirs.get("maxLength"), theirs.get("minLength")
    if _above(mine.get("maxLength"), longest) or _above(
        shortest, mine.get("minLength")
    ):
        what = "length-narrowed" if request else "length-widened"
        said = "the number of bytes that the body may have is another one"
        at = old.pointer, new.pointer
        exchange.add(f"{direction}-{what}", *at, said, Level.MAY_BREAK)


def _compare_fields(
    exchange: Exchange, direction: Direction, old: Carried, new: Carried
) -> None:
    side = exchange.comparison.sides[direction]
    request = direction is Direction.REQUEST
    mine, theirs = (side.left, side.right) if request else (side.right, side.left)
    before, after = _fields(mine, old), _fields(theirs, new)
    for name in before.keys() & after.keys():
        was, now = encoding_of(old.entry, name), encoding_of(new.entry, name)
        pair = _carried(before[name], mine), _carried(after[name], theirs)
        if request:
            at = old.pointer, new.pointer
            _compare_encoding(exchange, name, (was, now), at)
            _compare_writing(exchange, name, (was, now), pair)
        both = (before[name], was), (after[name], now)
        if bare(old.media) == FORMS[1] and all(_as_json(*one) for one in both):
            use = Use(exchange, f"body {name}")
            exchange.schemas(direction, *pair, use, subject=f"`{name}`")


def _carried(schema: Schema, reading: Reading) -> Carried:
    """A field's schema as the document has it, to be read as JSON."""
    return Carried(_raw(reading, schema.pointer), schema.pointer, "application/json")


def _raw(reading: Reading, pointer: str) -> Any:
    here: Any = reading.document.root
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        here = here[int(name)] if isinstance(here, list) else here.get(name)
    return here


def _fields(reading: Reading, carried: Carried) -> dict[str, Schema]:
    flat = fold(reading, reading.schema(carried.schema, carried.pointer))
    found: dict[str, Schema] = flat.get("properties", {})
    return found


def _as_json(schema: Schema, encoding: dict[str, Any]) -> bool:
    """Whether a part of a multipart form is JSON, told so or by its type."""
    told = encoding.get("contentType")
    if isinstance(told, str):
        return told.endswith("json")
    return schema.get("type") == "object" or "properties" in schema


def _compare_writing(
    exchange: Exchange,
    name: str,
    both: tuple[dict[str, Any], dict[str, Any]],
    pair: tuple[Carried, Carried],
) -> None:
    before, after = (Way(style_of(own, "query")) for own in both)
    reading = exchange.comparison.sides[Direction.REQUEST].left
    if written_differently(reading, pair[0], before, after) is not None:
        said = f"form field `{name}` is written differently: {before} became {after}"
        at = pair[0].pointer, pair[1].pointer
        exchange.add("request-encoding-changed", *at, said)


def _compare_encoding(
    exchange: Exchange,
    name: str,
    both: tuple[dict[str, Any], dict[str, Any]],
    at: tuple[str, str],
) -> None:
    known, offered = (_types(own) for own in both)
    lost = [t for t in known if not any(t == o or within(t, o) for o in offered)]
    if offered and lost:
        said = f"form field `{name}` may no longer be {', '.join(lost)}"
        exchange.add("request-encoding-changed", *at, said)
    elif offered and not known:
        said = f"form field `{name}` must now be {', '.join(offered)}"
        exchange.add("request-encoding-changed", *at, said, Level.MAY_BREAK)
    comparison = exchange.comparison
    had = _required_headers(exchange, comparison.old, both[0], at[0])
    wants = _required_headers(exchange, comparison.new, both[1], at[1])
    for header in sorted(wants - had):
        said = f"form field `{name}` now needs the header `{header}`"
        exchange.add("request-encoding-changed", *at, said)


def _types(encoding: dict[str, Any]) -> list[str]:
    told = encoding.get("contentType")
    return [t.strip().lower() for t in told.split(",")] if isinstance(told, str) else []


def _required_headers(
    exchange: Exchange, document: Document, encoding: dict[str, Any], pointer: str
) -> set[str]:
    listed = encoding.get("headers")
    found = set()
    for name, raw in (listed if isinstance(listed, dict) else {}).items():
        header = exchange.resolve(document, raw, pointer)
        if header is not None and header.get("required") is True:
            found.add(name.lower())
    return found - {"content-type"}
