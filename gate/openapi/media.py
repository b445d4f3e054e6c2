"""Media types: which body formats a reader still understands."""

from dataclasses import dataclass
from typing import Any

from gate.openapi.documents import step
from gate.openapi.exchange import Part


@dataclass(frozen=True, slots=True)
class Carried:
    """A schema, where it stands, and the media type that carries it ("" = plain)."""

    schema: Any
    pointer: str
    media: str = ""


def media_of(part: Part) -> dict[str, Carried]:
    """The schemas under `content` by media type, without its parameters."""
    found: dict[str, Carried] = {}
    for name, value in part.members("content").items():
        schema = value.get("schema", True) if isinstance(value, dict) else True
        bare = name.split(";")[0].strip().lower()
        at = step(part.pointer, "content", name, "schema")
        found.setdefault(bare, Carried(schema, at, bare))
    return found


def schema_of(part: Part) -> Carried:
    """The schema of a parameter or header, in `schema` or in its one `content`."""
    if "schema" not in part.value and part.members("content"):
        return next(iter(media_of(part).values()))
    return Carried(part.value.get("schema", True), step(part.pointer, "schema"))


def match(media: str, offered: dict[str, Carried]) -> Carried | None:
    """The entry of `offered` that covers the media type or range `media`."""
    family = media.split("/", maxsplit=1)[0] + "/*"
    return next((offered[m] for m in (media, family, "*/*") if m in offered), None)


def is_text(media: str) -> bool:
    """Whether values in this media type travel as text, without JSON's types."""
    return not (media.endswith(("/json", "+json", "/*")) or "json" in media)
