"""Are the answers slower, all of them or those of one route?"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from math import log

from gate.stats.asked import Asked, Metric
from gate.stats.batches import Batch
from gate.stats.channel import Channel
from gate.stats.clock import Moment
from gate.stats.events import Flow
from gate.stats.quantiles import trimmed_mean
from gate.stats.readings import Reading
from gate.stats.relative import ratios, relative_reading
from gate.stats.track import Track

SHORTEST = 1e-3
"""Milliseconds; less is not measured, and zero has no logarithm."""

MOST_ROUTES = 50
"""Later ones are compared together with all others only."""

SHARE_OF_ALL = 0.8
"""Of the evidence's weight; the k-th route has 1/(k(k+1)) of the rest."""


def of_routes(evidence: Iterable[float], left: float) -> float:
    """Return the evidence of single routes together: the k-th weighs 1/(k(k+1)).

    *left* is what of the evidence of all was left, at most 1, when the second route
    appeared: what was lost before is not there for that and later ones.
    """
    total = 0.0
    for k, each in enumerate(evidence, 1):
        total += each / (k * (k + 1)) * (1 if k == 1 else left)
    return total


class Location(Channel):
    """The 20 % trimmed mean of each batch's log ratios, for all routes and for each.

    One request of the candidate is compared with the same request to the baseline, sent
    next to it, so that what slows the whole machine down cancels out.
    """

    metric = Metric.P50

    def __init__(self, asked: Asked, margin: float, moment: Moment) -> None:
        self._asked = asked
        self._moment = moment
        self._margin = margin
        self._all = ratios(margin)
        self._routes = {"": self._all}
        self._batch = Batch()
        self._under_way: defaultdict[str, list[float]] = defaultdict(list)
        self._steps = 0
        self._left = 1.0
        self._evidence = 1.0

    def flow(self, flow: Flow) -> None:
        """Take in the steps of a flow, and compare when a batch is complete."""
        if not self._asked.paired:
            return
        if self._moment.warm:
            self._under_way.clear()
            self._batch.restart(self._moment.now)
            return
        for step in flow.steps:
            if step.baseline is None:
                continue
            ratio = max(step.candidate, SHORTEST) / max(step.baseline, SHORTEST)
            self._under_way[step.route].append(log(ratio))
        if self._under_way and self._batch.full(flow, self._moment.now):
            self._compare()

    def _compare(self) -> None:
        at = self._batch.began_at
        every: list[float] = []
        for route, logs in self._under_way.items():
            every.extend(logs)
            if route and (track := self._track(route)):
                track.add(trimmed_mean(logs), at)
        self._all.add(trimmed_mean(every), at)
        self._steps += len(every)
        self._under_way.clear()
        self._evidence = self._weighed(t.evidence for t in self._routes.values())

    def _track(self, route: str) -> Track[float] | None:
        if route not in self._routes and len(self._routes) <= MOST_ROUTES:
            if len(self._routes) == 2:
                self._left = min(1.0, self._all.evidence)
            self._routes[route] = ratios(self._margin)
        return self._routes.get(route)

    def evidence(self) -> float:
        """Return the weighted evidence of all routes together and each alone."""
        return self._evidence

    def upheld(self) -> float:
        """Return the weighted evidence that stands up to doubt."""
        return self._weighed(track.upheld() for track in self._routes.values())

    def suspicion(self) -> float:
        """Return the evidence of the worst route, or of all together."""
        return max(track.suspicion() for track in self._routes.values())

    def _weighed(self, evidence: Iterable[float]) -> float:
        everywhere, *routes = evidence
        if len(routes) <= 1:  # one route is all routes
            return everywhere
        single = of_routes(routes, self._left)
        return SHARE_OF_ALL * everywhere + (1 - SHARE_OF_ALL) * single

    def passed(self) -> bool:
        """Whether the margin is excluded for all routes together."""
        return self._all.passed(self._asked.false_passes)

    def reading(self, *, worse: bool) -> Reading:
        """Return the relative slow-down: of the worst route, if it is worse alone."""
        route = ""
        if worse:
            route = max(self._routes, key=lambda name: self._routes[name].upheld())
            if self._all.upheld() * 2 >= self._routes[route].upheld():
                route = ""
        found = relative_reading(
            self.metric,
            self._margin,
            self._routes[route],
            self._asked,
            passed=self.passed(),
            worse=worse,
            samples=self._steps,
        )
        uncovered = tuple(
            name
            for name, track in self._routes.items()
            if name and not track.passed(self._asked.false_passes)
        )
        if len(self._routes) <= 2:
            uncovered = ()
        return replace(found, route=route, e_value=self.upheld(), uncovered=uncovered)
