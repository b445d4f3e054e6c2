"""The two documents that a user names, and where in their texts something stands."""

import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from gate.errors import UsageProblem
from gate.openapi import Change, Document, NotOpenApi, parse
from gate.openapi.documents.document import MAX_BYTES
from gate.reports.sarif import Finder, Place
from gate.reports.source_lines import source_lines
from gate.suites.document_source import read_document

STANDARD_INPUT = "-"
_FAR = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Source:
    """A document and the place that it came from, as the user named it."""

    place: str
    document: Document

    @property
    def name(self) -> str:
        """The place in words, without the credentials that a URL may hold."""
        if self.place == STANDARD_INPUT:
            return "standard input"
        if self.is_file:
            return self.place
        url = urlsplit(self.place)
        return url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()

    @property
    def is_file(self) -> bool:
        """Whether its text can be read again."""
        return not self.place.startswith(_FAR) and self.place != STANDARD_INPUT


def read(old: str, new: str) -> tuple[Source, Source]:
    """Return both documents; raises UsageProblem saying which one is wrong, and why."""
    if old == new == STANDARD_INPUT:
        raise UsageProblem(
            "only one of the documents can come from standard input",
            advice="save the other one to a file and name it",
        )
    return _read("old", old), _read("new", new)


def _read(which: str, place: str) -> Source:
    try:
        if place != STANDARD_INPUT:
            return Source(place, read_document(place))
        return Source(place, parse(_standard_input()))
    except UsageProblem as problem:
        raise UsageProblem(
            f"the {which} document: {problem.what}",
            why=problem.why,
            advice=problem.advice,
        ) from problem
    except NotOpenApi as error:
        raise UsageProblem(
            f"the {which} document: standard input is not one that can be compared",
            why=str(error),
            advice="check what was sent there; or name a file instead of -",
        ) from error


def _standard_input() -> bytes:
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def placed(change: Change, old: Document, new: Document) -> Change:
    """Return *change* with its pointers as they are in the files that the user has.

    In the document's own file `/a/b`, in a file beside it `schemas/c.yaml#/a/b`.
    """
    shown = change.counterexample
    if shown is not None:
        shown = replace(
            shown,
            schema_old=_placed(old, shown.schema_old),
            schema_new=_placed(new, shown.schema_new),
        )
    return replace(
        change,
        pointer_old=_placed(old, change.pointer_old),
        pointer_new=_placed(new, change.pointer_new),
        counterexample=shown,
    )


def _placed(document: Document, pointer: str) -> str:
    place = document.place(pointer)
    return pointer if place.startswith("#") else place


def places(changes: Sequence[Change], old: Source, new: Source) -> Finder:
    """Return what tells the file and line of a change: in *new*, or *old* if only there.

    Each text is read once more, for the pointers that are asked for only.
    """
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for change in changes:
        source = new if change.pointer_new else old
        if source.is_file:
            address, pointer = _address(source, change)
            wanted[address].add(pointer)
    lines = {address: _lines(address, some) for address, some in wanted.items()}

    def find(change: Change) -> Place | None:
        source = new if change.pointer_new else old
        address, pointer = _address(source, change)
        if source.place == STANDARD_INPUT:
            return None
        uri = _uri(address) if source.is_file else address
        return uri, lines.get(address, {}).get(pointer)

    return find


def _address(source: Source, change: Change) -> tuple[str, str]:
    """Return the file or URL that holds what changed, and the pointer in it."""
    pointer = change.pointer_new or change.pointer_old
    if not source.is_file:
        return source.name, pointer
    if pointer.startswith("/") or not pointer:
        return source.place, pointer
    file, _, pointer = pointer.partition("#")
    return str(Path(source.place).parent / file), pointer


def _lines(address: str, pointers: set[str]) -> dict[str, int]:
    try:
        return source_lines(Path(address).read_text("utf-8-sig"), pointers)
    except (OSError, UnicodeDecodeError):
        return {}


def _uri(address: str) -> str:
    """Return a file's URI, relative to the working folder where it is inside of it."""
    path = Path(address).resolve()
    here = Path.cwd().resolve()
    if path.is_relative_to(here):
        return quote(path.relative_to(here).as_posix())
    return path.as_uri()
