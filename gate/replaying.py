"""A stored run judged again: the same evidence, the same policy, the same answer.

The ledger is what is trusted. It holds the subject, and the SHA-256 of each piece of
evidence and of the policy; files that are not these are refused, and nothing but them
and the judges is used: no platform, no settings, no clock.
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from gate.errors import EvidenceRefused, ExitCode, JudgedOtherwise
from gate.judges import judge, judge_watch
from gate.ledger.encoding import to_json
from gate.ledger.evidence_files import (
    EVIDENCE,
    POLICY,
    POLICY_FILE,
    WATCH,
    NotAsRecorded,
    recorded,
)
from gate.ledger.records import (
    CandidateBound,
    EvidenceCollected,
    Record,
    RunClosed,
    VerdictReached,
    WatchEnded,
)
from gate.ledger.run_names import run_named
from gate.model.evidence import Evidence, EvidenceBundle
from gate.model.policy import Policy
from gate.model.subject import Subject
from gate.model.verdict import Judgement, Verdict
from gate.model.watch_evidence import WatchEvidence

T = TypeVar("T")
VERDICT: TypeAdapter[Verdict] = TypeAdapter(Verdict)
JUDGEMENT: TypeAdapter[Judgement] = TypeAdapter(Judgement)
ANSWERS = frozenset(
    {
        ExitCode.PASSED,
        ExitCode.BLOCKED,
        ExitCode.INSUFFICIENT,
        ExitCode.ROLLED_BACK,
        ExitCode.UNRESOLVED,
        ExitCode.HELD,
    }
)
MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a run came to, then and now: *exit_code* is the one that it ended with.

    *pieces* counts the files whose SHA-256 is the recorded one.
    """

    run: str
    verdict: Verdict
    watched: Judgement | None
    exit_code: ExitCode
    pieces: int


def replay(records: Sequence[Record], home: Path, name: str) -> Replayed:
    """Judge the run again whose name begins with *name*; ``latest``: the last one.

    *records* are all of the ledger's, *home* is the gate's own folder. Raises
    UsageProblem where there is no such run or it reached no verdict, EvidenceRefused
    where a file is gone or is not what was recorded, JudgedOtherwise where the answer
    is another one all the same.
    """
    run = run_named(records, name, judged=True)
    own = tuple(record for record in records if record.run == run)
    stored = _Stored(home / "runs" / run, own)
    recorded = stored.reached()
    policy = stored.policy(recorded)
    seen = EvidenceBundle.of(stored.evidence())
    asked = tuple(row.category for row in recorded.verdict.rows)
    verdict = judge(stored.subject(), seen, policy, asked)
    _same(run, VERDICT, recorded.verdict, verdict)
    watched = None
    ended = stored.watch_ended()
    if ended is not None:
        watched = judge_watch(stored.watch(ended), policy.limits)
        _same(run, JUDGEMENT, ended.judgement, watched)
    return Replayed(run, verdict, watched, stored.exit_code(verdict), stored.pieces)


class _Stored:
    """What the ledger and the folder of one run hold; a file is what was recorded."""

    def __init__(self, folder: Path, records: Sequence[Record]) -> None:
        self._folder = folder
        self._records = records
        self.pieces = 0

    def reached(self) -> VerdictReached:
        return [r for r in self._records if isinstance(r, VerdictReached)][-1]

    def subject(self) -> Subject:
        return [r for r in self._records if isinstance(r, CandidateBound)][-1].subject

    def watch_ended(self) -> WatchEnded | None:
        return next((r for r in self._records if isinstance(r, WatchEnded)), None)

    def policy(self, reached: VerdictReached) -> Policy:
        return self._read(self._folder / POLICY_FILE, reached.policy, POLICY)

    def watch(self, ended: WatchEnded) -> WatchEvidence:
        return self._read(self._evidence("watch"), ended.digest, WATCH)

    def evidence(self) -> Iterator[Evidence]:
        """Yield each kind as it was recorded last."""
        collected = {
            r.evidence: r.digest
            for r in self._records
            if isinstance(r, EvidenceCollected)
        }
        for kind, digest in collected.items():
            yield self._read(self._evidence(kind), digest, EVIDENCE)

    def exit_code(self, verdict: Verdict) -> ExitCode:
        """Return how the run ended where that was an answer, else what its verdict is."""
        for record in self._records:
            if isinstance(record, RunClosed) and record.exit_code in ANSWERS:
                return ExitCode(record.exit_code)
        return verdict.exit_code

    def _evidence(self, kind: str) -> Path:
        return self._folder / "evidence" / f"{kind}.json"

    def _read(self, path: Path, digest: str, adapter: TypeAdapter[T]) -> T:
        """Return what a file holds, if it is what was recorded."""
        if not digest:
            raise _refused(path, "an older gate recorded no SHA-256 for it")
        try:
            value = adapter.validate_json(recorded(path, digest))
        except FileNotFoundError as error:
            raise _refused(path, "it is gone") from error
        except OSError as error:
            raise _refused(path, f"it cannot be read: {error.strerror}") from error
        except NotAsRecorded as error:
            raise _refused(path, str(error)) from error
        except ValidationError as error:
            problem = str(error).splitlines()[0]
            raise _refused(path, f"another gate has written it: {problem}") from error
        self.pieces += 1
        return value


def _refused(path: Path, why: str) -> EvidenceRefused:
    return EvidenceRefused(
        f"{path} is not what was recorded",
        why=why,
        advice="restore the file, or judge the release anew: python -m gate check",
    )


def _same(run: str, adapter: TypeAdapter[T], recorded: T, again: T) -> None:
    """Compare byte for byte; raises JudgedOtherwise with what differs."""
    old, new = (to_json(adapter, each, indent=1) for each in (recorded, again))
    if old == new:
        return
    lines = difflib.unified_diff(
        old.decode().splitlines(), new.decode().splitlines(), lineterm="", n=0
    )
    told = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    more = len(told) - MOST_LINES
    shown = told[:MOST_LINES] + ([f"… {more} more lines"] if more > 0 else [])
    raise JudgedOtherwise(
        f"run {run} would be judged otherwise now",
        why="\n".join(["- is recorded, + is judged now:", *shown]),
        advice="evidence and policy are as recorded, so this is another version of "
        "the gate; to judge the release by it: python -m gate check",
    )
