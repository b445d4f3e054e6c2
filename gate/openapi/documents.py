"""From text to an OpenAPI document, or a clear sentence saying why it is not one."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 128
_VERSION = re.compile(r"3\.[012](\.\d+)?(-[\w.]+)?")


class NotOpenApi(ValueError):
    """The text is not an OpenAPI 3.0, 3.1 or 3.2 document in JSON."""


class Unresolvable(LookupError):
    """A reference names nothing in its document."""


@dataclass(frozen=True, slots=True)
class Document:
    """An OpenAPI document: its version and its root object, as parsed."""

    version: str
    root: dict[str, Any]

    @property
    def is_3_0(self) -> bool:
        """Whether schemas follow the older dialect of OpenAPI 3.0."""
        return self.version.startswith("3.0")

    def at(self, reference: str) -> Any:
        """The value that a local reference such as `#/components/schemas/A` names.

        Raises `Unresolvable` for a reference into another file and for a path that
        leads nowhere.
        """
        if not reference.startswith("#"):
            raise Unresolvable(f"{reference} is not in this document")
        here: Any = self.root
        for token in unquote(reference[1:]).split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            if isinstance(here, dict) and name in here:
                here = here[name]
            elif isinstance(here, list) and name.isdigit() and int(name) < len(here):
                here = here[int(name)]
            else:
                raise Unresolvable(f"{reference} names nothing in this document")
        return here

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


def step(pointer: str, *names: str | int) -> str:
    """The JSON pointer of a member of what `pointer` names (RFC 6901)."""
    escaped = (str(name).replace("~", "~0").replace("/", "~1") for name in names)
    return "/".join((pointer, *escaped))


def parse(text: bytes | str) -> Document:
    """The OpenAPI document in `text`, which must be JSON.

    Raises `NotOpenApi` saying what was found and what was expected.
    """
    if len(text) > MAX_BYTES:
        raise NotOpenApi(
            f"the document is {len(text):,} bytes long; at most {MAX_BYTES:,} are read"
        )
    root = _load(text)
    if not isinstance(root, dict):
        raise NotOpenApi(
            f"found a JSON {_kind(root)}; expected an object with an `openapi` member"
        )
    if "swagger" in root and "openapi" not in root:
        raise NotOpenApi(
            f"found a Swagger {root['swagger']!s:.20} document; convert it to "
            "OpenAPI 3.0 or 3.1 first"
        )
    version = root.get("openapi")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        found = (
            "no `openapi` member" if version is None else f"openapi: {version!r:.40}"
        )
        raise NotOpenApi(f'found {found}; expected a version such as "3.1.0"')
    if not isinstance(root.get("paths"), dict):
        found = _kind(root["paths"]) if "paths" in root else "nothing"
        raise NotOpenApi(f"found {found} under `paths`; expected an object of paths")
    return Document(version, root)


def _load(text: bytes | str) -> Any:
    try:
        root = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except NotOpenApi:
        raise
    except UnicodeDecodeError as error:
        raise NotOpenApi(f"found bytes that are not UTF-8 text: {error}") from error
    except ValueError as error:
        start = text[:40].strip()
        raise NotOpenApi(
            f"found text that is not JSON ({error}); it begins with {start!r}"
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    _refuse_depth(root)
    return root


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise NotOpenApi(
                f"the name {name!r:.80} stands twice in one object; which one is meant?"
            )
        result[name] = value
    return result


def _constant(name: str) -> Any:
    raise NotOpenApi(f"found {name}, which JSON does not have")


def _refuse_depth(root: Any) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]


def _too_deep() -> NotOpenApi:
    return NotOpenApi(f"the document is nested more than {MAX_DEPTH} levels deep")


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
