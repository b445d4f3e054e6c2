"""Does the candidate fail more often than the baseline beside it, or than it did?"""

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.channel import Channel
from gate.stats.clock import Moment
from gate.stats.counts import excess_below, more_than, upper_bound
from gate.stats.events import Flow
from gate.stats.failures import WINDOW, Failures, Spread
from gate.stats.location import MOST_ROUTES, of_routes
from gate.stats.readings import Reading
from gate.stats.relative import NO_BASELINE

HISTORY_SHARE = 0.1
"""Of the false alarms, for the chance that the history's bound is wrong."""

CLUSTER = 0.5
"""Seconds: failures closer together than this count once against the history."""

APART = 50.0
"""Evidence that the arms differ, without which the history does not count: 7 to 0."""

BISECTIONS = 30


class Errors(Channel):
    """Flows that fail: against the baseline's, of each route, and against history.

    A flow that fails on both arms speaks neither for nor against the candidate. An arm
    that is away for a moment fails many flows at once: "worse" is decided by windows,
    each of which counts once. To pass, flows must be many, and each is taken to fail by
    itself as long as none did; failures that were seen to come in clusters count as
    clusters. Outages that are rarer than one in the run are not excluded.
    """

    metric = Metric.ERRORS

    def __init__(self, asked: Asked, margin: float, moment: Moment) -> None:
        self._asked = asked
        self._moment = moment
        self._margin = margin
        self._all = Failures()
        self._routes: dict[str, Failures] = {}
        self._left = 1.0
        self._window = 0
        self._open: list[Failures] = []
        self._spread = Spread()
        self._history = _history(asked, margin)
        self._evidence = 1.0
        self._onset = Onset(margin / 2)

    def flow(self, flow: Flow) -> None:
        """Count a flow, warm or not: a cold candidate may be slow, but not fail."""
        self._settle()
        candidate = flow.candidate_failed
        baseline = flow.baseline_failed and self._asked.paired
        for route in {step.route: None for step in flow.steps}:
            self._of(route).tried += 1
        counts = [self._all]
        if flow.route and (candidate or baseline):
            counts.append(self._of(flow.route))
        for each in counts:
            each.add(candidate=candidate, baseline=baseline)
        alone = candidate and not baseline
        self._onset.add(flow.at, failed=alone)
        self._spread.add(
            self._window, candidate=alone, baseline=baseline and not candidate
        )
        if self._history:
            now = self._moment.now
            self._history.flow(now, candidate=candidate, baseline=baseline)
        if candidate != baseline:
            self._open += counts
        if candidate or baseline:
            self._evidence = self._weighed(doubted=False)

    def _settle(self) -> None:
        """Count the window that failures fell into, once it is over."""
        window = int(self._moment.now / WINDOW)
        if window == self._window:
            return
        self._window = window
        if self._open:
            for each in self._open:
                each.close()
            self._open.clear()
            self._evidence = self._weighed(doubted=False)

    def _of(self, route: str) -> Failures:
        if route in self._routes:
            return self._routes[route]
        if len(self._routes) >= MOST_ROUTES:
            return Failures()  # counted with all others only
        if len(self._routes) == 1:
            self._left = min(1.0, self._all.evidence())
        return self._routes.setdefault(route, Failures())

    def evidence(self) -> float:
        """Return the evidence after the last failure, or window with one."""
        self._settle()
        return self._evidence

    def upheld(self) -> float:
        """Return the evidence where the excess is beyond half the margin."""
        return self._weighed(doubted=True)

    def _weighed(self, *, doubted: bool) -> float:
        history = 0.0
        if self._history and not (doubted and self._doubts_history()):
            history = self._history.evidence(self._spread.size)
        if not self._asked.paired:
            return history
        beside = self._beside(doubted=doubted)
        return (beside + history) / 2 if self._history else beside

    def _doubts_history(self) -> bool:
        """Whether the excess is small, or the arms beside each other differ too little.

        The second guards against a history that does not hold today: where both arms
        fail alike, the first seven failures are the candidate's once in 128 runs.
        """
        alike = self._asked.paired and self._all.evidence() < APART
        return alike or self._excess() <= self._margin / 2

    def _beside(self, *, doubted: bool) -> float:
        """Return the evidence against the baseline: half for all, half by route."""
        everywhere = self._stands(self._all, doubted=doubted)
        if len(self._routes) <= 1:
            return everywhere
        routes = (self._stands(r, doubted=doubted) for r in self._routes.values())
        return everywhere / 2 + of_routes(routes, self._left) / 2

    def _stands(self, failures: Failures, *, doubted: bool) -> float:
        doubt = doubted and failures.excess <= self._margin / 2
        return 0.0 if doubt else failures.evidence()

    def suspicion(self) -> float:
        """Return the evidence of the worst route, or of all of them."""
        if not self._asked.paired:
            return self.upheld()
        parts = (self._all, *self._routes.values())
        return max(self._stands(each, doubted=True) for each in parts)

    def _excess(self) -> float:
        if self._asked.paired or self._history is None:
            return self._all.excess
        return self._all.excess - self._history.rate

    def passed(self) -> bool:
        """Whether an excess of the margin is excluded."""
        return self._excludes(self._margin)

    def _excludes(self, margin: float) -> bool:
        false_passes = self._asked.false_passes
        if not self._asked.paired and self._history and not self._asked.first:
            # The history may have failed less often than it looks.
            margin += self._history.least(false_passes / 2)
            false_passes /= 2
        if margin >= 1:
            return self._all.tried > 0
        failures = self._all
        neither = failures.tried - failures.both
        neither -= failures.candidate_only + failures.offset
        evidence = excess_below(
            failures.candidate_only,
            failures.offset,
            neither,
            margin=margin,
            cluster=self._spread.size,
        )
        return evidence >= 1 / false_passes

    def _excluded(self) -> float | None:
        low, high = 0.0, self._margin if self.passed() else 1.0
        if high == 1 and not self._excludes(1 - 1e-9):
            return None
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (low, middle) if self._excludes(middle) else (middle, high)
        return high

    def reading(self, *, worse: bool) -> Reading:
        """Return the share of flows by which the candidate fails more often."""
        failures, passed = self._all, self.passed()
        excluded = self._excluded()
        tried = max(failures.tried, 1)
        baseline = (failures.baseline_only + failures.both) / tried
        if not self._asked.paired:
            baseline = self._history.rate if self._history else 0.0
        return Reading(
            metric=self.metric,
            answer=Answer.NOT_WORSE if passed else Answer.UNDECIDED,
            margin=self._margin,
            e_value=self.upheld(),
            estimate=self._excess() if failures.tried else None,
            baseline=baseline,
            high=excluded,
            excluded=excluded,
            samples=failures.tried,
            since=self._onset.since if worse else None,
            route=self._route(),
            wanting="" if passed or worse else self._wanting(),
        )

    def _route(self) -> str:
        """Return the route on which only the candidate fails, if it is one."""
        named = {name: each for name, each in self._routes.items() if name}
        if len(named) < 2:
            return ""
        worst = max(named, key=lambda name: named[name].evidence())
        apart = named[worst].evidence() >= self._all.evidence()
        return worst if apart and named[worst].candidate_only > 1 else ""

    def _wanting(self) -> str:
        if self._all.both * 2 > self._all.tried:
            return "flows that do not fail on both arms"
        if not self._asked.paired and self._history is None and self._all.excess:
            return NO_BASELINE
        return "more flows"


def _history(asked: Asked, margin: float) -> "History | None":
    """Return what is known of the errors of the baseline's release, if anything is.

    Where there never was a release, the margin itself is what no release may exceed.
    """
    if asked.history is not None and asked.history[1] > 0:
        risk = HISTORY_SHARE * asked.false_alarms
        bound = upper_bound(*asked.history, confidence=1 - risk)
        return History(asked.history, bound, CLUSTER)
    if asked.first:
        return History((0, 0), margin, 0.0)
    return None


class History:
    """The candidate's failures against a bound, such as that of an earlier run.

    *counts* are what the bound is from: flows that failed, of how many. An outage fails
    many flows at once: failures within *cluster* seconds count once; where *cluster* is
    0, each counts by its part of as many as were seen to fail together. And while the
    baseline fails more often than the bound, the history tells nothing.
    """

    def __init__(self, counts: tuple[int, int], bound: float, cluster: float) -> None:
        failed, tried = counts
        self.rate = failed / tried if tried else 0.0
        self._counts = counts
        self._bound = bound
        self._cluster = cluster
        self._tried = 0
        self._candidate = Clusters(cluster)
        self._baseline = Clusters(cluster)

    def flow(self, now: float, *, candidate: bool, baseline: bool) -> None:
        """Count a flow."""
        self._tried += 1
        if candidate:
            self._candidate.add(now)
        if baseline:
            self._baseline.add(now)

    def evidence(self, together: float) -> float:
        """Return the e-value for "more often than earlier"; 0 where that is no guide.

        *together* is how many flows fail of one cause.
        """
        if self._baseline.count > self._bound * self._tried:
            return 0.0
        return more_than(
            self._candidate.count,
            self._tried,
            bound=self._bound,
            cluster=1.0 if self._cluster else together,
        )

    def least(self, risk: float) -> float:
        """Return the rate that the history has at the least, wrong with this risk."""
        failed, tried = self._counts
        if not tried:
            return 0.0
        return 1 - upper_bound(tried - failed, tried, confidence=1 - risk)


class Onset:
    """From when on failures came more often than a share of the flows (a CUSUM)."""

    __slots__ = ("_level", "_share", "since")

    def __init__(self, share: float) -> None:
        self._share = share
        self._level = 0.0
        self.since: float | None = None

    def add(self, at: float, *, failed: bool) -> None:
        """Take in whether the next flow failed."""
        if self._level == 0:
            if not failed:
                return
            self.since = at
        self._level = max(self._level + failed - self._share, 0.0)


class Clusters:
    """How many failures there were that did not follow close upon another."""

    __slots__ = ("_last", "_within", "count")

    def __init__(self, within: float) -> None:
        self.count = 0
        self._within = within
        self._last = -within

    def add(self, now: float) -> None:
        """Count a failure at *now* seconds."""
        if now - self._last >= self._within:
            self.count += 1
            self._last = now
