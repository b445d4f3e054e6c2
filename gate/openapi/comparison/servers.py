"""Servers: the base path that consumers put before every path."""

import re
from itertools import islice, product
from typing import Any
from urllib.parse import urlsplit

from gate.openapi.comparison.exchange import Exchange
from gate.openapi.documents.document import Document
from gate.openapi.documents.operations import Operation

_MOST = 64
_VARIABLE = re.compile(r"\{([^{}]*)\}")


def compare_servers(exchange: Exchange, old: Operation, new: Operation) -> None:
    """Base paths that are gone; hosts may differ, as staging's do from production's."""
    (before, was_at), (after, now_at) = _listed(old), _listed(new)
    if before == after:
        return
    mine, theirs = urls(before), urls(after)
    had, has = {_base(u) for u in mine}, {_base(u) for u in theirs}
    gone = sorted(had - has)
    at = was_at, now_at
    if gone:
        named = " and ".join(path or "/" for path in gone)
        said = (
            f"no server has the base path {named} any more; consumers that use it fail"
        )
        rule = "server-base-path-removed" if had & has else "server-base-path-changed"
        exchange.add(rule, *at, said)
    elif lost := sorted(mine - theirs):
        said = f"server {lost[0]} is no longer listed; others have the same base path"
        exchange.add("server-removed", *at, said)


def base_path(document: Document) -> str:
    """The base path of all servers of the document, "" where they differ."""
    paths = {_base(url) for url in urls(document.root.get("servers"))}
    return paths.pop() if len(paths) == 1 else ""


def urls(listed: Any) -> set[str]:
    """The addresses of a list of servers, their variables filled in, at most 64."""
    servers = listed if isinstance(listed, list) and listed else [{"url": "/"}]
    found: set[str] = set()
    for server in servers:
        if not isinstance(server, dict) or not isinstance(server.get("url"), str):
            continue
        variables = server.get("variables")
        known = variables if isinstance(variables, dict) else {}
        names = list(dict.fromkeys(_VARIABLE.findall(server["url"])))
        choices = [_values(known.get(name), name) for name in names]
        for chosen in islice(product(*choices), _MOST):
            values = dict(zip(names, chosen, strict=True))
            found.add(_filled(server["url"], values))
    return found or {"/"}


def _filled(url: str, values: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values[found[1]], url)


def _values(variable: Any, name: str) -> list[str]:
    known = variable if isinstance(variable, dict) else {}
    listed = known.get("enum")
    if isinstance(listed, list) and listed:
        return [str(value) for value in listed]
    return [str(known.get("default", "{" + name + "}"))]


def _base(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return "/" + path.strip("/") if path.strip("/") else ""


def _listed(operation: Operation) -> tuple[Any, str]:
    for part in (operation.own, *operation.items):
        if part.get("servers"):
            return part.get("servers"), part.at("servers")
    listed = operation.document.root.get("servers")
    return (listed, "/servers") if listed else (None, "")
