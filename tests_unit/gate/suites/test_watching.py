"""The watch of production: which answers count, and what the old release did."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gate.model.plan import HealthPlan, Plans, WatchPlan
from gate.model.platform import Platform
from gate.model.release import Dyno, DynoState
from gate.model.watch_evidence import WatchEvidence
from gate.suites.old_release import old_release
from gate.suites.watching import watch_production
from tests_unit.gate.fakes.good_run import release, subject
from tests_unit.gate.fakes.platform import FakePlatform, up
from tests_unit.gate.fakes.web import Reply, Request, serving

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


def answered(
    at: float,
    *,
    status: int = 200,
    service: int = 5,
    request_id: str = "1",
    code: str = "",
) -> str:
    """A router line of that time."""
    level = f"at=error code={code}" if code else "at=info"
    return line(
        at,
        f'router]: {level} method=GET path="/" host=h request_id={request_id} '
        f'fwd="1.2.3.4" dyno=web.1 connect=0ms service={service}ms status={status} '
        "bytes=2 protocol=http1.1 tls=false",
    )


def watched(platform: FakePlatform, url: str, plans: Plans = PLANS) -> WatchEvidence:
    """What a watch has seen."""
    there: Platform = platform  # type: ignore[assignment]
    return watch_production(there, LIVE, url, plans)


@pytest.mark.parametrize("ahead", [-30.0, 30.0])
def test_answers_of_the_old_release_do_not_count_against_the_new(ahead: float) -> None:
    """Those given, or begun, before only the new one served; by whichever clock."""
    now = time.time() - ahead
    platform = FakePlatform(
        log=(
            answered(now - 5, status=500),
            answered(now),
            answered(now - 5, status=500),
            line(now - 5, "web.1]: State changed from up to crashed"),
            line(now - 5, "web.1]: Error R14 (Memory quota exceeded)"),
        )
    )

    def also_logged(_: object) -> Reply:
        platform.live.put(answered(time.time() - ahead))
        late = answered(time.time() - ahead, status=500, service=120_000)
        platform.live.put(late)
        return Reply(headers={"X-Release": "v12"})

    with serving(also_logged) as url:
        seen = watched(platform, url)
    assert seen.traffic is not None
    assert {each.status for each in seen.traffic.answers} == {200}
    assert seen.log.crashes == ()
    assert seen.log.codes == {}
    assert seen.log.lost == ""
    assert seen.log.ahead == pytest.approx(ahead, abs=0.9)


def test_a_silent_log_is_not_a_clean_one(url: str) -> None:
    """The gate's own probes would have left their lines there."""
    assert "has not said a line" in watched(FakePlatform(), url).log.lost


def test_what_the_platform_was_asked_in_vain_is_not_known(url: str) -> None:
    """Nobody has said that the dynos are up."""
    answer = threading.Event()

    def hangs(_: int) -> tuple[Dyno, ...]:
        if threading.current_thread().name == "dynos":
            answer.wait(10)
        return up()

    try:
        seen = watched(FakePlatform(dynos_are=hangs), url)
    finally:
        answer.set()
    assert "has not said yet" in seen.trouble


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


@pytest.mark.parametrize(
    ("routed", "theirs"),
    [
        ({"status": 499, "code": "H27"}, True),
        ({"status": 200, "service": 5}, False),
        (None, False),
    ],
)
def test_a_probe_without_an_answer_speaks_by_what_the_router_says(
    routed: dict[str, Any] | None, theirs: bool
) -> None:
    """What hangs is bad, even where the watch is shorter; our own network is not."""
    platform = FakePlatform()
    known = threading.Event()

    def slow(request: Request) -> Reply:
        name = request.headers.get("X-Request-Id", "")
        if name and known.is_set():
            if routed is not None:
                line = answered(time.time(), request_id=name, **routed)
                platform.live.put(line)
            time.sleep(0.4)
        elif name:
            platform.live.put(answered(time.time(), request_id=name))
            known.set()
        return Reply(headers={"X-Release": "v12"})

    plans = replace(
        PLANS,
        health=replace(PLANS.health, timeout=0.2),
        watch=replace(PLANS.watch, seconds=0.8),
    )
    with serving(slow) as url:
        seen = watched(platform, url, plans)
    assert any(probe.good for probe in seen.probes)
    assert any(not probe.good for probe in seen.probes) is theirs
    assert bool(seen.excused) is not theirs


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
