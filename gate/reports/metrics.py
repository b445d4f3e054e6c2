"""The five measures of software delivery by DORA (https://dora.dev/guides/dora-metrics).

Computed from the ledger, and from nothing else: so they know of what went through the
gate. A *deployment* is a promotion that production shows; a release that was blocked is
none, and is counted apart, as is what came to nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from gate.errors import ExitCode
from gate.ledger.journal import Journal
from gate.ledger.records import ActionConfirmed
from gate.model.verdict import Result
from gate.reports.durations import DAY, moment, seconds_between

RESTORED = frozenset({None, int(ExitCode.PASSED), int(ExitCode.ROLLED_BACK)})
"""How a run has ended whose rollback serves; null: not yet."""
BAD = frozenset({ExitCode.BLOCKED, ExitCode.ROLLED_BACK})


@dataclass(frozen=True, slots=True)
class Deployment:
    """One promotion that production has shown.

    *at* is when, RFC 3339; *lead* the seconds since its commit was made, null where that
    is not known. *failed*: its watch found it bad, or it was rolled back. *recovered*
    is when the old release, or a next one that did not fail, was there in its place;
    empty: not yet. *rework*: the deployment before it had failed.
    """

    run: str
    at: str
    lead: float | None
    failed: bool
    recovered: str
    rework: bool


@dataclass(frozen=True, slots=True)
class Times:
    """The *median* of *count* durations in seconds, null of none; *unknown* more."""

    median: float | None
    count: int
    unknown: int

    @classmethod
    def of(cls, durations: Iterable[float | None]) -> "Times":
        """Return the median of those that are known."""
        every = tuple(durations)
        known = [each for each in every if each is not None]
        return cls(
            median(known) if known else None, len(known), len(every) - len(known)
        )


@dataclass(frozen=True, slots=True)
class Share:
    """*count* of *out_of*; *rate* is null of none at all."""

    count: int
    out_of: int

    @property
    def rate(self) -> float | None:
        """The share, from 0 to 1."""
        return self.count / self.out_of if self.out_of else None


@dataclass(frozen=True, slots=True)
class Measures:
    """What the ledger tells of the *days* before a moment: fewer where it is younger.

    *blocked* as bad and *undecided* for want of evidence are commits: to ask again for the
    same one is no other release. *came_to_nothing*: runs whose promotion production never
    showed, or that were interrupted before it. *unfinished*: runs that are open.
    """

    days: float
    deployments: int
    lead_time: Times
    fail_rate: Share
    recovery_time: Times
    rework_rate: Share
    blocked: int
    undecided: int
    came_to_nothing: int
    unfinished: int

    @property
    def per_day(self) -> float | None:
        """Deployments a day; null of none, or where a day has not passed."""
        if not self.deployments or self.days < 1:
            return None
        return self.deployments / self.days


def measured(journals: Sequence[Journal], until: datetime, days: float) -> Measures:
    """Return the measures of *days* before *until*, of runs with the newest first.

    change lead time          median of (production shows it - its commit was made)
    deployment frequency      deployments / days
    failed deployment
    recovery time             median of (good release is there - the failed one was)
    change fail rate          failed deployments / deployments
    deployment rework rate    deployments right after a failed one / deployments
    """
    since = until - timedelta(days=days)
    within = [each for each in deployments(journals) if _is_in(each.at, since, until)]
    failed = [each for each in within if each.failed]
    runs = [
        j
        for j in journals
        if j.opened is not None and _is_in(j.opened.at, since, until)
    ]
    return Measures(
        days=_observed(journals, since, until),
        deployments=len(within),
        lead_time=Times.of(each.lead for each in within),
        fail_rate=Share(len(failed), len(within)),
        recovery_time=Times.of(seconds_between(e.at, e.recovered) for e in failed),
        rework_rate=Share(sum(each.rework for each in within), len(within)),
        blocked=_commits(runs, BAD),
        undecided=_commits(runs, {ExitCode.INSUFFICIENT}),
        came_to_nothing=sum(_came_to_nothing(each) for each in runs),
        unfinished=sum(each.closed is None for each in runs),
    )


def deployments(journals: Sequence[Journal]) -> tuple[Deployment, ...]:
    """Return all deployments, oldest first, of runs with the newest first."""
    found: list[Deployment] = []
    live = ""
    for journal in reversed(journals):
        shown = journal.promotion.confirmed if journal.promotion else None
        if shown is not None:
            new = _deployment(journal, shown, after=found[-1] if found else None)
            if not new.failed:
                found = [_recovered(each, new.at) for each in found]
            found.append(new)
            live = journal.promotion.intent.slug if journal.promotion else ""
        restored = _restored(journal, last=live)
        if restored and found:
            found[-1] = replace(found[-1], failed=True)
            found = [_recovered(each, restored) for each in found]
    return tuple(found)


def _deployment(
    journal: Journal, shown: ActionConfirmed, after: Deployment | None
) -> Deployment:
    opened, watched = journal.opened, journal.watched
    bad = watched is not None and watched.result is Result.FAILED
    return Deployment(
        run=shown.run,
        at=shown.at,
        lead=seconds_between(opened.committed, shown.at) if opened else None,
        failed=bad or journal.rejected,
        recovered="",
        rework=after is not None and after.failed,
    )


def _recovered(deployment: Deployment, at: str) -> Deployment:
    if not deployment.failed or deployment.recovered:
        return deployment
    return replace(deployment, recovered=at)


def _restored(journal: Journal, last: str) -> str:
    """Return when a run put an old release back in production; empty: it did not.

    Nor where it put back the *last* slug that was promoted: then another one was bad.
    """
    opened, closed = journal.opened, journal.closed
    assert opened is not None
    if (closed.exit_code if closed else None) not in RESTORED:
        return ""
    for write in journal.writes("roll back", opened.production):
        if write.confirmed is not None and (not last or write.intent.slug != last):
            return write.confirmed.at
    return ""


def _commits(runs: Iterable[Journal], codes: Collection[int]) -> int:
    """Return of how many commits a promotion ended so that never was asked for."""
    ended = (each.opened for each in runs if _stopped(each) in codes)
    return len({opened.commit or opened.run for opened in ended if opened})


def _stopped(journal: Journal) -> int | None:
    """Return how a promotion ended that never was asked for; null: not so."""
    opened, closed = journal.opened, journal.closed
    if opened is None or opened.command != "promote" or journal.promotion is not None:
        return None
    return closed.exit_code if closed else None


def _came_to_nothing(journal: Journal) -> bool:
    if journal.promotion is None:
        return _stopped(journal) == ExitCode.INTERRUPTED
    return journal.promotion.failed is not None


def _is_in(at: str, since: datetime, until: datetime) -> bool:
    told = moment(at)
    return told is not None and since <= told <= until


def _observed(journals: Sequence[Journal], since: datetime, until: datetime) -> float:
    """Return for how many days the ledger can tell."""
    opened = [moment(j.opened.at) for j in journals if j.opened is not None]
    begun = min((each for each in opened if each is not None), default=until)
    return max((until - max(since, begun)).total_seconds(), 0) / DAY
