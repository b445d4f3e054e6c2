"""What can go wrong, in words for a person, and the exit code it ends with.

GateError                  70  a defect in the gate
├── UsageProblem            2  wrong usage or configuration
│   └── SettingsInvalid     2  every mistake in the settings at once
├── PlatformUnavailable    69  the platform or the network: could not decide
│   ├── PlatformRefused    69  it answered, with a documented error id
│   │   ├── Unauthorized    2  the token is missing, wrong or expired
│   │   └── NotFound        2  no such app, release, pipeline …
│   └── StateDamaged       69  state on disk that cannot be read
├── OutputLost             69  the result cannot be written to stdout
├── EvidenceRefused        12  stored evidence is not what was recorded
├── JudgedOtherwise        70  the same evidence, and this gate judges otherwise
├── BuildFailed            10  no release came out of this commit
├── PromotionFailed        10  production refused the release; it is as it was
├── LeaseHeld              75  another run is under way
├── MovedMeanwhile         75  somebody released while we were judging
├── Unresolved             21  what became of production is still open
└── Held                   22  a person is needed
"""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """How a command of the gate ends; 1 is never used, it is Python's own."""

    PASSED = 0
    USAGE = 2
    BLOCKED = 10
    INSUFFICIENT = 11
    EVIDENCE_REFUSED = 12
    ROLLED_BACK = 20
    UNRESOLVED = 21
    HELD = 22
    UNAVAILABLE = 69
    DEFECT = 70
    TRY_AGAIN = 75
    INTERRUPTED = 130


EXIT_CODE_MEANINGS: dict[ExitCode, str] = {
    ExitCode.PASSED: "passed; promoted and kept; nothing to do",
    ExitCode.USAGE: "wrong usage or configuration; nothing was started",
    ExitCode.BLOCKED: "promotion blocked: a regression was found",
    ExitCode.INSUFFICIENT: "promotion blocked: evidence is insufficient or missing",
    ExitCode.EVIDENCE_REFUSED: "evidence refused: gone, changed, or for another artefact",
    ExitCode.ROLLED_BACK: "rolled back; the old release serves",
    ExitCode.UNRESOLVED: (
        "unresolved: what became of production is still open; gate resume goes on"
    ),
    ExitCode.HELD: "held: rollback failed or production changed; a person is needed",
    ExitCode.UNAVAILABLE: "platform or network unavailable: could not decide",
    ExitCode.DEFECT: "a defect in the gate",
    ExitCode.TRY_AGAIN: "another run holds the lease, or something moved: try again",
    ExitCode.INTERRUPTED: "interrupted, after settling",
}


class GateError(Exception):
    """Something went wrong: what happened, why, and what to do next."""

    exit_code: ClassVar[ExitCode] = ExitCode.DEFECT

    def __init__(self, what: str, *, why: str = "", advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.advice = advice
        self.standing = ""
        """What holds in production where that was at stake, in one word of three."""
        self.known = ""
        """How that is known."""

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" if self.why else self.what


class UsageProblem(GateError):
    """The command or the repository is not in a shape the gate can work with."""

    exit_code = ExitCode.USAGE


class SettingsInvalid(UsageProblem):
    """The settings hold mistakes, all of them listed in *mistakes*."""

    def __init__(self, mistakes: tuple[str, ...], *, advice: str = "") -> None:
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        super().__init__(
            f"the settings have {count}", why="; ".join(mistakes), advice=advice
        )
        self.mistakes = mistakes


class PlatformUnavailable(GateError):
    """The platform did not answer, or not in a way that could be understood."""

    exit_code = ExitCode.UNAVAILABLE


class OutputLost(GateError):
    """Standard output takes no more: what was found cannot be told."""

    exit_code = ExitCode.UNAVAILABLE


class PlatformRefused(PlatformUnavailable):
    """The platform answered with an error: HTTP status, documented id, Request-Id."""

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        advice: str = "",
        status: int = 0,
        error_id: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(what, why=why, advice=advice)
        self.status = status
        self.error_id = error_id
        self.request_id = request_id


class Unauthorized(PlatformRefused):
    """The token is missing, wrong or expired, or may not do this."""

    exit_code = ExitCode.USAGE


class NotFound(PlatformRefused):
    """The platform knows no such thing."""

    exit_code = ExitCode.USAGE


class StateDamaged(PlatformUnavailable):
    """State on disk is half written or not ours; nothing was overwritten."""


class EvidenceRefused(GateError):
    """Stored evidence is missing, or is not what the ledger has recorded."""

    exit_code = ExitCode.EVIDENCE_REFUSED


class JudgedOtherwise(GateError):
    """Evidence and policy are as recorded, and this gate comes to another answer."""


class BuildFailed(GateError):
    """No release came out of the commit; staging is as it was."""

    exit_code = ExitCode.BLOCKED


class PromotionFailed(GateError):
    """The platform did not make the release live; production is as it was."""

    exit_code = ExitCode.BLOCKED


class LeaseHeld(GateError):
    """Another run of the gate is under way here."""

    exit_code = ExitCode.TRY_AGAIN


class MovedMeanwhile(GateError):
    """Staging or production is no longer what was judged; nothing was written."""

    exit_code = ExitCode.TRY_AGAIN


class Unresolved(GateError):
    """What became of production is still open: not asked, not answered, not watched."""

    exit_code = ExitCode.UNRESOLVED


class Held(GateError):
    """The gate stops writing here: a person is needed."""

    exit_code = ExitCode.HELD
