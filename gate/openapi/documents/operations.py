"""The operations of a document, each with what its path item gives it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gate.openapi.documents.document import Document, Unresolvable, step
from gate.openapi.documents.skeleton import METHODS

Key = tuple[str, str]
_NOT_PARAMETERS = frozenset(("accept", "content-type", "authorization"))


@dataclass(frozen=True, slots=True)
class Part:
    """An object of a document and the JSON pointer to it."""

    document: Document
    value: dict[str, Any]
    pointer: str

    def get(self, name: str) -> Any:
        """A member, or None."""
        return self.value.get(name)

    def members(self, name: str) -> dict[str, Any]:
        """A member that should be an object; {} when it is not there or is none."""
        found = self.value.get(name)
        return found if isinstance(found, dict) else {}

    def at(self, *names: str | int) -> str:
        """The pointer to a member."""
        return step(self.pointer, *names)


Resolve = Callable[[Document, Any, str], Part | None]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its name (`GET /orders/{id}`), itself, and its path item.

    *items* are two where a path item has members beside its `$ref`.
    """

    name: str
    method: str
    path: str
    own: Part
    items: tuple[Part, ...]

    @property
    def document(self) -> Document:
        """The document it stands in."""
        return self.own.document


class Operations:
    """The operations under `paths`, `webhooks` or a callback, found by name.

    *named* makes the name of an operation from its method and path. What cannot be
    read is left to *resolve* to report.
    """

    def __init__(
        self,
        owner: Part,
        resolve: Resolve,
        named: Callable[[str, str], str] = "{} {}".format,
    ) -> None:
        self.all: list[Operation] = []
        self.paths: dict[str, tuple[Part, ...]] = {}
        self.unread: dict[str, tuple[Any, str]] = {}  # path items and where, by shape
        self._exact: dict[Key, Operation] = {}
        self._by_shape: dict[Key, Operation] = {}
        for path, raw in owner.value.items():
            if path.startswith("x-"):
                continue
            items, whole = _items(owner.document, raw, owner.at(path), resolve)
            self.paths[path] = items
            if not whole:
                self.unread[shape(path)] = raw, owner.at(path)
            for method, own in _methods(items):
                name = named(method, path)
                found = Operation(name, method, path, own, items)
                if (method, path) not in self._exact:
                    self.all.append(found)
                self._exact.setdefault((method, path), found)
                self._by_shape.setdefault((method, shape(path)), found)

    def find(self, method: str, path: str) -> Operation | None:
        """The operation at this path, or at one that differs in parameters' names."""
        exact = self._exact.get((method, path))
        return exact or self._by_shape.get((method, shape(path)))


def operations_of(document: Document, resolve: Resolve | None = None) -> Operations:
    """The operations under `paths`."""
    paths = Part(document, document.root, "").members("paths")
    return Operations(Part(document, paths, "/paths"), resolve or quietly)


def locate(document: Document, name: str) -> Operation | None:
    """The operation called `GET /orders/{id}`, whatever its parameters are called."""
    method, _, path = name.partition(" ")
    paths = Part(document, document.root, "").members("paths")
    wanted = shape(path)
    alike = {p: item for p, item in paths.items() if shape(p) == wanted}
    return Operations(Part(document, alike, "/paths"), quietly).find(method, path)


def shape(path: str) -> str:
    """A path template without the names of its parameters."""
    return re.sub(r"\{[^/{}]*\}", "{}", path)


def quietly(document: Document, value: Any, pointer: str) -> Part | None:
    """Follow `$ref`s; None when they lead nowhere."""
    try:
        return Part(document, *document.follow(value, pointer))
    except Unresolvable:
        return None


def parameters_of(operation: Operation, resolve: Resolve) -> dict[Key, Part]:
    """Parameters by (place, name), those of the operation over those of the path.

    The name of a path parameter is its position in the template, since consumers
    never see it. Header names are in lower case, and without the three that
    OpenAPI says shall be ignored.
    """
    found: dict[Key, Part] = {}
    template = re.findall(r"\{([^/{}]*)\}", operation.path)
    for owner in (*reversed(operation.items), operation.own):
        listed = owner.get("parameters")
        for index, raw in enumerate(listed if isinstance(listed, list) else ()):
            part = resolve(owner.document, raw, owner.at("parameters", index))
            if part is None:
                continue
            where, name = str(part.get("in")), str(part.get("name"))
            if where == "header":
                name = name.lower()
                if name in _NOT_PARAMETERS:
                    continue
            elif where == "path":
                if name not in template:
                    continue
                name = str(template.index(name))
            found[where, name] = part
    return found


def _items(
    document: Document, raw: Any, pointer: str, resolve: Resolve
) -> tuple[tuple[Part, ...], bool]:
    """A path item: its own members and those of the one that it refers to.

    And whether these are all, since nothing that it refers to is left unread.
    """
    target = resolve(document, raw, pointer)
    own = Part(document, raw, pointer) if isinstance(raw, dict) else None
    found = (own, None if own and target and own.value is target.value else target)
    parts = tuple(part for part in found if part is not None)
    return parts, raw is None or target is not None


def _methods(items: tuple[Part, ...]) -> Iterator[tuple[str, Part]]:
    seen: set[str] = set()
    for item in items:
        more = item.members("additionalOperations")
        listed: list[tuple[str, Mapping[str, Any], str]] = [
            *((m, item.value, item.at(m)) for m in METHODS),
            *((m, more, item.at("additionalOperations", m)) for m in more),
        ]
        for method, holder, pointer in listed:
            value, name = holder.get(method), method.upper()
            if isinstance(value, dict) and name not in seen:
                seen.add(name)
                yield name, Part(item.document, value, pointer)
