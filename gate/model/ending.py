"""How a run ended."""

from dataclasses import dataclass

from gate.errors import ExitCode
from gate.model.verdict import Judgement, Verdict


@dataclass(frozen=True, slots=True)
class Ending:
    """One sentence for a person, an exit code for a machine, and where proof lies.

    *staging* and *production* name what serves there now; *evidence* is a folder.
    """

    run: str
    exit_code: ExitCode
    says: str
    staging: str = ""
    production: str = ""
    evidence: str = ""
    verdict: Verdict | None = None
    watched: Judgement | None = None
