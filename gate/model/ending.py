"""How a run ended."""

from dataclasses import dataclass

from gate.errors import ExitCode
from gate.model.verdict import Judgement, Verdict


@dataclass(frozen=True, slots=True)
class Ending:
    """One sentence for a person, an exit code for a machine, and where proof lies.

    *staging* and *production* name what serves there now; *evidence* is a folder;
    *last_words* is the end of the log of a release that does not serve.
    """

    run: str
    exit_code: ExitCode
    says: str
    staging: str = ""
    production: str = ""
    evidence: str = ""
    last_words: str = ""
    verdict: Verdict | None = None
    watched: Judgement | None = None
