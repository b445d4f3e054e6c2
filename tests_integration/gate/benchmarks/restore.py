"""How long the old release takes to come back, beside what the platform needs for it.

Rounds alternate on one local platform. In one the gate's watch has just found the live
release bad: from that record until the old slug is released and its barrier has passed.
In the other a person releases the same slug by hand: until the first answer that the new
release gives. Prints the medians of both, in seconds, and their ratio; exits 1 where it
is above 1.3 for an app that names its release in its answers. The apps are the example
of this repository, a tiny one, and the same without the header: there the platform's
word has to do, and it is waited for whether it lasts.

    python tests_integration/gate/benchmarks/restore.py [orders|tiny|nameless]... [--rounds N]
"""

import argparse
import io
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from gate.actions.acting import Acting
from gate.actions.pinning import pin
from gate.actions.promote import promote
from gate.actions.protocol import finish
from gate.actions.waiting import settled_release
from gate.errors import ExitCode
from gate.heroku import HerokuClient
from gate.ledger.chronicle import Chronicle, now
from gate.ledger.records import CandidateBound, Record, WatchEnded
from gate.ledger.store import Ledger
from gate.local_platform import control
from gate.model.evidence import BarrierEvidence
from gate.model.plan import HealthPlan, Plans
from gate.model.premises import Premises
from gate.model.release import Release, Slug, Stage
from gate.model.subject import Subject
from tests_unit.gate.fakes.built import built
from tests_unit.gate.fakes.onlooker import BAD, Onlooker

ROOT = Path(__file__).parents[3]
RATIO = 1.3
ROUNDS = 7
PREMISES = Premises("shop", "shop-staging", "shop-production")
STAGING, PRODUCTION = PREMISES.staging, PREMISES.production
TINY = """
import http.server, os

class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        for name, value in {headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

address = ("127.0.0.1", int(os.environ["PORT"]))
http.server.ThreadingHTTPServer(address, Shop).serve_forever()
"""
NAMED = '{"X-Release": os.environ["HEROKU_RELEASE_VERSION"]}'


def files_of(name: str) -> dict[str, bytes]:
    """The source of an app, by path."""
    if name == "orders":
        wanted = ["git", "-C", str(ROOT), "archive", "--format=tar", "HEAD"]
        packed = subprocess.run(wanted, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            return {
                member.name: reader.read()
                for member in tar
                if (reader := tar.extractfile(member)) is not None
            }
    headers = NAMED if name == "tiny" else "{}"
    shop = TINY.replace("{headers}", headers)
    return {"Procfile": b"web: exec python shop.py\n", "shop.py": shop.encode()}


class Timed(Onlooker):
    """One that remembers when it last saw a release serve."""

    proved = 0.0

    def serves(self, release: Release) -> BarrierEvidence:
        """Wait until it does, by the gate's own barrier."""
        seen = super().serves(release)
        self.proved = time.monotonic()
        return seen


@dataclass
class Bench:
    """One app in two slugs: production goes back and forth between them."""

    client: HerokuClient
    folder: Path
    plans: Plans
    by_gate: list[float] = field(default_factory=list)
    by_hand: list[float] = field(default_factory=list)
    visitor: requests.Session = field(default_factory=requests.Session)
    url: str = ""

    def furnish(self, name: str) -> tuple[Slug, Slug]:
        """Build the app twice on staging; return both slugs, the old one first."""
        pipeline = self.client.create_pipeline(PREMISES.pipeline)
        for app, stage in ((STAGING, Stage.STAGING), (PRODUCTION, Stage.PRODUCTION)):
            self.client.couple(pipeline.id, self.client.create_app(app).id, stage)
            self.client.set_config_vars(app, {"PRICING_URL": "http://127.0.0.1:9"})
        self.url = self.client.app(PRODUCTION).web_url + self.plans.health.path
        files = files_of(name)
        return self._built(files, "1" * 40), self._built(files, "2" * 40)

    def _built(self, files: dict[str, bytes], commit: str) -> Slug:
        differing = {**files, "commit.txt": commit.encode()}
        made = built(
            self.client, STAGING, differing, commit, self.folder, patience=600.0
        )
        assert made.slug is not None
        return made.slug

    def put(self, slug: Slug) -> Release:
        """Have production serve a slug, and let the machine come to rest."""
        made = self.client.release_slug(PRODUCTION, slug.id, description="by hand")
        released = settled_release(self.client, PRODUCTION, made.version)
        assert self.onlooker().serves(released).serves
        time.sleep(1.0)
        return released

    def onlooker(self) -> "Timed":
        """Whoever looks whether a release serves, and finds it bad when it watches."""
        return Timed(self.client, self.plans.health, BAD)

    def gate_restores(self, number: int, old: Slug) -> None:
        """Promote, find it bad, take it back."""
        baseline = self.put(old)
        candidate = self.client.current_release(STAGING)
        assert candidate is not None
        decided: list[float] = []

        def listener(record: Record) -> None:
            if isinstance(record, WatchEnded):
                decided.append(time.monotonic())

        ledger = Ledger(self.folder / f"ledger-{number}.db", listeners=(listener,))
        run, onlooker = Chronicle(ledger, f"run-{number}"), self.onlooker()
        acting = Acting(self.client, PREMISES, self.plans, run, onlooker)
        subject = Subject(
            run.run, candidate, "", baseline, "", pinned=pin(acting), restore=old.id
        )
        run.append(CandidateBound(run.run, now(), subject))
        promoted = promote(acting, subject)
        assert onlooker.serves(promoted).serves
        time.sleep(1.0)
        outcome = finish(acting)
        assert outcome.exit_code is ExitCode.ROLLED_BACK
        self.by_gate.append(onlooker.proved - decided[0])
        ledger.close()

    def hand_restores(self, name: str, old: Slug, new: Slug) -> None:
        """Release the old slug, and see the first answer that it gives."""
        self.put(new)
        seen = self._is_up if name == "nameless" else self._answers
        began = time.monotonic()
        made = self.client.release_slug(PRODUCTION, old.id, description="by hand")
        while not seen(made.version):
            time.sleep(0.02)  # asking more often would take the time from its boot
        self.by_hand.append(time.monotonic() - began)

    def _answers(self, version: int) -> bool:
        with suppress(requests.RequestException):
            headers = self.visitor.get(self.url, timeout=5).headers
            return headers.get("X-Release") == f"v{version}"
        return False

    def _is_up(self, version: int) -> bool:
        dynos = self.client.dynos(PRODUCTION)
        return any(d.state == "up" and d.release_version == version for d in dynos)

    def told(self, name: str) -> bool:
        """Print both medians; return whether the ratio is good enough."""
        gate, hand = statistics.median(self.by_gate), statistics.median(self.by_hand)
        good = gate <= RATIO * hand
        print(
            f"{name:9} by the gate {gate:6.2f} s {spread(self.by_gate)}, "
            f"by hand {hand:6.2f} s {spread(self.by_hand)}, ratio {gate / hand:.2f}"
            f"{'' if good else f', more than {RATIO}'}"
        )
        return good


def spread(seconds: list[float]) -> str:
    """The fastest and the slowest."""
    return f"({min(seconds):.2f} to {max(seconds):.2f})"


@contextmanager
def bench() -> Iterator[Bench]:
    """A local platform, for as long as it is needed."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        running = control.up(home)
        try:
            client = HerokuClient(running.api_url, running.token)
            yield Bench(client, Path(name), Plans(health=HealthPlan(path="/healthz")))
        finally:
            control.down(home)


def measured(name: str, rounds: int) -> bool:
    """Measure one app; return whether it is restored soon enough."""
    with bench() as here:
        old, new = here.furnish(name)
        for number in range(rounds):
            here.gate_restores(number, old)
            here.hand_restores(name, old, new)
            by_gate, by_hand = here.by_gate[-1], here.by_hand[-1]
            print(
                f"{name:9} {number + 1:2}: {by_gate:.2f} s, {by_hand:.2f} s", flush=True
            )
        good = here.told(name)
    return good or name == "nameless"


def main() -> int:
    """Measure the apps that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("apps", nargs="*", default=["orders", "tiny", "nameless"])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    told = parser.parse_args()
    good = [measured(name, told.rounds) for name in told.apps]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
