"""A file that grows, read line by line as the lines come."""

from pathlib import Path


class Tail:
    """What is added to a file; it need not exist yet.

    *only_new*: what it holds already is passed over.
    """

    def __init__(self, path: Path, *, only_new: bool = False) -> None:
        self._path = path
        there = only_new and path.exists()
        self._read = path.stat().st_size if there else 0

    def lines(self) -> list[str]:
        """Return the lines that are whole by now and were not returned before."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                *whole, _ = file.read().split(b"\n")
        except FileNotFoundError:
            return []
        self._read += sum(len(line) + 1 for line in whole)
        return [line.decode(errors="replace") for line in whole]
