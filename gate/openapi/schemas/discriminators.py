"""Discriminators: which value of which property announces which alternative."""

from collections.abc import Callable
from typing import Any

_COMPONENTS = "#/components/schemas/"


def discriminator(
    raw: dict[str, Any], named: Callable[[str], str]
) -> dict[str, Any] | None:
    """The `property` and the `tags`, the component that each of its values announces.

    `named` gives a reference's component. An alternative that `mapping` leaves out is
    announced by its own name (OpenAPI 3.1.1, section 4.8.25). None where it is
    malformed: it is a hint, and no more.
    """
    found = raw.get("discriminator")
    if not isinstance(found, dict) or not isinstance(found.get("propertyName"), str):
        return None
    mapping = found.get("mapping")
    tags = {
        tag: named(target if "#" in target or "/" in target else _COMPONENTS + target)
        for tag, target in (mapping.items() if isinstance(mapping, dict) else ())
        if isinstance(target, str)
    }
    for keyword in ("oneOf", "anyOf"):
        branches = raw.get(keyword)
        for branch in branches if isinstance(branches, list) else ():
            target = branch.get("$ref") if isinstance(branch, dict) else None
            if isinstance(target, str) and named(target) not in tags.values():
                tags[target.rsplit("/", 1)[-1]] = named(target)
    return {"property": found["propertyName"], "tags": dict(sorted(tags.items()))}


def quarrel(mine: dict[str, Any] | None, theirs: dict[str, Any] | None) -> str:
    """Why a reader may not recognise what the writer announces; "" when it does."""
    if mine is None or theirs is None:
        return ""
    if mine["property"] != theirs["property"]:
        return f"its discriminator was `{mine['property']}` on one side only"
    for tag, name in mine["tags"].items():
        if tag not in theirs["tags"] and name in theirs["tags"].values():
            return f"only one side's discriminator knows {tag!r}"
        if theirs["tags"].get(tag, name) != name:
            return f"{tag!r} announces {name} on one side only"
    return ""
