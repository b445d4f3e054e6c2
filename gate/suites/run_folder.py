"""The folder of one run: what it is about, how suites run, what they saw."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
from gate.model.subject import Subject

PLANS: TypeAdapter[Plans] = TypeAdapter(Plans)


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
    def control(self) -> "RunFolder":
        """The folder of the control run, in which the baseline is asked."""
        return RunFolder(self.path / "control")

    def prepare(self, subject: Subject, plans: Plans) -> None:
        """Write what the run is about and how its suites run."""
        for folder in (self.evidence, self.scratch):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_subject(self.path / "subject.json", subject)
        write_whole(self.path / "plans.json", to_json(PLANS, plans, indent=1))

    def subject(self) -> Subject:
        """Return what the run is about."""
        return read_subject(self.path / "subject.json")

    def plans(self) -> Plans:
        """Return how the suites run; raises StateDamaged when it cannot be read."""
        path = self.path / "plans.json"
        try:
            return PLANS.validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise StateDamaged(
                f"the run's plans {path} cannot be read",
                why=str(error).splitlines()[0],
            ) from error

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
