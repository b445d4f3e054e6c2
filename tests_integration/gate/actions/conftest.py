"""A town in which actions are tried, and whoever acts there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.actions.acting import Acting
from gate.ledger.chronicle import Chronicle
from gate.ledger.store import Ledger
from gate.model.plan import HealthPlan, Plans, PromotionPlan
from gate.model.platform import Platform
from gate.model.premises import Premises
from tests_unit.gate.fakes.fleeting import Fleeting
from tests_unit.gate.fakes.onlooker import Onlooker
from tests_unit.gate.fakes.town import Town
from tests_unit.gate.fakes.web import Reply, serving

PLANS = Plans(
    health=HealthPlan(release_header="", boot=3.0, timeout=1.0),
    promotion=PromotionPlan(settle=60.0, restore=90.0),
)
PAIRED = Premises("shop", "staging", "production", "baseline")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where every app of the town serves."""
    with serving(lambda _: Reply()) as url:
        yield url


@pytest.fixture
def town(url: str) -> Town:
    """Staging serves *new*; production and the app of the baseline serve *old*."""
    town = Town(url)
    for app, slug in (("production", "old"), ("baseline", "old"), ("staging", "new")):
        town.put(app, slug)
    return town


@pytest.fixture
def acting(town: Town, tmp_path: Path) -> Iterator[Acting]:
    """Whoever acts in that town."""
    ledger = Ledger(tmp_path / "ledger.db")
    platform: Platform = town  # type: ignore[assignment]
    run, examiner = Chronicle(ledger, "run-1"), Onlooker(platform, PLANS.health)
    yield Acting(platform, PAIRED, PLANS, run, examiner, Fleeting())
    ledger.close()
