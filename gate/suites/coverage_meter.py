"""Which lines of the app the tests of this process execute."""

from collections.abc import Sequence
from pathlib import Path

from coverage import Coverage, CoverageData


def measurable(root: Path, path: str) -> str:
    """Return a source as coverage.py takes it: a folder, or a module by its name."""
    if path.endswith(".py"):
        return path.removesuffix(".py").replace("/", ".")
    return str(root / path)


class CoverageMeter:
    """Measures from its making on, so that lines that run on import count too."""

    def __init__(self, root: Path, source: Sequence[str]) -> None:
        self._coverage = Coverage(
            data_file=None,
            source=[measurable(root, path) for path in source],
            config_file=False,
            messages=False,
        )
        self._coverage.start()

    def stop(self, data: Path) -> None:
        """Stop measuring and write what was seen to *data*, beside other processes'."""
        self._coverage.stop()
        data.parent.mkdir(parents=True, exist_ok=True)
        file = CoverageData(basename=str(data), suffix=True)
        file.update(self._coverage.get_data())
        file.write()
