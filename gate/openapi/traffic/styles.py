"""How OpenAPI writes parameters into paths, queries, headers and cookies."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gate.openapi.schemas.texts import text_of

_DEFAULTS = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_RESERVED = ":/?@!$'()*,;"  # of RFC 3986's, those that end neither value nor query


class Unwritable(ValueError):
    """A request that cannot be put on the wire, and why."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a parameter is written; *place* is path, query, header or cookie."""

    place: str
    name: str
    explode: bool
    reserved: bool = False

    def __str__(self) -> str:
        """As documents say it."""
        return f"style {self.name}, explode {str(self.explode).lower()}"


def style_of(value: dict[str, Any], place: str) -> Style:
    """The style of a parameter, header or encoding object, its defaults filled in."""
    named = value.get("style")
    name = named if isinstance(named, str) else _DEFAULTS.get(place, "form")
    explode = value.get("explode")
    spread = explode if isinstance(explode, bool) else name in ("form", "cookie")
    return Style(place, name, spread, value.get("allowReserved") is True)


def spelled(style: Style, name: str, value: Any) -> str:
    """A parameter with its name, or without one in headers and simple paths.

    Raises `Unwritable` for null, for empty arrays and objects, and for what is
    nested deeper than the style can say.
    """
    if style.name in ("form", "cookie", "spaceDelimited", "pipeDelimited"):
        return _form(style, name, value)
    if style.name == "deepObject":
        return _deep(style, name, value)
    if style.name == "label":
        return "." + _joined(style, value, "." if style.explode else ",", "=")
    if style.name == "matrix":
        return _matrix(style, name, value)
    return _joined(style, value, ",", "=")


def _form(style: Style, name: str, value: Any) -> str:
    label = _text(style, name)
    between = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}.get(style.name, ",")
    if not isinstance(value, dict | list) or not style.explode:
        return f"{label}={_joined(style, value, between, between)}"
    return "&".join(
        f"{_text(style, key)}={_text(style, item)}" if key else f"{label}={item}"
        for key, item in _members(style, value)
    )


def _deep(style: Style, name: str, value: Any) -> str:
    if not isinstance(value, dict) or not value:
        return _form(Style(style.place, "form", True, style.reserved), name, value)
    label = _text(style, name)
    pairs = [
        f"{label}%5B{_text(style, key)}%5D={_text(style, one)}"
        for key, item in value.items()
        for one in (item if isinstance(item, list) else [item])
    ]
    if not pairs:
        raise Unwritable(f"parameter `{name}` holds empty arrays only")
    return "&".join(pairs)


def _matrix(style: Style, name: str, value: Any) -> str:
    if not isinstance(value, dict | list) or not style.explode:
        return f";{_text(style, name)}={_joined(style, value, ',', ',')}"
    return "".join(
        f";{_text(style, key) if key else _text(style, name)}={item}"
        for key, item in _members(style, value)
    )


def _joined(style: Style, value: Any, between: str, paired: str) -> str:
    """A value in one piece; *paired* stands between a member's name and value."""
    if not isinstance(value, dict | list):
        return _text(style, value)
    pair = paired if style.explode else between
    return between.join(
        f"{key}{pair}{item}" if isinstance(value, dict) else item
        for key, item in _members(style, value)
    )


def _members(style: Style, value: Any) -> list[tuple[str, str]]:
    if not value:
        raise Unwritable("an empty array or object cannot be written as a parameter")
    if isinstance(value, dict):
        return [(_text(style, k), _text(style, v)) for k, v in value.items()]
    return [("", _text(style, item)) for item in value]


def _text(style: Style, value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        raise Unwritable(
            f"{value!r:.40} cannot be written in a {style.place} parameter"
        )
    text = text_of(value)
    if style.place in ("header", "cookie"):
        return text
    try:
        return quote(text, safe=_RESERVED if style.reserved else "")
    except UnicodeEncodeError as error:
        raise Unwritable(f"{text!r:.40} is no text that can be sent") from error
