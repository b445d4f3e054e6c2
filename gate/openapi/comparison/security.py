"""Security: the credentials that old consumers hold must still suffice."""

from collections.abc import Iterator
from typing import Any

from gate.openapi.changes import Level
from gate.openapi.comparison.exchange import Exchange
from gate.openapi.documents.document import Document, step
from gate.openapi.documents.operations import Key, Operation, Part

Alternative = dict[str, frozenset[str]]
_DEFINING = ("type", "scheme", "in", "name")
_DETAILS = ("flows", "openIdConnectUrl", "bearerFormat", "oauth2MetadataUrl")


def compare_security(
    exchange: Exchange, old: Operation, new: Operation, sent: set[Key]
) -> None:
    """Every alternative of the old document should be enough for the new one.

    *sent*: required parameters of the old document, which may hold an API key that
    the new one calls a security scheme.
    """
    before, after = _alternatives(old.own), _alternatives(new.own)
    lost = [had for had in before if not _suffices(exchange, had, after, sent)]
    at = _pointer(old.own), _pointer(new.own)
    for had in lost:
        _lost(exchange, had, after, at)
    for had in before if {} in before else ():
        named = [wanted for wanted in after if wanted]
        if had and not _suffices(exchange, had, named, sent):
            said = f"{_named(had)} is no longer asked for"
            told = f"{said}; who sends it may be taken for nobody"
            exchange.add("request-security-optional-removed", *at, told)
    for name in sorted({n for had in before if had not in lost for n in had}):
        _details(exchange, name)


def _lost(
    exchange: Exchange,
    had: Alternative,
    after: list[Alternative],
    at: tuple[str, str],
) -> None:
    if not had:
        said = "credentials are now required; requests without them are refused"
        exchange.add("request-security-added", *at, said)
        return
    same = [wanted for wanted in after if _covers(had, wanted)]
    names = {n for wanted in same for n in wanted if not _alike(exchange, n, n)}
    for name in sorted(names):
        was, now = _both(exchange, name, name)
        if was is None or now is None:
            continue
        told = f"scheme `{name}` was {_described(was)} and is now {_described(now)}"
        bearer = _is_bearer(was) and _is_bearer(now)
        level = Level.MAY_BREAK if bearer else Level.BREAKS
        rule = "request-security-scheme-changed"
        exchange.add(rule, was.pointer, now.pointer, told, level)
    if not names:
        wanted = " or ".join(_named(one) for one in after)
        said = f"{_named(had)} no longer suffices; wanted is {wanted}"
        exchange.add("request-security-tightened", *at, said)


def _covers(had: Alternative, wanted: Alternative) -> bool:
    return all(name in had and scopes <= had[name] for name, scopes in wanted.items())


def _suffices(
    exchange: Exchange, had: Alternative, offered: list[Alternative], sent: set[Key]
) -> bool:
    return any(
        all(_held(exchange, had, name, wanted[name], sent) for name in wanted)
        for wanted in offered
    )


def _held(
    exchange: Exchange,
    had: Alternative,
    name: str,
    scopes: frozenset[str],
    sent: set[Key],
) -> bool:
    """Whether an old consumer's credentials include what the new scheme wants."""
    if name in had and scopes <= had[name] and _alike(exchange, name, name):
        return True
    renamed = (n for n in had if n != name and scopes <= had[n])
    if any(_alike(exchange, n, name, whole=True) for n in renamed):
        return True
    scheme = _scheme(exchange, exchange.comparison.new, name)
    if scheme is None or scheme.get("type") != "apiKey":
        return False
    place, key = str(scheme.get("in")), str(scheme.get("name"))
    return (place, key.lower() if place == "header" else key) in sent


def _alternatives(operation: Part) -> list[Alternative]:
    listed = operation.get("security")
    if listed is None:
        listed = operation.document.root.get("security")
    if not isinstance(listed, list) or not listed:
        return [{}]
    return [
        {name: frozenset(_scopes(scopes)) for name, scopes in each.items()}
        for each in listed
        if isinstance(each, dict)
    ]


def _scopes(listed: Any) -> Iterator[str]:
    return map(str, listed) if isinstance(listed, list) else iter(())


def _alike(exchange: Exchange, old: str, new: str, *, whole: bool = False) -> bool:
    """Whether two schemes want the same credential, down to its issuer if *whole*."""
    was, now = _both(exchange, old, new)
    if was is None or now is None:
        if old == new and was is not now:
            said = f"scheme `{old}` is described in one document only"
            at = step("/components/securitySchemes", old)
            exchange.add("undecided", at, at, said)
        return old == new  # not described: the name is all there is
    keys = _DEFINING + (_DETAILS if whole else ())
    return all(_value(was, key) == _value(now, key) for key in keys)


def _value(scheme: Part, key: str) -> Any:
    value = scheme.get(key)
    lower = key == "scheme" or (key == "name" and scheme.get("in") == "header")
    return value.lower() if lower and isinstance(value, str) else value


def _scheme(exchange: Exchange, document: Document, name: str) -> Part | None:
    """A security scheme; None where the document does not describe it."""
    at = step("/components/securitySchemes", name)
    components = Part(document, document.root, "").members("components")
    listed = components.get("securitySchemes")
    raw = listed.get(name) if isinstance(listed, dict) else None
    return None if raw is None else exchange.resolve(document, raw, at)


def _both(exchange: Exchange, old: str, new: str) -> tuple[Part | None, Part | None]:
    comparison = exchange.comparison
    return (
        _scheme(exchange, comparison.old, old),
        _scheme(exchange, comparison.new, new),
    )


def _details(exchange: Exchange, name: str) -> None:
    was, now = _both(exchange, name, name)
    if was is None or now is None:
        return
    changed = [key for key in _DETAILS if was.get(key) != now.get(key)]
    if changed:
        said = f"{' and '.join(changed)} of scheme `{name}` changed"
        at = was.pointer, now.pointer
        exchange.add("security-scheme-details-changed", *at, said)


def _is_bearer(scheme: Part) -> bool:
    http = scheme.get("type") == "http" and _value(scheme, "scheme") == "bearer"
    return http or scheme.get("type") in ("oauth2", "openIdConnect")


def _described(scheme: Part) -> str:
    told = [str(scheme.get(key)) for key in _DEFINING if scheme.get(key) is not None]
    return " ".join(told) or "not described"


def _named(one: Alternative) -> str:
    return " with ".join(
        f"`{name}` ({', '.join(sorted(scopes))})" if scopes else f"`{name}`"
        for name, scopes in sorted(one.items())
    )


def _pointer(operation: Part) -> str:
    if operation.get("security") is not None:
        return operation.at("security")
    return "/security" if "security" in operation.document.root else ""
