"""Security: the credentials that old consumers hold must still suffice."""

from typing import Any

from gate.openapi.changes import Level
from gate.openapi.documents import Document, Unresolvable, step
from gate.openapi.exchange import Exchange, Part

Alternative = dict[str, frozenset[str]]
_DEFINING = ("type", "scheme", "in", "name", "openIdConnectUrl")


def compare_security(exchange: Exchange, old: Part, new: Part) -> None:
    """Every alternative of the old document should be enough for the new one."""
    before, after = _alternatives(old), _alternatives(new)
    lost = [had for had in before if not _suffices(had, after, old, new)]
    if not lost:
        return
    at = _pointer(old), _pointer(new)
    if before == [{}]:
        said = "credentials are now required; requests without them are refused"
        exchange.add("request-security-added", Level.BREAKS, *at, said)
    elif len(lost) == len(before):
        said = f"{_named(lost)} no longer suffices to be let in"
        exchange.add("request-security-tightened", Level.BREAKS, *at, said)
    else:
        said = f"{_named(lost)} no longer suffices; other credentials still do"
        exchange.add("request-security-tightened", Level.MAY_BREAK, *at, said)


def _suffices(
    had: Alternative, offered: list[Alternative], old: Part, new: Part
) -> bool:
    return any(
        all(
            name in had
            and scopes <= had[name]
            and _definition(old.document, name) == _definition(new.document, name)
            for name, scopes in wanted.items()
        )
        for wanted in offered
    )


def _alternatives(operation: Part) -> list[Alternative]:
    listed = operation.get("security")
    if listed is None:
        listed = operation.document.root.get("security")
    if not isinstance(listed, list) or not listed:
        return [{}]
    return [
        {name: frozenset(map(str, scopes or ())) for name, scopes in each.items()}
        for each in listed
        if isinstance(each, dict)
    ]


def _definition(document: Document, name: str) -> dict[str, Any] | None:
    at = step("#/components/securitySchemes", name)
    try:
        found, _ = document.follow(document.at(at), at)
    except Unresolvable:
        return None
    return {
        key: value.lower() if key == "scheme" and isinstance(value, str) else value
        for key, value in found.items()
        if key in _DEFINING
    }


def _named(lost: list[Alternative]) -> str:
    return " or ".join("+".join(sorted(one)) or "no credentials" for one in lost)


def _pointer(operation: Part) -> str:
    own = operation.get("security") is not None
    return step(operation.pointer, "security") if own else "/security"
