"""Streams of events as load runs give them, of good releases and of bad ones.

The spreads are those of a small web app on two shared cores. One user at a time: both
arms share a slow drift (a request remembers some 50 before it), each adds little noise
of its own and now and then a spike. Four users: the queues of the two arms wander by
themselves, so that even the difference within a flow remembers 5 to 15 flows.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from gate.stats.events import Arm, Crash, Event, Flow, Step, Tick, UnderWay, Usage

ROUTES = ("/products", "/orders/{id}", "/search")
SHARES = (0.6, 0.3, 0.1)
MILLISECONDS = np.array([3.0, 5.0, 12.0])
EVERY = 0.5  # seconds between two samples of what a dyno uses
CPU_SECONDS = 0.004  # of one request
QUOTA = 512.0
PAGE = 0.25  # megabytes: memory is taken in steps of this size
BOOT = 0.8  # seconds that a dyno is away after a crash
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Noise:
    """How the logarithms of latencies spread (standard deviations), and how long.

    *own* is each arm's, new for each request; *queue* each arm's and *drift* both
    arms' together, with the share of it that the next request inherits. *walk* is a
    shared drift without a way back, per request. A share *spikes* of the requests
    takes longer by e^(an exponential number of mean *spike*), a share *misses* six
    times as long. *instance* is between two instances of the same code, *weather*
    between two runs.
    """

    own: float
    queue: float = 0.0
    queue_memory: float = 0.0
    drift: float = 0.0
    drift_memory: float = 0.0
    walk: float = 0.0
    spikes: float = 0.0
    spike: float = 0.8
    misses: float = 0.0
    instance: float = 0.008
    weather: float = 0.15


@dataclass(frozen=True, slots=True)
class Phase:
    """So many users at once, for so many seconds."""

    noise: Noise
    users: int = 1
    seconds: float = math.inf


@dataclass(frozen=True, slots=True)
class Change:
    """What the candidate does otherwise than the baseline, and what befalls both.

    *latency* and *cpu* are factors; *tail* is the share of requests that take three
    times as long; *errors* the shares of flows that fail, the baseline's first (all
    but *cpu* on one *route* or on all); *leak* is KiB a request, *crashes* are per
    second. All this begins with flow *since*. *cold*: the candidate's first flows are slow. *outage*: from and
    until when most flows fail, on both arms.
    """

    latency: float = 1.0
    route: str = ""
    tail: float = 0.0
    errors: tuple[float, float] = (0.0, 0.0)
    leak: float = 0.0
    cpu: float = 1.0
    crashes: float = 0.0
    since: int = 0
    cold: bool = False
    outage: tuple[float, float] = (0.0, 0.0)


NONE = Change()
IID = Noise(own=0.35)
SERIAL = Noise(own=0.035, drift=0.1, drift_memory=0.96, spikes=0.03)
SERIAL_NOISY = Noise(own=0.042, drift=0.25, drift_memory=0.91, spikes=0.08, spike=0.4)
DRIFTING = Noise(own=0.1, drift=0.4, drift_memory=0.995, walk=0.03, spikes=0.03)
CONCURRENT = Noise(
    own=0.31, queue=0.23, queue_memory=0.85, drift=0.25, drift_memory=0.98, weather=0.3
)
CONCURRENT_HARD = Noise(
    own=0.31, queue=0.24, queue_memory=0.95, drift=0.25, drift_memory=0.98, weather=0.3
)
BIMODAL = Noise(own=0.2, drift=0.1, drift_memory=0.96, misses=0.15)
PROFILES = {
    "iid": (Phase(IID),),
    "serial": (Phase(SERIAL),),
    "serial_noisy": (Phase(SERIAL_NOISY),),
    "drifting": (Phase(DRIFTING),),
    "bimodal": (Phase(BIMODAL),),
    "concurrent": (Phase(CONCURRENT, 4),),
    "concurrent_hard": (Phase(CONCURRENT_HARD, 4),),
    "two_phases": (Phase(SERIAL, 1, 8.0), Phase(CONCURRENT, 4)),
    "two_phases_hard": (Phase(SERIAL_NOISY, 1, 8.0), Phase(CONCURRENT_HARD, 4)),
}


def stream(
    profile: str,
    change: Change = NONE,
    *,
    seed: int,
    flows: int = 3000,
    seconds: float = 40.0,
    usage: bool = True,
) -> list[Event]:
    """Return what one run tells, in order of time; the same *seed* tells the same.

    It ends after *flows* flows or *seconds* seconds, whichever comes first. *usage*:
    whether the platform tells CPU and memory.
    """
    dice = np.random.default_rng([seed, sum(profile.encode())])
    run: list[Flow] = []
    began, weather = 0.0, dice.normal()
    downs = _downs(dice, change, seconds)
    for phase in PROFILES[profile]:
        ends = min(began + phase.seconds, seconds)
        numbers = np.arange(len(run), flows)
        if numbers.size:
            part = _Part(dice, phase, change, numbers, began, weather, downs)
            run += part.flows(ends)
        began = ends
    events: list[Event] = [*run]
    over = run[-1].at if run else 0.0
    events += (Crash(at, "candidate", "web.1", "crashed") for at in downs if at < over)
    moments = np.arange(EVERY, over, EVERY)
    events += (Tick(at) for at in moments.tolist())
    if usage:
        ended = np.array([flow.at for flow in run])
        # Two dynos that do the same warm up a little differently, run by run.
        for arm in ("baseline", "candidate"):
            events += _usage(dice, arm, change, moments, ended, downs)
    return sorted(events, key=attrgetter("at"))


def alone(events: Iterable[Event]) -> list[Event]:
    """Return the candidate's half of a run: what it tells without a baseline."""
    return [
        _without_baseline(event)
        for event in events
        if isinstance(event, Flow | Tick | UnderWay) or event.arm == "candidate"
    ]


def _without_baseline(event: Event) -> Event:
    if not isinstance(event, Flow):
        return event
    steps = tuple(replace(step, baseline=None) for step in event.steps)
    return replace(event, steps=steps, baseline_requests=0)


def _downs(dice: np.random.Generator, change: Change, seconds: float) -> list[float]:
    if not change.crashes:
        return []
    count = int(change.crashes * seconds * 3) + 20
    at = np.cumsum(dice.exponential(1 / change.crashes, count) + BOOT)
    return [float(each) for each in at if each < seconds]


class _Part:
    """The flows of one phase."""

    def __init__(
        self,
        dice: np.random.Generator,
        phase: Phase,
        change: Change,
        numbers: NDArray[np.int64],
        began: float,
        weather: float,
        downs: list[float],
    ) -> None:
        self._dice = dice
        self._noise = phase.noise
        self._users = phase.users
        self._change = change
        self._numbers = numbers
        self._began = began
        self._level = weather * phase.noise.weather + math.log(phase.users)
        self._downs = downs

    def flows(self, ends: float) -> Iterator[Flow]:
        """Yield those that are done before the phase *ends*, in order."""
        count = self._numbers.size
        routes = self._dice.choice(len(ROUTES), count, p=SHARES)
        shared = np.log(MILLISECONDS)[routes] + self._level + self._shared()
        baseline = np.exp(shared + self._alone())
        instance = self._dice.normal(0, self._noise.instance)
        candidate = np.exp(shared + self._alone() + instance) * self._slower(routes)
        took = (candidate + baseline) / 1000 / self._users
        at = self._began + np.cumsum(took)
        failed = self._failed(at, routes)
        told = (at, self._numbers, routes, candidate, baseline, failed[1], failed[0])
        done = np.searchsorted(at, ends)
        return map(self._flow, *(each[:done].tolist() for each in told))

    def _flow(
        self,
        at: float,
        number: int,
        route: int,
        candidate: float,
        baseline: float,
        candidate_failed: bool,
        baseline_failed: bool,
    ) -> Flow:
        if candidate_failed or baseline_failed:
            failed, route_name = (candidate_failed, baseline_failed), ROUTES[route]
            return Flow(at, number, self._users, (), *failed, route=route_name)
        step = Step(ROUTES[route], candidate, baseline)
        return Flow(at, number, self._users, (step,))

    def _shared(self) -> Numbers:
        drift = self._wandering(self._noise.drift, self._noise.drift_memory)
        if self._noise.walk:
            steps = self._dice.normal(0, self._noise.walk, self._numbers.size)
            drift += np.cumsum(steps)
        return drift

    def _alone(self) -> Numbers:
        count = self._numbers.size
        noise = self._dice.normal(0, self._noise.own, count)
        if self._noise.queue:
            noise += self._wandering(self._noise.queue, self._noise.queue_memory)
        if self._noise.spikes:
            spiked = self._dice.random(count) < self._noise.spikes
            noise += spiked * self._dice.exponential(self._noise.spike, count)
        if self._noise.misses:
            missed = self._dice.random(count) < self._noise.misses
            noise += missed * math.log(6)
        return noise

    def _wandering(self, spread: float, memory: float) -> Numbers:
        """Autoregressive noise of the first order, stationary from the beginning."""
        if not spread:
            return np.zeros(self._numbers.size)
        fresh = self._dice.normal(0, spread, self._numbers.size)
        fresh[1:] *= math.sqrt(1 - memory * memory)
        wandering: Numbers = lfilter([1.0], [1.0, -memory], fresh)
        return wandering

    def _slower(self, routes: NDArray[np.int64]) -> Numbers:
        change, count = self._change, self._numbers.size
        factor = np.ones(count)
        where = self._changed(routes)
        factor[where] *= change.latency
        if change.tail:
            factor[where & (self._dice.random(count) < change.tail)] *= 3
        if change.cold:
            factor *= 1 + 2 * np.exp(-self._numbers / 12)
        return factor

    def _failed(
        self, at: Numbers, routes: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        began, ended = self._change.outage
        out = (at >= began) & (at < ended)
        baseline, candidate = self._change.errors
        shares = np.full(at.size, float(baseline)), np.full(at.size, float(baseline))
        shares[1][self._changed(routes)] = candidate
        failed = [
            self._dice.random(at.size) < np.where(out, 0.9, each) for each in shares
        ]
        for down in self._downs:
            failed[1] |= (at >= down) & (at < down + BOOT)
        return failed[0], failed[1]

    def _changed(self, routes: NDArray[np.int64]) -> NDArray[np.bool_]:
        where = self._numbers >= self._change.since
        if self._change.route:
            where &= routes == ROUTES.index(self._change.route)
        return where


def _usage(
    dice: np.random.Generator,
    arm: Arm,
    change: Change,
    moments: Numbers,
    ended: Numbers,
    downs: list[float],
) -> Iterator[Usage]:
    """Samples of one arm's dyno: a clock of CPU seconds, a staircase of megabytes."""
    worse = arm == "candidate"
    served = np.diff(np.searchsorted(ended, moments), prepend=0)
    changed = np.diff(
        np.maximum(np.searchsorted(ended, moments) - change.since, 0), prepend=0
    )
    cost = CPU_SECONDS * (served + changed * (change.cpu - 1 if worse else 0.0))
    spent = cost * np.exp(dice.normal(0, 0.02, moments.size))
    spent *= math.exp(dice.normal(0, 0.008))
    creep, slowness = (
        8 * math.exp(dice.normal(0, 0.2)),
        6 * math.exp(dice.normal(0, 0.1)),
    )
    taken = changed * (change.leak / 1024 if worse else 0.0)
    taken = taken + PAGE * dice.choice([-1, 0, 1], moments.size, p=[0.04, 0.92, 0.04])
    edge, rest = dice.random(), list(downs) if worse else []
    up, cpu, memory = 0.0, 0.0, 60.0
    for at, seconds, more in zip(
        moments.tolist(), spent.tolist(), taken.tolist(), strict=True
    ):
        if rest and at >= rest[0]:
            up, cpu, memory = rest.pop(0), 0.0, 60.0
        cpu, memory = cpu + seconds, memory + more
        level = memory + creep * (1 - math.exp(-(at - up) / slowness))
        steps = math.floor(level / PAGE + edge)
        yield Usage(at, arm, "web.1", int(cpu * 100) / 100, steps * PAGE, QUOTA)
