"""Discriminators: which value of which property announces which alternative."""

from typing import Any

from gate.openapi.schemas.references import COMPONENTS, component


def discriminator(raw: dict[str, Any]) -> dict[str, Any] | None:
    """The `property` and the `tags`, the component that each of its values announces.

    An alternative that `mapping` leaves out is announced by its own name (OpenAPI
    3.1.1, section 4.8.25). None where it is malformed: it is a hint, and no more.
    """
    found = raw.get("discriminator")
    if not isinstance(found, dict) or not isinstance(found.get("propertyName"), str):
        return None
    mapping = found.get("mapping")
    tags = {
        tag: component(
            target if "#" in target or "/" in target else COMPONENTS + target
        )
        for tag, target in (mapping.items() if isinstance(mapping, dict) else ())
        if isinstance(target, str)
    }
    for keyword in ("oneOf", "anyOf"):
        branches = raw.get(keyword)
        for branch in branches if isinstance(branches, list) else ():
            target = branch.get("$ref") if isinstance(branch, dict) else None
            if isinstance(target, str) and component(target) not in tags.values():
                tags[target.rsplit("/", 1)[-1]] = component(target)
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
