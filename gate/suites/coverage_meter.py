"""Which lines of the app the tests of this process execute."""

from collections.abc import Sequence
from pathlib import Path

from coverage import Coverage


def measurable(root: Path, path: str) -> str:
    """Return a source as coverage.py takes it: a folder, or a module by its name."""
    if path.endswith(".py"):
        return path.removesuffix(".py").replace("/", ".")
    return str(root / path)


class CoverageMeter:
    """Measures from its making on, so that lines that run on import count too."""

    def __init__(self, root: Path, source: Sequence[str], data: Path) -> None:
        data.parent.mkdir(parents=True, exist_ok=True)
        self._coverage = Coverage(
            data_file=str(data),
            data_suffix=True,
            source=[measurable(root, path) for path in source],
            config_file=False,
            messages=False,
        )
        self._coverage.start()

    def stop(self) -> None:
        """Stop measuring and write what was seen beside the other processes' data."""
        self._coverage.stop()
        self._coverage.save()
