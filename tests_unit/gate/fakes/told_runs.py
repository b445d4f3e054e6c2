"""Runs as a ledger holds them, each of a kind and at a time, with few words."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

from gate.ledger.journal import Journal, journals
from gate.ledger.records import (
    ActionConfirmed,
    ActionFailed,
    ActionIntended,
    Deed,
    Record,
    RunClosed,
    RunOpened,
    RunSuspended,
    SlugRejected,
)

Kind = Literal[
    "kept", "taken back", "held", "blocked", "undecided", "failed", "rollback", "open"
]
BEGIN = datetime(2025, 1, 2, tzinfo=UTC)
PRODUCTION = "shop-production"
LEAD = timedelta(hours=1)
"""How long before a run its commit was made; production shows it a minute later."""
PROMOTED = timedelta(minutes=1)
RESTORED = timedelta(minutes=3)
"""When the old release is there again, in a run that puts it back."""


def told(kind: Kind, number: int, at: datetime) -> list[Record]:
    """All records of one run that was opened *at* then."""
    run = f"run-{number}"

    def when(later: timedelta) -> str:
        return (at + later).isoformat()

    def written(deed: Deed, later: timedelta) -> list[Record]:
        release = f"{PRODUCTION} v{number}"
        return [
            ActionIntended(run, when(later), deed, PRODUCTION, "before", "after"),
            ActionConfirmed(run, when(later), deed, PRODUCTION, release, number),
        ]

    def closed(code: int) -> Record:
        return RunClosed(run, when(timedelta(minutes=5)), code, kind)

    command = "rollback" if kind == "rollback" else "promote"
    committed, commit = when(-LEAD), f"{number:040x}"
    head = RunOpened(
        run, at.isoformat(), command, "shop-staging", PRODUCTION, commit, committed
    )
    rejected = SlugRejected(run, when(PROMOTED), "slug", "", commit, "bad")
    promoted, restored = (
        written("promote", PROMOTED),
        written("roll back", RESTORED),
    )
    endings: dict[Kind, list[Record]] = {
        "kept": [*promoted, closed(0)],
        "taken back": [*promoted, rejected, *restored, closed(20)],
        "held": [*promoted, rejected, closed(22)],
        "blocked": [closed(10)],
        "undecided": [closed(11)],
        "failed": [
            promoted[0],
            ActionFailed(run, when(PROMOTED), "promote", PRODUCTION, "no"),
            closed(10),
        ],
        "rollback": [*restored, closed(0)],
        "open": [promoted[0], RunSuspended(run, when(PROMOTED), 21, "silence")],
    }
    return [head, *endings[kind]]


def days_of(kinds: Iterable[Kind]) -> tuple[Journal, ...]:
    """The journals of one run a day, the newest first."""
    records: list[Record] = []
    for number, kind in enumerate(kinds):
        records += told(kind, number, BEGIN + timedelta(days=number))
    return journals(records, PRODUCTION)
