"""Foreign data as Python source, that cannot be anything but data."""

import json
from collections.abc import Mapping

WIDTH = 60


def literal(value: object, indent: int = 0) -> str:
    """Return the source of a JSON value; what is invisible in text is escaped."""
    if isinstance(value, str):
        plain = value.isascii() and value.isprintable()
        return json.dumps(value) if plain else repr(value)
    if isinstance(value, Mapping):
        items = [f"{literal(k)}: {literal(v, indent + 4)}" for k, v in value.items()]
        return _enclosed("{", items, "}", indent)
    if isinstance(value, list | tuple):
        items = [literal(each, indent + 4) for each in value]
        return _enclosed("[", items, "]", indent)
    return repr(value)


def _enclosed(begin: str, items: list[str], end: str, indent: int) -> str:
    line = f"{begin}{', '.join(items)}{end}"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    inner = " " * (indent + 4)
    lines = "".join(f"{inner}{item},\n" for item in items)
    return f"{begin}\n{lines}{' ' * indent}{end}"
