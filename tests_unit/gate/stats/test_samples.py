"""From measurements to pairs: only what both arms did alike is compared."""

import random

from hypothesis import given
from hypothesis import strategies as st

from gate.stats.samples import WARM_UP, Sample, errors_of, pairs_by_name, pairs_of


def flow(
    pair: str, *steps: str, phase: str = "serial", failed: tuple[str, int] | None = None
) -> list[Sample]:
    """A flow run on both arms; the baseline takes 1 ms a step, the candidate 2 ms."""
    return [
        Sample(arm, pair, k, phase, name, ms, failed=(arm, k) == failed)
        for arm, ms in (("candidate", 2.0), ("baseline", 1.0))
        for k, name in enumerate(steps)
    ]


WARM = [sample for n in range(WARM_UP) for sample in flow(f"w-{n}", "/cold")]


def test_steps_are_paired_after_the_warm_up() -> None:
    """The first flows are left out, then each step is (candidate, baseline)."""
    samples = [*WARM, *flow("0-1", "/a", "/b"), *flow("0-2", "/a")]
    assert pairs_of(samples, "serial") == [(2.0, 1.0)] * 3
    assert {name: len(p) for name, p in pairs_by_name(samples, "serial").items()} == {
        "/a": 2,
        "/b": 1,
    }
    assert pairs_of(WARM, "serial") == []


def test_each_phase_is_apart() -> None:
    """Serial and concurrent flows are never mixed, and each phase has its warm-up."""
    samples = [*WARM, *flow("1-1", "/a", phase="concurrent"), *flow("0-1", "/a")]
    assert len(pairs_of(samples, "serial")) == 1
    assert pairs_of(samples, "concurrent") == []


def test_a_flow_is_compared_up_to_its_first_difference() -> None:
    """After a failure, a missing or another step the arms do not do the same."""
    failed = flow("0-1", "/a", "/b", "/c", failed=("candidate", 1))
    missing = [s for s in flow("0-2", "/a", "/b") if (s.arm, s.k) != ("baseline", 0)]
    other = [*flow("0-3", "/a", "/b")[:2], *flow("0-3", "/a", "/x")[2:]]
    assert len(pairs_of([*WARM, *failed], "serial")) == 1
    assert pairs_of([*WARM, *missing], "serial") == []
    assert len(pairs_of([*WARM, *other], "serial")) == 1


def test_one_arm_alone_has_no_pairs() -> None:
    """Without a baseline nothing is compared."""
    alone = [sample for sample in WARM * 3 if sample.arm == "candidate"]
    assert pairs_of(alone, "serial") == []


@given(st.randoms(use_true_random=False))
def test_the_order_within_a_flow_does_not_matter(dice: random.Random) -> None:
    """Which arm went first, or which line was written first, changes nothing."""
    flows = [flow(f"0-{n}", "/a", "/b") for n in range(3)]
    for each in flows:
        dice.shuffle(each)
    samples = [*WARM, *(sample for each in flows for sample in each)]
    assert pairs_of(samples, "serial") == [(2.0, 1.0)] * 6


def test_errors_are_counted_by_flow() -> None:
    """Two failures in one flow are one; warm-up and all phases count."""
    broken = flow("0-1", "/a", failed=("candidate", 0))
    twice = [*broken, Sample("candidate", "0-1", 1, "serial", "buy", 1.0, failed=True)]
    assert errors_of([*WARM, *twice], "candidate") == (1, WARM_UP + 1)
    assert errors_of([*WARM, *twice], "baseline") == (0, WARM_UP + 1)
    assert errors_of([], "baseline") == (0, 0)
