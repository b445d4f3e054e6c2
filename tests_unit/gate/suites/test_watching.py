"""The watch of production: which answers count, and what the old release did."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gate.model.plan import HealthPlan, Plans, WatchPlan
from gate.model.platform import Platform
from gate.model.release import DynoState
from gate.model.watch_evidence import WatchEvidence
from gate.suites.old_release import old_release
from gate.suites.watching import watch_production
from tests_unit.gate.fakes.good_run import release, subject
from tests_unit.gate.fakes.platform import FakePlatform, up
from tests_unit.gate.fakes.web import Reply, serving

PLANS = Plans(
    health=HealthPlan(path="/up", timeout=1.0, boot=5.0),
    watch=WatchPlan(seconds=0.5),
)
LIVE = release("shop-production", 12)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where production serves."""
    with serving(lambda _: Reply(headers={"X-Release": "v12"})) as url:
        yield url


def line(at: float, text: str) -> str:
    """A line that the platform wrote at a Unix time."""
    return f"{datetime.fromtimestamp(at, UTC).isoformat()} heroku[{text}"


def answered(at: float, *, status: int = 200, service: int = 5) -> str:
    """A router line of that time."""
    return line(
        at,
        'router]: at=info method=GET path="/" host=h request_id=1 fwd="1.2.3.4" '
        f"dyno=web.1 connect=0ms service={service}ms status={status} bytes=2 "
        "protocol=http1.1 tls=false",
    )


def watched(platform: FakePlatform, url: str, plans: Plans = PLANS) -> WatchEvidence:
    """What a watch has seen."""
    there: Platform = platform  # type: ignore[assignment]
    return watch_production(there, LIVE, url, plans)


def test_answers_of_the_old_release_do_not_count_against_the_new(url: str) -> None:
    """Those given, or begun, before only the new one served."""
    now = time.time()
    log = (
        answered(now - 5, status=500),
        line(now - 5, "web.1]: State changed from up to crashed"),
        line(now - 5, "web.1]: Error R14 (Memory quota exceeded)"),
        answered(now + 60, status=500, service=120_000),
        answered(now + 60),
    )
    seen = watched(FakePlatform(log=log), url)
    assert seen.traffic is not None
    assert [each.status for each in seen.traffic.answers] == [200]
    assert seen.log.crashes == ()
    assert seen.log.codes == {}


def test_a_crash_is_seen_without_a_log_too(url: str) -> None:
    """The platform shows its dynos; a lost log stays lost."""
    crashed = up(12, DynoState.CRASHED)
    platform = FakePlatform(
        log_silent=True, dynos_are=lambda look: up() if look < 4 else crashed
    )
    long = replace(PLANS, watch=replace(PLANS.watch, seconds=30.0))
    seen = watched(platform, url, long)
    assert seen.log.crashes == ("web.1: the platform shows it as crashed",)
    assert seen.log.lost == "no log session"
    assert seen.seconds < long.watch.seconds / 2


def test_a_release_by_somebody_else_ends_what_can_be_said(url: str) -> None:
    """Whatever answers now is not what was promoted."""
    platform = FakePlatform(dynos_are=lambda look: up() if look < 4 else up(13))
    seen = watched(platform, url)
    assert "v13 was released meanwhile" in seen.trouble


def test_hanging_answers_are_bad_even_where_the_watch_is_shorter() -> None:
    """They are waited for as long as any answer."""
    begun = time.monotonic()

    def slow(_: object) -> Reply:
        if time.monotonic() - begun > 0.5:
            time.sleep(0.6)
        return Reply(headers={"X-Release": "v12"})

    plans = replace(PLANS, health=replace(PLANS.health, timeout=0.3))
    with serving(slow) as url:
        seen = watched(
            FakePlatform(),
            url,
            replace(plans, watch=replace(plans.watch, seconds=1.0)),
        )
    assert not all(probe.good for probe in seen.probes)


def test_only_what_the_old_release_did_itself_is_told_of_it() -> None:
    """Its log goes back further than it does."""
    baseline = replace(release("shop-production", 11), created_at=datetime.now(UTC))
    since = baseline.created_at.timestamp()
    platform = FakePlatform(
        log=(
            answered(since - 10, status=500),
            answered(since + 1),
            line(since + 2, "web.1]: State changed from up to crashed"),
            line(since + 2, "web.1]: Error R14 (Memory quota exceeded)"),
            answered(since + 5, status=503),
        )
    )
    there: Platform = platform  # type: ignore[assignment]
    with old_release(there, replace(subject(), baseline=baseline)) as old:
        platform.all_said.wait(5)
    told = old.told()
    assert told is not None
    assert [each.status for each in told.answers] == [200, 503]
    assert (told.crashes, told.codes, told.seconds) == (1, {"R14": 1}, 4.0)
    assert told.release == "shop-production v11"


def test_the_first_release_ever_has_no_old_one() -> None:
    """Then no log is opened."""
    platform = FakePlatform()
    there: Platform = platform  # type: ignore[assignment]
    with old_release(there, subject(baseline=False)) as old:
        pass
    assert old.told() is None
    assert platform.opened == []
