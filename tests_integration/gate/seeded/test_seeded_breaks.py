"""Every family of breaks, planted in the example app, is found and told apart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.judges.contract import judge_contract
from gate.model.plan import ContractPlan
from tests_integration.gate.seeded.seeded_shop import shop
from tests_integration.gate.seeded.seeds import PLANTED, Planted
from tests_integration.gate.suites.forked_consumers import collect_contract
from tests_unit.gate.fakes.good_run import subject

PLAN = ContractPlan(examples=3, requests=400, deadline=120.0)


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as it is, as production runs it."""
    with shop(tmp_path_factory.mktemp("baseline")) as url:
        yield url


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_planted_break_is_found_as_what_it_is(
    planted: Planted, baseline: str, tmp_path: Path
) -> None:
    """Declared, seen live, different from the baseline: each as it should be."""
    with shop(tmp_path / "candidate", planted.edits) as candidate:
        about = subject(candidate, control_url=baseline)
        evidence = collect_contract(about, PLAN, tmp_path / "scratch")
    assert evidence.trouble == ""
    judgement = judge_contract(evidence, serves=True)
    told = {(f.rule.removeprefix("contract/"), f.standing) for f in judgement.findings}
    assert told == planted.said, judgement
    alone = {each.check for each in evidence.breaks if each.on_baseline is False}
    assert alone >= planted.seen
    assert judgement.result is planted.result
