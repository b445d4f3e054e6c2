"""How a run ended."""

from dataclasses import dataclass
from enum import StrEnum

from gate.errors import ExitCode, GateError
from gate.model.verdict import Judgement, Verdict


class Standing(StrEnum):
    """What holds in production when a run that could change it has ended."""

    OLD_SERVES = "the old release serves"
    NEW_SERVES = "the new release serves"
    HELD = "held"
    """It is not known, or is not ours to mend: a person or `gate resume` is needed."""


@dataclass(frozen=True, slots=True)
class Ending:
    """One sentence for a person, an exit code for a machine, and where proof lies.

    *staging* and *production* name what serves there now; *standing* is null for a
    command that cannot change production, and *known* is how it is known. *evidence* is
    a folder; *last_words* is the end of the log of a release that does not serve.
    *advice* is what to do next, where that is not plain.
    """

    run: str
    exit_code: ExitCode
    says: str
    staging: str = ""
    production: str = ""
    standing: Standing | None = None
    known: str = ""
    evidence: str = ""
    last_words: str = ""
    verdict: Verdict | None = None
    watched: Judgement | None = None
    advice: str = ""


def ended_by(run: str, error: GateError) -> Ending:
    """Return how a run ended that an error has broken off, with all that it tells."""
    return Ending(
        run,
        error.exit_code,
        str(error),
        standing=Standing(error.standing) if error.standing else None,
        known=error.known,
        advice=error.advice,
    )
