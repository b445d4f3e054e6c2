"""The load suite on the real local platform: one good release, and several bad ones."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gate.ledger.evidence_files import read_evidence, write_evidence
from gate.model.load_questions import asked_of
from gate.model.plan import LatencyQuestions, LoadPlan
from gate.stats.answer import Answer
from gate.stats.asked import Metric
from gate.stats.events import CANDIDATE, Flow, Usage
from gate.stats.monitor import monitored
from tests_integration.gate.suites.load.rig import Rig, rigged

# Asks no more than a few seconds can answer on cores that others use as well.
PLAN = LoadPlan(
    file="shoppers.py",
    serial=3.0,
    errors="exclude > 1%",
    latency=LatencyQuestions(p50="exclude > +60%", p95="exclude > +200%"),
    cpu="exclude > +60% per request",
    memory="exclude > 200 KiB per request",
    crashes="exclude > 1 per 1 s",
)
SEEDED = {
    "2 % errors": (PLAN, {Metric.ERRORS}),
    # To keep a megabyte takes time as well, and that would be noticed sooner; and at
    # full speed the quota is reached, and the dyno killed, within seconds.
    "a 1 MB leak": (
        replace(
            PLAN,
            latency=LatencyQuestions("not asked", "not asked"),
            cpu="not asked",
            serial=1.0,
            arrivals=20.0,
        ),
        {Metric.MEMORY},
    ),
}


@pytest.fixture(name="rig", scope="module")
def platform_with_two_apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The same release on staging and beside it."""
    with rigged(tmp_path_factory.mktemp("rig")) as rig:
        yield rig


def test_a_release_is_not_worse_than_itself(rig: Rig) -> None:
    """All that is asked is answered, early, and stored evidence says the same again."""
    seen = rig.run("", PLAN)
    assert (seen.trouble, seen.stopped) == ("", "not worse"), seen.errors
    assert seen.paired and not seen.errors
    assert seen.ended - seen.began < PLAN.longest
    result = monitored(seen.events, asked_of(PLAN, paired=True))
    assert result.answer is Answer.NOT_WORSE
    assert all(reading.told for reading in result.readings)
    uses = [each for each in seen.events if isinstance(each, Usage)]
    assert {each.arm for each in uses if each.cpu} == {"candidate", "baseline"}
    path, _ = write_evidence(rig.folder / "kept", replace(seen, slowest=()))
    stored = read_evidence(path)
    assert stored == replace(seen, slowest=())


@pytest.mark.parametrize("fault", SEEDED)
def test_a_fault_is_found_while_it_is_loaded(rig: Rig, fault: str) -> None:
    """The run stops at the first proof; the statistics name what is worse."""
    plan, metrics = SEEDED[fault]
    seen = rig.run(fault, plan)
    assert seen.stopped == "worse", (seen.trouble, seen.errors)
    asked = asked_of(plan, paired=True)
    readings = monitored(seen.events, asked).readings
    worse = {each.metric for each in readings if each.answer is Answer.WORSE}
    assert worse & metrics, readings
    assert seen.ended - seen.began < plan.longest
    flows = [each for each in seen.events if isinstance(each, Flow)]
    assert len({each.number for each in flows}) == flows[-1].number + 1
    assert seen.again == "python -m gate load --seed 1"
    assert any(each.arm == CANDIDATE for each in seen.slowest)
