"""One document out of several files: every reference becomes a local one.

The files beside the document that it refers to, whole, stand under a member of their
own, `x-gate-files`, by their name relative to the document's folder. References are
resolved as URIs (RFC 3986; OpenAPI 3.1, section 4.6; JSON Schema 2020-12, section
8.2): against the file they stand in, or the nearest `$id`; by JSON pointer or anchor.
A reference to the network, out of the folder or to nothing is not followed. It stays,
with the reason, so that whoever meets it can say what was not read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from gate.openapi.documents.limits import Allowance, NotOpenApi
from gate.openapi.documents.pointers import Unresolvable, look_up, step
from gate.openapi.documents.source_text import read_text

FILES = "x-gate-files"
Beside = Callable[[str], bytes]
"""The text of a file by its name relative to the document's folder.

Raises `Unresolvable`, saying why, when there is none or it must not be read.
"""

_IDENTIFYING = ("$id", "$self", "$anchor", "$dynamicAnchor")
_DATA = frozenset(("example", "default", "enum", "const", "value"))
_NAMING = frozenset(
    (
        *("properties", "patternProperties", "dependentSchemas", "$defs"),
        *("definitions", "schemas", "parameters", "responses", "headers", "examples"),
        *("requestBodies", "securitySchemes", "links", "callbacks", "pathItems"),
        *("paths", "webhooks", "content", "encoding"),
    )
)


class _Members(Enum):
    """What the members of an object are."""

    OF_A_FILE = "keywords, or names of the author's"
    NAMED = "names of the author's"
    KEYWORDS = "keywords, of which some hold data"


@dataclass(frozen=True, slots=True)
class _Resource:
    """What references are relative to: a file, or a schema in it with an `$id`."""

    uri: str
    file: str
    pointer: str  # of its root, in the bundle


def all_local(root: dict[str, Any]) -> bool:
    """Whether `root` is a bundle already: JSON pointers into it, and no other name."""
    references: set[str] = set()
    waiting: list[Any] = [root]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            if isinstance(here.get("$ref"), str):
                references.add(here["$ref"])
            if any(isinstance(here.get(name), str) for name in _IDENTIFYING):
                return False
            here = here.values()
        waiting.extend(value for value in here if isinstance(value, dict | list))
    return all(_leads_somewhere(root, reference) for reference in references)


def _leads_somewhere(root: dict[str, Any], reference: str) -> bool:
    try:
        look_up(root, unquote(reference[1:]))
    except Unresolvable:
        return False
    return reference.startswith("#/")


class Bundle:
    """The document `root`, called `name` in its folder, with what it refers to.

    *anchors* says whether `$id` and `$anchor` mean anything, as they do since 3.1.
    The result is in *root*; *unfollowed* has, for each reference that stayed, why.
    Raises `NotOpenApi` when the document has a member `x-gate-files` already.
    """

    def __init__(
        self,
        root: dict[str, Any],
        name: str,
        beside: Beside,
        allowance: Allowance,
        *,
        anchors: bool,
    ) -> None:
        self.unfollowed: dict[str, str] = {}
        self._beside = beside
        self._allowance = allowance
        self._anchored = anchors
        self._sources: dict[str, Any] = {}  # what was read, by file
        self._missing: dict[str, str] = {}  # why not, by file
        self._resources: dict[str, _Resource] = {}  # by URI
        self._anchors: dict[tuple[str, str], str] = {}  # by the resource's pointer
        self._local_ones: dict[tuple[str, _Resource], str] = {}
        self._wanted: dict[tuple[str, _Resource], None] = {}
        self._main = self._enter(name, "", root)
        while self._wanted:
            self._try(*self._wanted.popitem()[0])
        self.root = self._written(name)

    def _written(self, name: str) -> dict[str, Any]:
        files: dict[str, Any] = {}
        for file, value in sorted(self._sources.items()):
            base = self._resources[file]
            files[file] = self._rewritten(value, base, base.pointer, _Members.OF_A_FILE)
        root: dict[str, Any] = files.pop(name)
        if files and FILES in root:
            raise NotOpenApi(f"/{FILES}: found a member whose name is reserved")
        return {**root, FILES: files} if files else root

    def _enter(self, file: str, pointer: str, value: Any) -> _Resource:
        """Take a file in: what it is called, what it identifies, what it wants."""
        resource = self._resources[file] = _Resource(file, file, pointer)
        self._sources[file] = value
        self._register(value, resource, pointer, _Members.OF_A_FILE)
        return resource

    def _register(
        self, value: Any, base: _Resource, pointer: str, members: _Members
    ) -> None:
        if isinstance(value, dict):
            base = self._base(value, base, pointer, members)
            self._resources.setdefault(base.uri, base)
            if self._anchored and members is not _Members.NAMED:
                for keyword in ("$anchor", "$dynamicAnchor"):
                    anchor = value.get(keyword)
                    if isinstance(anchor, str):
                        self._anchors.setdefault((base.pointer, anchor), pointer)
            reference = value.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                self._wanted[reference.partition("#")[0], base] = None
        for name, child, inner in _children(value, members):
            self._register(child, base, step(pointer, name), inner)

    def _base(
        self, value: dict[str, Any], base: _Resource, pointer: str, members: _Members
    ) -> _Resource:
        """What references in `value` are relative to: itself if it has an `$id`."""
        identity = value.get("$id" if pointer else "$self")
        if members is _Members.NAMED or not isinstance(identity, str):
            return base
        if not self._anchored:
            return base
        try:
            uri = _joined(base.uri, identity.partition("#")[0])
        except Unresolvable:
            return base
        return _Resource(uri, base.file, pointer)

    def _rewritten(
        self, value: Any, base: _Resource, pointer: str, members: _Members
    ) -> Any:
        """A copy of `value` whose references are relative to the whole bundle."""
        if not isinstance(value, dict | list):
            return value
        copy: Any = value.copy()
        if isinstance(value, dict):
            base = self._base(value, base, pointer, members)
            reference = value.get("$ref")
            if isinstance(reference, str):
                copy["$ref"] = self._local(reference, base)
        for name, child, inner in _children(value, members):
            copy[name] = self._rewritten(child, base, step(pointer, name), inner)
        if members is _Members.KEYWORDS and "mapping" in copy:
            copy["mapping"] = self._mapping(copy["mapping"], base)
        return copy

    def _mapping(self, mapping: Any, base: _Resource) -> Any:
        """A discriminator's mapping: its values are references or components' names."""
        if not isinstance(mapping, dict):
            return mapping
        return {
            name: self._local(target, base) if _refers(target) else target
            for name, target in mapping.items()
        }

    def _local(self, reference: str, base: _Resource) -> str:
        """The reference that leads from anywhere to where this one does from `base`."""
        known = self._local_ones.get((reference, base))
        if known is None:
            known = self._local_ones[reference, base] = self._resolved(reference, base)
        return known

    def _resolved(self, reference: str, base: _Resource) -> str:
        path, _, fragment = reference.partition("#")
        try:
            resource = self._find(path, base) if path else base
            pointer = self._pointer(resource, unquote(fragment))
        except Unresolvable as error:
            kept = self._kept(path, fragment, base)
            self.unfollowed[kept] = str(error)
            return kept
        same = pointer == unquote(fragment) and not path
        return reference if same else "#" + quote(pointer)

    def _kept(self, path: str, fragment: str, base: _Resource) -> str:
        """An unfollowed reference relative to the folder, unless it leaves that."""
        try:
            file = _joined(base.file, path) if path else base.file
        except Unresolvable:
            file = path
        if file == self._main.file:
            file = ""
        return f"{file}#{fragment}" if fragment or not file else file

    def _try(self, path: str, base: _Resource) -> None:
        try:
            self._find(path, base)
        except Unresolvable as error:
            _ = error  # said when the reference is rewritten

    def _find(self, path: str, base: _Resource) -> _Resource:
        """The resource at `path` seen from `base`; read from its file if need be.

        An `$id` names, and seldom locates: what it leads to and is not known is
        looked for beside the file as well.
        """
        named = _joined(base.uri, path)
        if named in self._resources:
            return self._resources[named]
        file = _joined(base.file, path)
        if file in self._resources:
            return self._resources[file]
        if urlsplit(file).scheme or file.startswith("//"):
            raise Unresolvable(f"{file:.200} is not read: nothing is, over the network")
        if file not in self._missing:
            try:
                self._allowance.take_file()
                value = read_text(self._beside(file), self._allowance)
            except (Unresolvable, NotOpenApi) as error:
                self._missing[file] = f"{file:.200} was not read: {error}"
            else:
                return self._enter(file, step("", FILES, file), value)
        raise Unresolvable(self._missing[file])

    def _pointer(self, resource: _Resource, fragment: str) -> str:
        if fragment and not fragment.startswith("/"):
            found = self._anchors.get((resource.pointer, fragment))
            if found is None:
                raise Unresolvable(f"#{fragment:.200} is no anchor in {resource.uri}")
            return found
        file = self._resources[resource.file]
        # Many write "#/components/…" even within a schema that has an `$id`.
        for base in (resource.pointer.removeprefix(file.pointer), ""):
            try:
                look_up(self._sources[file.file], base + fragment)
            except Unresolvable:
                continue
            return file.pointer + base + fragment
        name = "" if file is self._main else file.file
        raise Unresolvable(f"{name}#{fragment} names nothing")


def _children(
    value: Any, members: _Members
) -> Iterator[tuple[str | int, Any, _Members]]:
    """The compound members of `value` that may hold references, and what theirs are."""
    if isinstance(value, list):
        for index, child in enumerate(value):
            yield index, child, _Members.KEYWORDS
    elif isinstance(value, dict):
        for name, child in value.items():
            if not isinstance(child, dict | list):
                continue
            if members is _Members.NAMED:
                yield name, child, _Members.KEYWORDS
            elif name in _NAMING and isinstance(child, dict):
                yield name, child, _Members.NAMED
            elif members is _Members.OF_A_FILE or name not in _DATA | {"examples"}:
                yield name, child, _Members.KEYWORDS


def _refers(target: Any) -> bool:
    """Whether a discriminator's mapping gives a reference, not a component's name."""
    return isinstance(target, str) and (
        "/" in target or "#" in target or target.endswith((".json", ".yaml", ".yml"))
    )


def _joined(base: str, path: str) -> str:
    """The URI, or name of a file in the folder, that `path` is, seen from `base`.

    Raises `Unresolvable` for what is neither: an absolute path, or one that leaves
    the folder.
    """
    try:
        parts = urlsplit(path)
        if parts.scheme or parts.netloc:
            return path
        if urlsplit(base).scheme:
            return urljoin(base, path)
    except ValueError as error:
        raise Unresolvable(f"{path!r:.200} is no reference ({error})") from error
    if parts.query or not parts.path:
        raise Unresolvable(f"{path!r:.200} is not the name of a file")
    return _file(base.split("/")[:-1], unquote(parts.path))


def _file(folders: list[str], name: str) -> str:
    """The file `name` seen from one of the folders below the document's own."""
    if name.startswith("/"):
        raise Unresolvable(f"{name!r:.200} is not in the document's folder")
    for part in name.split("/"):
        if part == "..":
            if not folders:
                raise Unresolvable(f"{name!r:.200} is above the document's folder")
            folders.pop()
        elif part not in ("", "."):
            folders.append(part)
    if not folders:
        raise Unresolvable(f"{name!r:.200} is the document's folder, not a file")
    return "/".join(folders)
