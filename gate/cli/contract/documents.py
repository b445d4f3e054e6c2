"""The two documents that a user names, and where in their texts something stands."""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gate.errors import UsageProblem
from gate.judges.grading import Graded
from gate.openapi import Change, Document
from gate.openapi.documents.bundling import FILES
from gate.openapi.documents.document import MAX_BYTES, Unresolvable, step
from gate.reports.contract_keywords import Keywords, keywords
from gate.reports.sarif import Finder, Place
from gate.reports.source_lines import source_lines
from gate.reports.terminal import console
from gate.suites.document_source import SourceText, read_text, shown

STANDARD_INPUT = "-"
_FAR = ("http://", "https://")
_LONG = 1_000_000  # bytes that are read and compared in less than a second or two


@dataclass(frozen=True, slots=True)
class Source:
    """A document and the place that it came from, as the user named it."""

    place: str
    document: Document
    size: int = 0

    @property
    def name(self) -> str:
        """The place in words, without the credentials that a URL may hold."""
        return "standard input" if self.place == STANDARD_INPUT else shown(self.place)

    @property
    def is_file(self) -> bool:
        """Whether its text can be read again, which that of a pipe cannot."""
        return self.place != STANDARD_INPUT and Path(self.place).is_file()

    @property
    def files(self) -> Iterator[Path]:
        """The file it came from, and those beside it that it refers to."""
        if self.is_file:
            yield Path(self.place)
            for name in self.document.root.get(FILES, {}):
                yield Path(self.place).parent / name


def read(old: str, new: str) -> tuple[Source, Source]:
    """Return both documents; raises UsageProblem saying which one is wrong, and why.

    It is one and the same document where the texts are, and it stands alone.
    """
    if old == new == STANDARD_INPUT:
        raise UsageProblem(
            "only one of the documents can come from standard input",
            advice="save the other one to a file and name it",
        )
    with _named("old"):
        before = _text(old)
    with _named("new"):
        after = _text(new)
    size = len(before.octets) + len(after.octets)
    with waiting(f"reading {size / 1e6:,.0f} MB", size):
        with _named("old"):
            first = before.document()
        if before.octets == after.octets and _stands_alone(first):
            second = first
        else:
            with _named("new"):
                second = after.document()
    sizes = len(before.octets), len(after.octets)
    return Source(old, first, sizes[0]), Source(new, second, sizes[1])


def _stands_alone(document: Document) -> bool:
    """Whether nothing outside of it has a part in it, and nothing in it is broken.

    Of what is broken a comparison has more to say than that it is the same twice.
    """
    if document.unfollowed or document.odd or FILES in document.root:
        return False
    waiting: list[Any] = [document.root]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            reference = here.get("$ref")
            if isinstance(reference, str) and not _leads(document, reference):
                return False
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)
    return True


def _leads(document: Document, reference: str) -> bool:
    try:
        document.at(reference)
    except Unresolvable:
        return False
    return True


@contextmanager
def waiting(words: str, size: int) -> Iterator[None]:
    """Say at a terminal what takes a while, for as long as it takes."""
    out = console(sys.stderr)
    if out.is_terminal and size >= _LONG:
        with out.status(words):
            yield
    else:
        yield


def _text(place: str) -> SourceText:
    if place != STANDARD_INPUT:
        return read_text(place)
    return SourceText("standard input", sys.stdin.buffer.read(MAX_BYTES + 1), None)


@contextmanager
def _named(which: str) -> Iterator[None]:
    """Say of a problem which document has it."""
    try:
        yield
    except UsageProblem as problem:
        raise UsageProblem(
            f"the {which} document: {problem.what}",
            why=problem.why,
            advice=problem.advice,
        ) from problem


def changed_keywords(
    graded: Graded, old: Document, new: Document
) -> dict[str, Keywords]:
    """Return from what to what the schemas changed, by the id of the change."""
    found = {}
    for each in graded.changes:
        change = replace(
            each.change,
            pointer_old=_inside(each.change.pointer_old),
            pointer_new=_inside(each.change.pointer_new),
        )
        found[each.id] = keywords(change, old, new)
    return found


def _inside(pointer: str) -> str:
    """Return the pointer into the one document of what is `placed` in several files."""
    if not pointer or pointer.startswith("/"):
        return pointer
    file, _, rest = pointer.partition("#")
    return step(f"/{FILES}", file) + rest


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
    before, after = (
        _placed(old, change.pointer_old),
        _placed(new, change.pointer_new),
    )
    return replace(
        change,
        pointer_old=before,
        pointer_new=after,
        summary=_named_by_file(change, after or before),
        counterexample=shown,
    )


def _named_by_file(change: Change, place: str) -> str:
    """Return the summary, that names a schema in a file beside by that place.

    It is called *the body* else, as if it were the whole of it.
    """
    if not place or place.startswith("/"):
        return change.summary
    start = f"{change.operation}: " if change.operation else ""
    said = change.summary.removeprefix(start)
    for begin in ("", "whether "):
        rest = said.removeprefix(f"{begin}the body ")
        if rest != said:
            return f"{start}{begin}`{place}` {rest}"
    return change.summary


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
        if not source.is_file and not source.place.lower().startswith(_FAR):
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
