"""The folder of one run: what it is about, how suites run, what they saw."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import TypeAdapter, ValidationError

from gate.errors import StateDamaged
from gate.ledger.encoding import to_json
from gate.ledger.evidence_files import (
    read_evidence,
    read_subject,
    write_evidence,
    write_subject,
    write_whole,
)
from gate.model.evidence import Evidence
from gate.model.plan import Plans
from gate.model.reading import STRICT
from gate.model.subject import Subject
from gate.stats.events import Arm

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a run, for a child process that has no ledger.

    *history* is how many flows failed, of how many, when the baseline's release was
    loaded earlier; null: never. *calibration* is a sentence; empty: never calibrated.
    """

    __pydantic_config__: ClassVar = STRICT

    history: tuple[int, int] | None = None
    calibration: str = ""


PLANS: TypeAdapter[Plans] = TypeAdapter(Plans)
KNOWN: TypeAdapter[Known] = TypeAdapter(Known)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run and its child processes meet."""

    path: Path

    @property
    def evidence(self) -> Path:
        """Where evidence lies, one file for each kind."""
        return self.path / "evidence"

    @property
    def scratch(self) -> Path:
        """Logs and intermediate files; nothing in it is evidence."""
        return self.path / "scratch"

    @property
    def coverage(self) -> Path:
        """What the unit tests executed; other processes' data lie beside it."""
        return self.scratch / "coverage" / "data"

    @property
    def control(self) -> "RunFolder":
        """The folder of the control run, in which the baseline is asked."""
        return RunFolder(self.path / "control")

    def log(self, arm: Arm) -> Path:
        """Where the platform's log of an arm is written as it comes, if it is."""
        return self.scratch / f"platform-{arm}.log"

    def prepare(
        self,
        subject: Subject,
        plans: Plans,
        history: tuple[int, int] | None = None,
        calibration: str = "",
    ) -> None:
        """Write what the run is about, how its suites run, and what is known before."""
        for folder in (self.evidence, self.scratch):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_subject(self.path / "subject.json", subject)
        write_whole(self.path / "plans.json", to_json(PLANS, plans, indent=1))
        known = Known(history, calibration)
        write_whole(self.path / "known.json", to_json(KNOWN, known, indent=1))

    def subject(self) -> Subject:
        """Return what the run is about."""
        return read_subject(self.path / "subject.json")

    def plans(self) -> Plans:
        """Return how the suites run; raises StateDamaged when it cannot be read."""
        return _read(PLANS, self.path / "plans.json", "plans")

    def history(self) -> tuple[int, int] | None:
        """Return how the baseline's release failed earlier; raises StateDamaged."""
        return _read(KNOWN, self.path / "known.json", "history").history

    def calibration(self) -> str:
        """Return what is known of the machine's noise; raises StateDamaged."""
        return _read(KNOWN, self.path / "known.json", "calibration").calibration

    def write(self, evidence: Evidence) -> tuple[Path, str]:
        """Write one piece of evidence; return its path and SHA-256."""
        return write_evidence(self.evidence, evidence)

    def find(self, kind: str) -> Evidence | None:
        """Return the evidence of a kind, or None when there is none."""
        path = self.evidence / f"{kind}.json"
        return read_evidence(path) if path.exists() else None

    def all(self) -> Iterator[Evidence]:
        """Yield all evidence of the run."""
        for path in sorted(self.evidence.glob("[!.]*.json")):
            yield read_evidence(path)


def _read(shape: TypeAdapter[T], path: Path, what: str) -> T:
    try:
        return shape.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise StateDamaged(
            f"the run's {what} {path} cannot be read",
            why=str(error).splitlines()[0],
        ) from error
