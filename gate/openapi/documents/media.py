"""Media types: which body formats a reader still understands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gate.openapi.documents.document import step
from gate.openapi.documents.operations import Part

_BINARY = ("application/octet-stream", "application/pdf", "application/zip")
_KNOWN = (
    *("application/json", "application/vnd.example+json", "text/plain"),
    "application/octet-stream",
    *("application/xml", "text/csv", "text/html", "image/png", "image/jpeg"),
    *("audio/mpeg", "video/mp4", "application/pdf"),
)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class Carried:
    """A schema, where it stands, and the media type that carries it ("" = plain).

    *media* is in lower case and without `charset`; *entry* is the media type object.
    """

    schema: Any
    pointer: str
    media: str = ""
    entry: dict[str, Any] = field(default_factory=dict)


def media_of(part: Part) -> dict[str, Carried]:
    """The schemas under `content` by media type."""
    found: dict[str, Carried] = {}
    for name, value in part.members("content").items():
        entry = value if isinstance(value, dict) else {}
        media = normal(name)
        place = step(part.pointer, "content", name)
        at = step(place, "schema") if "schema" in entry else place
        found.setdefault(media, Carried(entry.get("schema", True), at, media, entry))
    return found


def item_of(carried: Carried) -> Carried | None:
    """The schema of each item of a body read one by one (`itemSchema`, since 3.2)."""
    schema, place = carried.entry.get("itemSchema"), carried.pointer
    if schema is None:
        return None
    at = step(place.removesuffix("/schema"), "itemSchema")
    return Carried(schema, at, carried.media, carried.entry)


def schema_of(part: Part) -> Carried:
    """The schema of a parameter or header, in `schema` or in its one `content`."""
    if "schema" not in part.value and part.members("content"):
        return next(iter(media_of(part).values()))
    if "schema" not in part.value:
        return Carried(True, part.pointer)
    return Carried(part.value["schema"], step(part.pointer, "schema"))


def normal(name: str) -> str:
    """A media type in one spelling: lower case, parameters sorted, no charset."""
    bare, *parameters = (piece.strip() for piece in name.lower().split(";"))
    kept = sorted(p for p in parameters if p and not p.startswith("charset"))
    return ";".join((bare, *kept))


def bare(media: str) -> str:
    """A media type without its parameters."""
    return media.split(";", maxsplit=1)[0].strip().lower()


def match(media: str, offered: dict[str, Carried]) -> Carried | None:
    """The entry of `offered` that covers the media type or range `media`.

    The most specific first; at last one that differs in its parameters only.
    """
    plain = bare(media)
    family = plain.split("/", maxsplit=1)[0] + "/*"
    exact = next((offered[m] for m in (media, plain) if m in offered), None)
    cousin = next((c for m, c in offered.items() if bare(m) == plain), None)
    ranges = next((offered[m] for m in (family, "*/*") if m in offered), None)
    return exact or cousin or ranges


def is_json(media: str) -> bool:
    """Whether values in this media type have JSON's types; a range may have them."""
    plain = bare(media)
    return plain.endswith(("/json", "+json", "/*")) or "json" in plain


def is_binary(media: str) -> bool:
    """Whether a body in this media type is bytes, of which no schema can speak."""
    plain = bare(media)
    return plain in _BINARY or plain.startswith(("image/", "audio/", "video/", "font/"))


def is_xml(media: str) -> bool:
    """Whether bodies in this media type are XML."""
    return bare(media).endswith(("/xml", "+xml"))


def is_text(media: str) -> bool:
    """Whether values in this media type travel as text, without JSON's types."""
    return not is_json(media)


def matched_media(
    old: dict[str, Carried], new: dict[str, Carried]
) -> Iterator[tuple[str, Carried, Carried | None]]:
    """Each kind of body of the old document: a type, its old and its new entry.

    A range stands for the types that its own document does not name more closely; the
    type is one that both entries govern.
    """
    seen: set[tuple[str, str]] = set()
    for media in dict.fromkeys((*old, *new)):
        was, now = match(media, old), match(media, new)
        if was is None:
            continue
        for chosen in _types_of(media):
            pair = was.media, now.media if now else ""
            if match(chosen, old) is was and match(chosen, new) is now:
                if pair not in seen:
                    seen.add(pair)
                    yield chosen, was, now
                break


def _types_of(media: str) -> Iterator[str]:
    """The type itself, or types of a range, those that can be written first."""
    if not media.endswith("/*"):
        yield media
        return
    family = media.removesuffix("*")
    yield from (known for known in _KNOWN if within(known, media))
    yield "x-other/x-other" if family == "*/" else family + "x-other"


def within(media: str, family: str) -> bool:
    """Whether a media type belongs to a range such as `text/*`."""
    plain = bare(family)
    return plain == "*/*" or (plain.endswith("/*") and media.startswith(plain[:-1]))
