"""From text to an OpenAPI document, or a clear sentence saying why it is not one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from gate.openapi.documents.bundling import FILES, Beside, Bundle, all_local
from gate.openapi.documents.limits import MAX_BYTES, Allowance, NotOpenApi
from gate.openapi.documents.pointers import Unresolvable, look_up, step, unescaped
from gate.openapi.documents.skeleton import Odd, settle
from gate.openapi.documents.source_text import kind, read_text

__all__ = [
    "MAX_BYTES",
    "Beside",
    "Document",
    "NotOpenApi",
    "Unresolvable",
    "parse",
    "step",
]

_VERSION = re.compile(r"3\.[012](\.[\dx]+)?(-[\w.]+)?")


@dataclass(frozen=True, slots=True)
class Document:
    """An OpenAPI document: its version and its root object, as parsed.

    Its references are local ones: files beside it that it refers to are in it, and
    `place` says where a pointer leads in truth. References that could not be followed
    stayed as they were, and *unfollowed* says why. Parts of the wrong type are null in
    it, and *odd* says, by pointer, what they were.
    """

    version: str
    root: dict[str, Any]
    unfollowed: Mapping[str, str] = field(default_factory=dict, compare=False)
    odd: Mapping[str, Odd] = field(default_factory=dict, compare=False)

    @property
    def is_3_0(self) -> bool:
        """Whether schemas follow the older dialect of OpenAPI 3.0."""
        return self.version.startswith("3.0")

    def at(self, reference: str) -> Any:
        """The value that a local reference such as `#/components/schemas/A` names.

        Raises `Unresolvable` for a reference that could not be followed and for a
        path that leads nowhere.
        """
        if reference in self.unfollowed:
            raise Unresolvable(self.unfollowed[reference])
        if not reference.startswith("#"):
            raise Unresolvable(f"{reference} is not in this document")
        return look_up(self.root, unquote(reference[1:]))

    def follow(self, value: Any, pointer: str) -> tuple[dict[str, Any], str]:
        """An object and its pointer, after following the `$ref`s that stand for it.

        Raises `Unresolvable` for a reference that leads nowhere or in a circle, and
        for anything that is not an object.
        """
        seen: set[str] = set()
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            reference = value["$ref"]
            if reference in seen:
                raise Unresolvable(f"{reference} refers to itself")
            seen.add(reference)
            value, pointer = self.at(reference), unquote(reference[1:])
        if not isinstance(value, dict):
            raise Unresolvable(f"{pointer} is not an object")
        return value, pointer

    def place(self, pointer: str) -> str:
        """Where `pointer` leads in the files as they are: `a/b.yaml#/properties/c`.

        `#/properties/c` is in the document's own file.
        """
        inside = pointer.removeprefix(f"/{FILES}/")
        if inside == pointer:
            return f"#{pointer}"
        file, slash, rest = inside.partition("/")
        return f"{unescaped(file)}#{slash}{rest}"


def parse(text: bytes | str, beside: Beside | None = None, name: str = "") -> Document:
    """The OpenAPI document in `text`, JSON or YAML, with the files it refers to.

    *beside* reads a file by its name relative to the document's folder, in which the
    document is called *name*; without it no other file is read. Raises `NotOpenApi`
    saying where, what was found and what was expected.
    """
    allowance = Allowance.full()
    root = read_text(text, allowance)
    if not isinstance(root, dict):
        raise NotOpenApi(
            f"found {kind(root)}; expected an object with an `openapi` member"
        )
    version = _version(root)
    old = version.startswith("3.0")
    if root.get("paths") is None:
        root = {**root, "paths": {}}  # webhooks alone, or nothing yet
    odd = settle(root)
    if "/paths" in odd:
        raise NotOpenApi(odd["/paths"].said)
    if all_local(root):
        return Document(version, root, odd=odd)
    bundle = Bundle(root, name, beside or _alone, allowance, anchors=not old)
    return Document(version, bundle.root, bundle.unfollowed, odd)


def _version(root: dict[str, Any]) -> str:
    if "swagger" in root and "openapi" not in root:
        raise NotOpenApi(
            f"found a Swagger {root['swagger']!s:.20} document; convert it to OpenAPI "
            "3 first, for instance with `npx swagger2openapi`"
        )
    version = root.get("openapi")
    told = str(version).strip() if isinstance(version, str | float) else ""
    if _VERSION.fullmatch(told):
        return told
    if "openapi" not in root:
        raise NotOpenApi(
            'found no `openapi` member; expected one such as openapi: "3.1.0"'
        )
    if isinstance(version, str):
        raise NotOpenApi(
            f"/openapi: found version {version!r:.40}; only documents of OpenAPI 3 can "
            "be compared"
        )
    raise NotOpenApi(
        f"/openapi: found {version!r:.40}; expected a version such as "
        '"3.1.0", as text in quotes'
    )


def _alone(_file: str) -> bytes:
    raise Unresolvable("no files are read beside a document without a folder")
