"""From single measurements to pairs and counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WARM_UP = 20
CANDIDATE = "candidate"
BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: the `k`-th step of the flow `pair` on one arm.

    A flow runs once per arm with the same choices; both runs carry the same `pair`.
    `arm` is "candidate" or "baseline", `ms` the latency in milliseconds.
    """

    arm: str
    pair: str
    k: int
    phase: str
    name: str
    ms: float
    failed: bool


def pairs_of(samples: Iterable[Sample], phase: str) -> list[tuple[float, float]]:
    """Latencies (candidate, baseline) of the same step in both arms, in ms.

    In the order in which the flows first appear. Left out: the first 20 flows of the
    phase as warm-up (a cold candidate is not a slow one); within a flow, everything
    from the first step on that failed, is missing or differs in one arm, because from
    there on the arms do not do the same.
    """
    return [ms for _, ms in _matched(samples, phase)]


def pairs_by_name(
    samples: Iterable[Sample], phase: str
) -> dict[str, list[tuple[float, float]]]:
    """The same pairs as `pairs_of`, apart for each name of a step."""
    found: dict[str, list[tuple[float, float]]] = {}
    for name, ms in _matched(samples, phase):
        found.setdefault(name, []).append(ms)
    return found


def errors_of(samples: Iterable[Sample], arm: str) -> tuple[int, int]:
    """How many flows of one arm had a failure, of how many; warm-up included.

    Flows are counted and not steps, because one failure often causes the next.
    """
    failed: dict[str, bool] = {}
    for sample in samples:
        if sample.arm == arm:
            failed[sample.pair] = failed.get(sample.pair, False) or sample.failed
    return sum(failed.values()), len(failed)


def _matched(
    samples: Iterable[Sample], phase: str
) -> list[tuple[str, tuple[float, float]]]:
    flows: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.phase == phase:
            flows.setdefault(sample.pair, []).append(sample)
    return [
        (candidate.name, (candidate.ms, baseline.ms))
        for flow in list(flows.values())[WARM_UP:]
        for candidate, baseline in _common_steps(flow)
    ]


def _common_steps(flow: Sequence[Sample]) -> Iterable[tuple[Sample, Sample]]:
    """The steps that both arms did alike, up to the first that they did not."""
    candidates, baselines = (
        sorted((sample for sample in flow if sample.arm == arm), key=lambda s: s.k)
        for arm in (CANDIDATE, BASELINE)
    )
    for candidate, baseline in zip(candidates, baselines, strict=False):
        same = (candidate.k, candidate.name) == (baseline.k, baseline.name)
        if not same or candidate.failed or baseline.failed:
            return
        yield candidate, baseline
