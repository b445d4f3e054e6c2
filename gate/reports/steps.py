"""Each record of a run as a line of progress; empty where nothing is to be said."""

from typing import assert_never

from gate.ledger.records import (
    ActionConfirmed,
    ActionFailed,
    ActionIntended,
    ActionSent,
    ActionUnanswered,
    BuildWarned,
    CandidateBound,
    EvidenceCollected,
    HoldAcknowledged,
    Record,
    RollbackAccepted,
    RollbackPlanned,
    RunClosed,
    RunOpened,
    RunSuspended,
    SlugRejected,
    VerdictReached,
    WatchEnded,
)

Run = RunOpened | RunSuspended | RunClosed | HoldAcknowledged
Deed = ActionIntended | ActionSent | ActionUnanswered | ActionConfirmed | ActionFailed
Look = CandidateBound | EvidenceCollected | VerdictReached | WatchEnded
Back = RollbackPlanned | RollbackAccepted | SlugRejected


def step(record: Record) -> str:
    """Return the line that tells one record."""
    match record:
        case RunOpened() | RunSuspended() | RunClosed() | HoldAcknowledged():
            return _run(record)
        case CandidateBound() | EvidenceCollected() | VerdictReached() | WatchEnded():
            return _look(record)
        case RollbackPlanned() | RollbackAccepted() | SlugRejected():
            return _back(record)
        case BuildWarned():
            return f"the build for {record.app} says: {' '.join(record.warnings)}"
        case ActionIntended() | ActionSent() | ActionUnanswered():
            return _deed(record)
        case ActionConfirmed() | ActionFailed():
            return _deed(record)
        case _:
            assert_never(record)


def _run(record: Run) -> str:
    match record:
        case RunOpened():
            commit = f" {record.commit[:8]}" if record.commit else ""
            return f"run {record.run}: {record.command}{commit}"
        case RunSuspended():
            return f"suspended: {record.says}"
        case RunClosed():
            return ""
        case HoldAcknowledged():
            by = f"acknowledged by {record.name}: {record.reason}"
            return f"run {record.run}: held, {by}"
        case _:
            assert_never(record)


def _look(record: Look) -> str:
    match record:
        case CandidateBound():
            subject = record.subject
            against = subject.baseline.name if subject.baseline else "no release yet"
            return f"candidate {subject.candidate.name}, compared with {against}"
        case EvidenceCollected():
            return f"evidence: {record.evidence}"
        case VerdictReached():
            return f"verdict: {record.verdict.words}"
        case WatchEnded():
            return f"watch of production: {record.judgement.result.value}"
        case _:
            assert_never(record)


def _back(record: Back) -> str:
    match record:
        case RollbackPlanned():
            where = f"{record.plan.target}, " if record.plan.target else ""
            # Before any rehearsal: the verdict may say otherwise.
            return f"planned way back: {where}{record.plan.way.value}"
        case RollbackAccepted():
            return f"accepted, if it is unsafe, by {record.name}: {record.reason}"
        case SlugRejected():
            return f"slug {record.slug[:8]} is rejected from now on"
        case _:
            assert_never(record)


def _deed(record: Deed) -> str:
    match record:
        case ActionIntended(deed="restart"):
            return f"restart of {record.app}: both start with fresh dynos"
        case ActionIntended():
            puts = record.puts[:8] if record.deed != "promote" else record.puts
            return f"{record.deed} on {record.app}: {puts} replaces {record.replaces}"
        case ActionSent():
            return ""
        case ActionUnanswered():
            return f"{record.deed} on {record.app}: no answer; looking what came of it"
        case ActionConfirmed():
            return f"{record.deed} on {record.app}: {record.release} is there"
        case ActionFailed():
            return f"{record.deed} on {record.app} came to nothing: {record.why}"
        case _:
            assert_never(record)
