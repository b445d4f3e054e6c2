"""The example app with one break planted in its source, served by a real process."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROCESS = Path(__file__).with_name("shop_process.py")


@dataclass(frozen=True, slots=True)
class Edit:
    """One text of a source file of the app, and what stands there instead."""

    file: str
    was: str
    becomes: str


@contextmanager
def shop(folder: Path, edits: Sequence[Edit] = ()) -> Iterator[str]:
    """Serve a copy of the app in which *edits* were made; gives its address."""
    source = folder / "app"
    shutil.copytree(ROOT / "app", source, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in edits:
        path = source / edit.file
        text = path.read_text()
        assert text.count(edit.was) == 1, f"{edit.was!r} stands not once in {path.name}"
        path.write_text(text.replace(edit.was, edit.becomes))
    child = subprocess.Popen(
        [sys.executable, str(PROCESS)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=(folder / "shop.log").open("w"),
        text=True,
    )
    assert child.stdin is not None and child.stdout is not None
    try:
        told = child.stdout.readline()
        assert told, (folder / "shop.log").read_text()
        yield json.loads(told)["orders"]
    finally:
        child.stdin.close()  # it ends when nobody holds the other end any more
        child.wait(timeout=20)
        child.stdout.close()
