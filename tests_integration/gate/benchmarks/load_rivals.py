"""How other tools would decide on the same load run: rules with a fixed horizon.

Each looks at the requests of a run and returns how many of them, of both arms, it had
seen when it called the candidate worse; None: it did not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu, rankdata

from gate.stats.events import Event, Flow

Numbers = NDArray[np.float64]
Z98 = NormalDist().inv_cdf(0.99)  # a two-sided interval of 98 %
WARM_UP = 50  # flows that no rule looks at


@dataclass(frozen=True, slots=True)
class Seen:
    """A run as arrays, one entry for each flow: milliseconds (nan: failed), seconds."""

    at: Numbers
    candidate: Numbers
    baseline: Numbers
    candidate_failed: Numbers
    baseline_failed: Numbers


def seen(events: Sequence[Event]) -> Seen:
    """The flows after the warm-up."""
    flows = [event for event in events if isinstance(event, Flow)][WARM_UP:]
    none = math.nan, math.nan
    times = [
        (each.steps[0].candidate, each.steps[0].baseline) if each.steps else none
        for each in flows
    ]
    latencies = np.array(times).reshape(-1, 2)
    return Seen(
        np.array([each.at for each in flows]),
        latencies[:, 0],
        latencies[:, 1],
        np.array([float(each.candidate_failed) for each in flows]),
        np.array([float(each.baseline_failed) for each in flows]),
    )


def unpaired(run: Seen, earlier: Seen) -> Seen:
    """The candidate of one run beside the baseline of an earlier one."""
    flows = min(run.at.size, earlier.at.size)
    return Seen(
        run.at[:flows],
        run.candidate[:flows],
        earlier.baseline[:flows],
        run.candidate_failed[:flows],
        earlier.baseline_failed[:flows],
    )


def kayenta(run: Seen) -> int | None:
    """Kayenta's Mann-Whitney judge on raw requests, once, when the run is over.

    HIGH: the lower end of the 98 % interval of the Hodges-Lehmann shift lies above a
    quarter of that shift.
    """
    return _whole(run, _high(*_answered(run, run.at.size)) or _errors_high(run, 0))


def kayenta_in_buckets(run: Seen, points: int = 50) -> int | None:
    """The same on *points* means over time: its documents ask for 50 points."""
    candidate, baseline = (
        _means([part[~np.isnan(part)] for part in np.array_split(arm, points)])
        for arm in (run.candidate, run.baseline)
    )
    return _whole(run, _high(candidate, baseline) or _errors_high(run, points))


def peeking(run: Seen, every: int = 100) -> int | None:
    """A Mann-Whitney test at 1 % after every *every* requests, the first success wins."""
    for flows in range(every // 2, run.at.size + 1, every // 2):
        candidate, baseline = _answered(run, flows)
        test = mannwhitneyu(
            candidate, baseline, alternative="greater", method="asymptotic"
        )
        if test.pvalue < 0.01:
            return 2 * (flows + WARM_UP)
    return None


def threshold(run: Seen, milliseconds: float) -> int | None:
    """k6's ``p(95)<N`` and ``rate<0.01``, aborting: after 10 s, then every 2 s."""
    for second in np.arange(10.0, float(run.at[-1]) + 2, 2.0):
        flows = int(np.searchsorted(run.at, second, side="right"))
        answered = run.candidate[:flows]
        answered = answered[~np.isnan(answered)]
        slow = answered.size > 0 and np.quantile(answered, 0.95) > milliseconds
        if slow or run.candidate_failed[:flows].mean() >= 0.01:
            return 2 * (flows + WARM_UP)
    return None


def p95(run: Seen) -> float:
    """The baseline's 95th percentile, as a threshold would be stored."""
    return float(np.nanquantile(run.baseline, 0.95))


def _whole(run: Seen, worse: bool) -> int | None:
    return 2 * (run.at.size + WARM_UP) if worse else None


def _answered(run: Seen, flows: int) -> tuple[Numbers, Numbers]:
    arms = run.candidate[:flows], run.baseline[:flows]
    candidate, baseline = (arm[~np.isnan(arm)] for arm in arms)
    return candidate, baseline


def _errors_high(run: Seen, points: int) -> bool:
    arms = run.candidate_failed, run.baseline_failed
    if points:
        candidate, baseline = (_means(np.array_split(arm, points)) for arm in arms)
        return _high(candidate, baseline)
    return _high(*arms)


def _means(parts: Sequence[Numbers]) -> Numbers:
    return np.array([part.mean() for part in parts if part.size])


def _high(candidate: Numbers, baseline: Numbers) -> bool:
    """Whether a quarter of the estimated shift still lies below the interval."""
    if not candidate.size or not baseline.size:
        return False
    low, high = -1.0, 1.0
    spread = float(max(np.ptp(candidate), np.ptp(baseline))) or 1.0
    spread = max(spread, abs(float(candidate.mean() - baseline.mean())))
    for _ in range(20):
        middle = (low + high) / 2
        if _z(candidate - middle * spread, baseline) > 0:
            low = middle
        else:
            high = middle
    shift = (low + high) / 2 * spread
    return shift > 1e-5 * spread and _z(candidate - 0.25 * shift, baseline) > Z98


def _z(candidate: Numbers, baseline: Numbers) -> float:
    """The Mann-Whitney statistic in standard deviations, corrected for ties."""
    n, m = candidate.size, baseline.size
    ranks = rankdata(np.concatenate([candidate, baseline]))
    _, counts = np.unique(ranks, return_counts=True)
    total = n + m
    ties = float(((counts**3) - counts).sum()) / (total * (total - 1))
    variance = n * m / 12 * (total + 1 - ties)
    if variance <= 0:
        return 0.0
    excess = float(ranks[:n].sum()) - n * (n + 1) / 2 - n * m / 2
    return (excess - 0.5 * np.sign(excess)) / math.sqrt(variance)
