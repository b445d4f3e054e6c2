"""State on disk: one JSON file, replaced as a whole or not at all."""

import os
import tempfile
from pathlib import Path
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from gate.errors import StateDamaged
from gate.local_platform import clock
from gate.local_platform.state import Account, State

_CODEC = TypeAdapter(State)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file so that a crash leaves the old or the new one, never half."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
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
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            account = Account(str(uuid4()), "you@localhost.local", clock.now())
            store = cls(path, State(account))
            store.save()
            return store
        try:
            return cls(path, _CODEC.validate_json(content))
        except ValidationError as error:
            first = error.errors()[0]
            raise StateDamaged(
                f"the local platform's state file {path} is damaged",
                why=f"{first['msg']} (at {'.'.join(map(str, first['loc'])) or 'top'})",
                advice="nothing was changed; restore that file from a copy, or move "
                "its folder away to begin with an empty platform",
            ) from None

    def save(self) -> None:
        """Make everything durable before anybody is told about it."""
        write_atomically(self._path, _CODEC.dump_json(self.state, indent=1))
