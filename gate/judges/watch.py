"""Production after a promotion: is the release what it promised to be?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from gate.judges.completeness import conclude, wanting
from gate.judges.health import bad_answers, does_not_serve, no_probes
from gate.model.evidence import Category
from gate.model.plan import WatchPlan
from gate.model.policy import Limits
from gate.model.verdict import Action, Finding, Judgement, Result
from gate.model.watch_evidence import WatchEvidence
from gate.model.watch_weighing import (
    after_of,
    bad_by_path,
    before_of,
    counts,
    failed,
    margins_of,
    new_quota_codes,
)
from gate.stats.watching import (
    Margins,
    Showing,
    Sign,
    crashes_beyond,
    errors_allowed,
    errors_beyond,
    errors_excluded,
    slow_limit,
    slower_excluded,
    weigh,
)

HEALTH = Category.HEALTH
TOO_LITTLE = "evidence/too-little-traffic"
LEAST_USUAL = 20
FAR_FEWER = 1 / 3
ROUTERS_PATIENCE = 30
"""Seconds until the router gives up on a request and says so (H12)."""


def judge_watch(watch: WatchEvidence, limits: Limits) -> Judgement:
    """Judge production after a promotion: any regression there is one of health.

    Where nothing speaks against the release, but its traffic was too little to exclude
    what the plan asks to exclude, the only finding is `TOO_LITTLE`. Where much does, and
    only the old release is too little known to say that it is new, somebody has to look.
    """
    if not watch.barrier.serves:
        return conclude(HEALTH, (does_not_serve(watch.barrier),), "")
    view = _View.of(watch, limits)
    findings = (*_regressions(view), *_unseen(watch))
    if not findings:
        findings = tuple(_suspected(view))
    if not findings:
        left = tuple(_left_open(view))
        if left:
            findings = (wanting(HEALTH, "too-little-traffic", "; ".join(left)),)
    return conclude(HEALTH, findings, "; ".join(_seen(view)))


def only_too_little(watched: Judgement) -> bool:
    """Whether all that is wanting is traffic."""
    rules = {finding.rule for finding in watched.findings}
    return watched.result is Result.INSUFFICIENT and rules == {TOO_LITTLE}


def action_after(watched: Judgement, plan: WatchPlan, *, first: bool) -> Action:
    """Return what follows from a watch: keep (promote), roll back, or have a look.

    The *first* release ever has nothing before it to go back to for want of traffic.
    """
    match watched.result:
        case Result.PASSED:
            return Action.PROMOTE
        case Result.FAILED:
            return Action.ROLL_BACK
        case Result.INSUFFICIENT | Result.NOT_RUN | Result.ACCEPTED:
            if not only_too_little(watched):
                return Action.BLOCK
            keeps = first or plan.too_little == "keep"
            return Action.PROMOTE if keeps else Action.ROLL_BACK


@dataclass(frozen=True, slots=True)
class _View:
    """A watch, what was asked of it, and both releases in numbers."""

    watch: WatchEvidence
    plan: WatchPlan
    margins: Margins
    new: Showing
    old: Showing | None

    @classmethod
    def of(cls, watch: WatchEvidence, limits: Limits) -> Self:
        """Return the view of a watch."""
        margins = margins_of(limits.watch, limits.good_rate)
        new, old = after_of(watch), before_of(watch.before)
        return cls(watch, limits.watch, margins, new, old)

    @property
    def slow_limit(self) -> float | None:
        """Beyond which milliseconds answers are grossly slow; None: not known."""
        if self.old is None or self.margins.slower is None:
            return None
        return slow_limit(self.old, self.margins.slower)

    @property
    def bad_probes(self) -> int:
        """How many probes were bad."""
        return sum(not probe.good for probe in self.watch.probes)


def _regressions(view: _View) -> tuple[Finding, ...]:
    watch = view.watch
    weighed = weigh(
        view.new,
        view.old,
        promised=watch.promised,
        probes=bad_by_path(watch.probes),
        margins=view.margins,
    )
    findings = tuple(_finding(sign, view) for sign in weighed.signs)
    faults = new_quota_codes(watch.log.codes, watch.before)
    if faults and not findings:
        told = ", ".join(f"{code} {count}×" for code, count in faults.items())
        said = f"the platform logged {told}"
        findings = (Finding(HEALTH, "health/platform-errors", said),)
    return findings


def _finding(sign: Sign, view: _View) -> Finding:
    match sign:
        case Sign.PROBES:
            return bad_answers(view.watch.probes)
        case Sign.ERRORS:
            return _errors(view)
        case Sign.CRASHES:
            return _crashes(view)
        case Sign.SLOWER:
            return _slower(view)


def _errors(view: _View) -> Finding:
    new, old = view.new, view.old
    traffic = view.watch.traffic.answers if view.watch.traffic else ()
    first = min(
        (each for each in traffic if counts(each) and failed(each)),
        key=lambda each: each.at,
    )
    before = "before: not known"
    if old is not None and old.answers:
        before = f"before: {old.failed} of {old.answers}"
    seconds = first.at - view.watch.began
    return Finding(
        HEALTH,
        "health/errors-in-production",
        f"{new.failed} of {_answers(new)} failed ({before}; asked: {view.plan.errors})",
        f"the first after {seconds:.1f} s: {first.status} {first.code}".strip(),
    )


def _crashes(view: _View) -> Finding:
    watch = view.watch
    times = ", ".join(f"{at:g} s" for at in watch.crash_times)
    when = f" after {times}" if times else ""
    return Finding(
        HEALTH,
        "health/dyno-crashed",
        f"{_number(view.new.crashes, 'crash', 'crashes')} in production{when}",
        watch.log.crashes[0],
    )


def _slower(view: _View) -> Finding:
    levels, limit = view.new.levels, view.slow_limit or 0.0
    slow = sum(level > limit for level in levels)
    return Finding(
        HEALTH,
        "health/slower-in-production",
        f"in {slow} of {len(levels)} half-seconds the median answer took more than "
        f"{limit:.0f} ms, more than the old release by what was to be excluded "
        f"(asked: {view.plan.slower})",
    )


def _unseen(watch: WatchEvidence) -> Iterator[Finding]:
    """Yield what kept the watch from seeing what it looks at."""
    if not watch.probes:
        yield no_probes()
    if watch.trouble:
        yield wanting(HEALTH, "platform-silent", watch.trouble)
    if watch.log.lost:
        yield wanting(HEALTH, "log-lost", f"log: {watch.log.lost}")


def _suspected(view: _View) -> Iterator[Finding]:
    """Yield what is bad for sure, or likely, but may have been so before."""
    new, old, margin = view.new, view.old, view.margins.errors
    if margin is not None and errors_beyond(new, old, margin):
        known = f"{old.failed} of {old.answers}" if old and old.answers else "nothing"
        said = (
            f"{new.failed} of {_answers(new)} failed; of the old release {known} is "
            f"known, too little to say that this is new (asked: {view.plan.errors})"
        )
        yield wanting(HEALTH, "errors-undecided", said)
    if new.crashes and crashes_beyond(new, old):
        said = (
            f"{_number(new.crashes, 'crash', 'crashes')} in {view.watch.seconds:g} s; "
            f"the old release had {old.crashes if old else 0} in "
            f"{old.seconds if old else 0:g} s, too few to say that this is new"
        )
        yield wanting(HEALTH, "crashes-undecided", said)


def _left_open(view: _View) -> Iterator[str]:
    """Yield what was asked and is not excluded."""
    watch, new = view.watch, view.new
    yield from _errors_left_open(view)
    yield from _slower_left_open(view)
    if view.bad_probes > view.margins.probes * len(watch.probes):
        count = f"{view.bad_probes} of {len(watch.probes)} probes"
        yield f"{count} were bad, too few to tell from chance"
    if new.crashes:
        count = _number(new.crashes, "crash", "crashes")
        yield f"{count} in {watch.seconds:g} s, too few to tell from chance"


def _errors_left_open(view: _View) -> Iterator[str]:
    margin, new, asked = view.margins.errors, view.new, f"asked: {view.plan.errors}"
    if margin is None:
        return
    above = errors_excluded(new)
    if not new.answers:
        yield f"no consumer was answered: no errors excluded ({asked})"
    elif above > errors_allowed(view.old, margin):
        verb = "excludes" if new.answers == 1 else "exclude"
        yield f"{_answers(new)} {verb} errors above {_percent(above)} only ({asked})"
    yield from _fewer(view)


def _fewer(view: _View) -> Iterator[str]:
    """Consumers that hang leave no line, for as long as the router lets them."""
    old, new = view.old, view.new
    if old is None or old.seconds <= 0:
        return
    usual = old.answers / old.seconds * new.seconds
    if usual >= LEAST_USUAL and new.answers < FAR_FEWER * usual:
        yield (
            f"the old release gave about {usual:.0f} in {new.seconds:g} s, this one "
            f"{new.answers}: requests that hang are told after {ROUTERS_PATIENCE} s only"
        )


def _slower_left_open(view: _View) -> Iterator[str]:
    """The first release ever cannot be slower than the one before."""
    margin, old, new = view.margins.slower, view.old, view.new
    if margin is None or old is None or not new.answers:
        return
    asked = f"(asked: {view.plan.slower})"
    if view.slow_limit is None:
        yield f"too little is known of the old release to exclude slower ones {asked}"
    elif not slower_excluded(new, old, margin):
        yield f"too few answers to exclude slower ones {asked}"


def _seen(view: _View) -> Iterator[str]:
    """Yield what a pass excludes, and what it could not see."""
    watch, new = view.watch, view.new
    good = len(watch.probes) - view.bad_probes
    yield f"{good} of {len(watch.probes)} probes good, no crash, in {watch.seconds:g} s"
    if watch.excused:
        excused = _number(len(watch.excused), "probe", "probes")
        yield f"{excused} failed on the way, or by the platform"
    if view.margins.errors is not None:
        above = _percent(errors_excluded(new))
        yield f"{_answers(new)} exclude errors above {above}"
    if view.margins.slower is not None:
        slower = view.plan.slower.removeprefix("exclude > ")
        first = "no older release to be slower than"
        yield f"slower by {slower} excluded" if view.old else first
    if watch.log.ahead:
        side = "behind" if watch.log.ahead > 0 else "ahead of"
        by = f"{abs(watch.log.ahead):.1f} s {side} this machine's clock"
        yield f"the log's times were {by}, and set right"
    if watch.seconds < ROUTERS_PATIENCE:
        yield f"requests that hang are told after {ROUTERS_PATIENCE} s only"
    yield "later faults are not excluded"


def _answers(showing: Showing) -> str:
    return f"{_number(showing.answers, 'answer', 'answers')} to consumers"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
