"""Links of answers: where a consumer that follows them is led."""

from typing import Any

from gate.openapi.comparison.exchange import Exchange, Status
from gate.openapi.documents.operations import Part

_WORDS = ("description", "server")


def compare_links(exchange: Exchange, status: Status, old: Part, new: Part) -> None:
    """Links that are gone, or lead to another operation or with other values."""
    after = new.members("links")
    for name, raw in old.members("links").items():
        mine = exchange.resolve(old.document, raw, old.at("links", name))
        if mine is None:
            continue
        if name not in after:
            said = f"link `{name}` is gone from the {status[0]} answer"
            at = mine.pointer, new.at("links")
            exchange.add("response-link-removed", *at, said)
            continue
        theirs = exchange.resolve(new.document, after[name], new.at("links", name))
        if theirs is not None and _target(mine) != _target(theirs):
            said = f"link `{name}` of the {status[0]} answer leads elsewhere"
            at = mine.pointer, theirs.pointer
            exchange.add("response-link-changed", *at, said)


def _target(link: Part) -> dict[str, Any]:
    return {key: value for key, value in link.value.items() if key not in _WORDS}
