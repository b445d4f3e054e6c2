"""State on disk: one JSON file, replaced as a whole or not at all."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from gate.errors import StateDamaged
from gate.local_platform import clock
from gate.local_platform.state import Account, State

VERSION = 1  # of the file's shape; raised when an older platform would misread it
_CODEC = TypeAdapter(State)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file so that a crash leaves the old or the new one, never half."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o600)  # whatever the umask took away
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Store:
    """The state in memory and its file."""

    def __init__(self, path: Path, state: State) -> None:
        self._path = path
        self.state = state

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Read the state file, or begin anew if there is none.

        Raises StateDamaged for a file that is not a whole state; it is left alone.
        """
        state = read(path)
        if state is not None:
            return cls(path, state)
        account = Account(str(uuid4()), "you@localhost.local", clock.now())
        store = cls(path, State(account))
        store.save()
        return store

    def save(self) -> None:
        """Make everything durable before anybody is told about it.

        Raises OSError when that fails; then memory is again what the file says.
        """
        content = _CODEC.dump_python(self.state, mode="json")
        text = json.dumps({"version": VERSION, **content}, indent=1)
        try:
            write_atomically(self._path, text.encode())
        except OSError:
            with contextlib.suppress(StateDamaged):
                self._read_back()
            raise

    def _read_back(self) -> None:
        """A write that was refused may still have happened: the file decides."""
        found = read(self._path)
        for field in fields(State) if found is not None else ():
            setattr(self.state, field.name, getattr(found, field.name))


def read(path: Path) -> State | None:
    """The state in a file, None if there is no file; raises StateDamaged."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from None
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"it is not JSON: {error}") from None
    if not isinstance(raw, dict):
        raise _damaged(path, "it is not a JSON object")
    version = raw.pop("version", VERSION)
    if version != VERSION:
        why = f"it is of version {version!r}, this platform knows version {VERSION}"
        raise _damaged(path, why)
    return _checked(path, raw)


def _checked(path: Path, raw: dict[str, Any]) -> State:
    """The state, if it has all that it must have and nothing that would be lost."""
    try:
        state = _CODEC.validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "top"
        raise _damaged(path, f"{first['msg']} (at {place})") from None
    unknown = next(_unknown(raw, _CODEC.dump_python(state, mode="json")), None)
    if unknown is not None:
        raise _damaged(path, f"it holds what this platform does not know: {unknown}")
    for app in state.apps.values():
        current = state.current_release(app)
        if current is None or current.app_id != app.id:
            raise _damaged(path, f"the app {app.name} has no current release")
    return state


def _unknown(found: object, known: object, place: str = "") -> Iterator[str]:
    """Places of fields that would not be written again."""
    if isinstance(found, dict) and isinstance(known, dict):
        for name, inner in found.items():
            if name in known:
                yield from _unknown(inner, known[name], f"{place}{name}.")
            else:
                yield f"{place}{name}"
    elif isinstance(found, list) and isinstance(known, list):
        for inner, kept in zip(found, known, strict=True):
            yield from _unknown(inner, kept, f"{place}[].")


def _damaged(path: Path, why: str) -> StateDamaged:
    return StateDamaged(
        f"the local platform's state file {path} is damaged or not ours",
        why=why,
        advice="nothing was changed; restore that file from a copy, or begin with an "
        "empty platform: python -m gate local up --set-aside keeps the file beside it",
    )
