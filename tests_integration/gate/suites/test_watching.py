"""The watch of production on the local platform, with consumers beside it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import pytest
import requests

from gate.heroku import HerokuClient
from gate.judges import judge_watch
from gate.judges.watch import only_too_little
from gate.local_platform import control
from gate.model.plan import HealthPlan, Plans, WatchPlan
from gate.model.policy import Limits
from gate.model.release import Release
from gate.model.verdict import Judgement, Result
from gate.model.watch_evidence import Traffic, WatchEvidence
from gate.suites.old_release import old_release
from gate.suites.watching import watch_production
from tests_integration.gate.local_platform.conftest import Client
from tests_unit.gate.fakes.good_run import subject

SERVER = """
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

numbers = count(1)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/end":
            os._exit(1)
        if self.path == "/hangs":
            time.sleep(20)
        fails = self.path == "/orders" and next(numbers) % EVERY == 0
        self.send_response(500 if fails else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *words):
        pass


address = (os.environ["HOST"], int(os.environ["PORT"]))
ThreadingHTTPServer(address, Handler).serve_forever()
"""
GOOD, BAD = "EVERY = 10**9\n", "EVERY = 3\n"
PLANS = Plans(
    health=HealthPlan(release_header="", boot=20.0, timeout=2.0),
    watch=WatchPlan(seconds=2.0, slower="not asked"),
)
SHORT = replace(PLANS, watch=replace(PLANS.watch, seconds=0.8))
LONG = replace(PLANS, watch=replace(PLANS.watch, seconds=30.0))


@dataclass
class Production:
    """An app with consumers, and a platform that is asked as the gate asks."""

    client: Client
    platform: HerokuClient
    app: str

    def deploy(self, kind: str) -> Release:
        """Put a release there, and wait until it is current."""
        self.client.deploy(
            self.app,
            {
                "Procfile": "web: python server.py\n",
                "requirements.txt": "",
                "server.py": kind + SERVER,
            },
        )
        release = self.platform.current_release(self.app)
        assert release is not None
        return release

    def before(self) -> Traffic:
        """What the log tells of the release that is there, of the past too."""
        about = replace(subject(), baseline=self.platform.current_release(self.app))
        with old_release(self.platform, about) as old:
            self.client.until(lambda: (told := old.told()) and told.seconds)
        told = old.told()
        assert told is not None
        return told

    def watch(self, release: Release, before: Traffic, plans: Plans) -> WatchEvidence:
        """Watch a release."""
        url = self.client.url(self.app)
        return watch_production(self.platform, release, url, plans, before=before)

    def kill(self) -> None:
        """Have the server of the only dyno end itself."""
        with suppress(requests.RequestException):
            requests.get(f"{self.client.url(self.app)}/end", timeout=10)

    def maintain(self, *, on: bool) -> None:
        """Turn maintenance on or off."""
        self.client.do("PATCH", f"/apps/{self.app}", {"maintenance": on})

    @contextmanager
    def consumers(self) -> Iterator[None]:
        """Ask for orders without a pause."""
        left = threading.Event()

        def ask() -> None:
            with requests.Session() as session:
                while not left.wait(0.003):
                    session.get(f"{self.client.url(self.app)}/orders", timeout=10)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        try:
            yield
        finally:
            left.set()
            thread.join(timeout=10)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """One app on a platform of this module's own, ten times as fast."""
    home = tmp_path_factory.mktemp("platform") / "home"
    local = control.up(home, time_scale=0.1, timers={"refill": 0.1})
    try:
        client = Client(local)
        yield Production(client, HerokuClient(local.api_url, local.token), client.app())
    finally:
        control.down(home)


@pytest.fixture(scope="module")
def before(production: Production) -> Traffic:
    """What the release before the others did, with consumers."""
    production.deploy(GOOD)
    with production.consumers():
        production.client.until(lambda: len(production.before().answers) > 150)
        return production.before()


def judged(seen: WatchEvidence, plans: Plans) -> Judgement:
    """The judgement on a watch."""
    return judge_watch(seen, Limits.of(plans))


def test_a_good_release_passes_on_the_traffic_that_is_there(
    production: Production, before: Traffic
) -> None:
    """It is told on how many answers, the gate's own not among them."""
    release = production.deploy(GOOD)
    with production.consumers():
        seen = production.watch(release, before, PLANS)
    assert seen.traffic is not None
    judgement = judged(seen, PLANS)
    assert judgement.result is Result.PASSED, judgement
    assert f"{len(seen.traffic.answers)} answers to consumers" in judgement.seen
    assert seen.seconds >= PLANS.watch.seconds
    assert all(probe.good for probe in seen.probes)
    assert seen.log.crashes == ()


def test_a_regression_that_only_consumers_meet_is_found_early(
    production: Production, before: Traffic
) -> None:
    """Every third order fails; health is fine all the time."""
    release = production.deploy(BAD)
    with production.consumers():
        seen = production.watch(release, before, LONG)
    judgement = judged(seen, LONG)
    assert [f.rule for f in judgement.findings] == ["health/errors-in-production"]
    assert seen.seconds < LONG.watch.seconds / 2
    assert all(probe.good for probe in seen.probes)
    assert before.answers
    assert all(answer.status == 200 for answer in before.answers)


def test_a_dyno_that_crashes_stops_the_watch(
    production: Production, before: Traffic
) -> None:
    """One crash suffices; it is told when."""
    release = production.deploy(GOOD)
    dying = threading.Timer(0.5, production.kill)
    dying.start()
    seen = production.watch(release, before, LONG)
    dying.join()
    judgement = judged(seen, LONG)
    assert "health/dyno-crashed" in [f.rule for f in judgement.findings]
    assert seen.seconds < LONG.watch.seconds / 2
    assert len(seen.crash_times) == 1


def test_what_hangs_is_found_before_the_router_gives_it_up(
    production: Production, before: Traffic
) -> None:
    """The router says that it had nothing to give until the probe went away."""
    plans = replace(
        LONG,
        health=replace(LONG.health, timeout=0.4),
        watch=replace(LONG.watch, paths=("/hangs",)),
    )
    release = production.deploy(GOOD)
    seen = production.watch(release, before, plans)
    judgement = judged(seen, plans)
    assert [f.rule for f in judgement.findings] == ["health/bad-answers"]
    assert "/hangs: no answer in time" in judgement.seen
    assert seen.seconds < plans.watch.seconds / 2


def test_without_consumers_it_is_said_what_is_not_excluded(
    production: Production, before: Traffic
) -> None:
    """The gate's own probes are no consumers."""
    release = production.deploy(GOOD)
    seen = production.watch(release, before, SHORT)
    judgement = judged(seen, SHORT)
    assert only_too_little(judgement)
    assert "no consumer was answered" in judgement.seen
    assert seen.probes


def test_maintenance_is_no_fault_of_the_release(
    production: Production, before: Traffic
) -> None:
    """Its probes count neither for nor against it; somebody has to look."""
    release = production.deploy(GOOD)
    production.maintain(on=True)
    try:
        seen = production.watch(release, before, SHORT)
    finally:
        production.maintain(on=False)
    assert seen.excused
    assert seen.probes == ()
    judgement = judged(seen, SHORT)
    assert judgement.result is Result.INSUFFICIENT
    assert not only_too_little(judgement)
