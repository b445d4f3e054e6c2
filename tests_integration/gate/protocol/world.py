"""A real platform with a few slugs, and a gate before it whose suites are canned.

The platform is asked over HTTP; what is judged, and what the watch shows, is decided
beforehand.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import requests

from gate.actions.clock import MACHINE
from gate.actions.waiting import until
from gate.gatekeeper import Gatekeeper
from gate.heroku import HerokuClient, Patience
from gate.ledger.chronicle import Chronicle, now
from gate.ledger.records import VerdictReached
from gate.ledger.store import Ledger
from gate.local_platform import control
from gate.local_platform.remote import Remote
from gate.model.evidence import SUITES, Category
from gate.model.plan import HealthPlan, Plans, PromotionPlan
from gate.model.premises import Premises
from gate.model.release import Release, ReleaseStatus, Slug, Stage
from gate.model.rollback import RollbackEvidence
from gate.model.subject import Subject
from gate.model.verdict import Action, Finding, Judgement, Result, Row, Verdict
from gate.repository import Repository
from tests_unit.gate.fakes.onlooker import Onlooker
from tests_unit.gate.fakes.project import Project

PREMISES = Premises("shop", "shop-staging", "shop-production")
STAGING, PRODUCTION = PREMISES.staging, PREMISES.production
CALM = Patience(total=60.0, first_pause=0.02, longest_pause=0.2)
HASTY = replace(CALM, read=0.5, attempt=0.8, total=1.5, longest_pause=0.1)
STAGES = {STAGING: Stage.STAGING, PRODUCTION: Stage.PRODUCTION}
SPEED = 5.0
PLANS = Plans(
    health=HealthPlan(path="/", release_header="", boot=30.0, timeout=2.0),
    promotion=PromotionPlan(settle=3.0 * SPEED, restore=2.0 * SPEED),
)
SERVER = """
import os, socket
server = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
while True:
    visitor = server.accept()[0]
    visitor.recv(9000)
    visitor.sendall(b"HTTP/1.0 200 OK\\r\\nContent-Length: 1\\r\\n\\r\\n%s")
    visitor.close()
"""
PROCFILE = "web: exec python -ISs server.py\nrelease: true\n"


class FastClock:
    """The machine's clock, at a multiple of its speed: waiting is shorter."""

    @property
    def boot(self) -> str:
        """That of the machine."""
        return MACHINE.boot

    def ticks(self) -> float:
        """Return the seconds since then, as this clock has it."""
        return MACHINE.ticks() * SPEED

    def wait(self, seconds: float) -> None:
        """Let so many of its seconds pass."""
        MACHINE.wait(seconds / SPEED)


@dataclass
class Canned(Onlooker):
    """An onlooker whose verdict is *promote*; *judged* is called once it is reached."""

    judged: Callable[[], None] = lambda: None

    def examine(
        self,
        run: Chronicle,
        subject: Subject,
        asked: Sequence[Category],
        way_back: RollbackEvidence | None = None,
    ) -> Verdict:
        """All passed."""
        rows = tuple(
            Row(each, Result.PASSED, "canned", Action.PROMOTE) for each in SUITES
        )
        verdict = Verdict(subject.candidate.name, Action.PROMOTE, rows, ())
        run.append(VerdictReached(run.run, now(), verdict))
        self.judged()
        return verdict


def shown(watched: Result) -> Judgement:
    """What a watch says that came to this result."""
    bad = Finding(Category.HEALTH, "health/canned", "it is bad")
    findings = (bad,) if watched is Result.FAILED else ()
    return Judgement(Category.HEALTH, watched, f"canned: {watched}", findings)


@dataclass(frozen=True)
class World:
    """One platform; *slugs* by their letters, *url* is where production serves.

    Production serves A, the baseline; staging B, the candidate. What serves answers with
    its letter.
    """

    running: control.LocalPlatform
    clean: HerokuClient
    remote: Remote
    repository: Repository
    folder: Path
    slugs: Mapping[str, Slug]
    url: str

    @classmethod
    @contextmanager
    def made(cls, folder: Path, letters: str = "AB") -> Iterator[Self]:
        """Start a platform in *folder* with a slug for each letter; stop it in the end."""
        running = control.up(folder / "home", time_scale=0.05)
        try:
            clean = HerokuClient(running.api_url, running.token, patience=CALM)
            pipeline = clean.create_pipeline(PREMISES.pipeline)
            for name, stage in STAGES.items():
                clean.couple(pipeline.id, clean.create_app(name).id, stage)
            project = Project.at(folder / "shop")
            slugs = dict(_built(clean, project, folder, letters))
            repository, url = Repository(project.root), clean.app(PRODUCTION).web_url
            yield cls(running, clean, Remote(running), repository, folder, slugs, url)
        finally:
            control.down(folder / "home")

    @property
    def old(self) -> Slug:
        """The baseline's slug."""
        return self.slugs["A"]

    @property
    def new(self) -> Slug:
        """The candidate's slug."""
        return self.slugs["B"]

    def letter(self, slug: Slug | None) -> str:
        """Return the letter of a slug; empty: it is none of these."""
        found = (each for each, one in self.slugs.items() if slug and one.id == slug.id)
        return next(found, "")

    def hasty(self) -> HerokuClient:
        """Return a client of little patience."""
        return HerokuClient(self.running.api_url, self.running.token, patience=HASTY)

    def set_back(self) -> Release:
        """Have the old slug serve in production, the new one on staging.

        Returns production's release; no fault is left.
        """
        self.remote.clear()
        self.put(STAGING, "B")
        return self.put(PRODUCTION, "A")

    def put(self, app: str, letter: str) -> Release:
        """Have an app serve a slug, unless it does so already; return the release."""
        self.quiet(app)
        live = self.clean.current_release(app)
        if live is None or live.slug != self.slugs[letter]:
            self.release(app, letter)
            live = self.clean.current_release(app)
        assert live is not None
        return live

    def release(self, app: str, letter: str) -> None:
        """Release a slug, whatever serves; wait until it has settled."""
        slug = self.slugs[letter]
        self.clean.release_slug(app, slug.id, description=f"Release {letter}")
        self.quiet(app)

    def quiet(self, app: str = PRODUCTION) -> None:
        """Wait until no release of an app is under way."""
        until(
            lambda: self.clean.releases(app, limit=1)[0].status,
            lambda status: status is not ReleaseStatus.PENDING,
            patience=60.0,
            what=app,
        )

    def wait(self, seconds: float) -> None:
        """Let so many real seconds pass."""
        MACHINE.wait(seconds)

    def newest(self, app: str = PRODUCTION) -> int:
        """Return the version of an app's newest release, whatever became of it."""
        return self.clean.releases(app, limit=1)[0].version

    def newer(self, floor: int, app: str = PRODUCTION) -> list[Release]:
        """Return an app's releases above a version, newest first."""
        found = self.clean.releases(app, limit=30)
        return [release for release in found if release.version > floor]

    def says(self) -> str:
        """Return what production answers now: a letter; empty: nothing good."""
        ends = time.monotonic() + 20.0
        while time.monotonic() < ends:
            answer = requests.get(self.url, timeout=5.0)
            if answer.ok:
                return answer.text
            time.sleep(0.05)
        return ""


def _built(
    clean: HerokuClient, project: Project, folder: Path, letters: str
) -> Iterator[tuple[str, Slug]]:
    """Build a slug for each letter: the first is production's, the last staging's."""
    order = "A" + "".join(sorted(set(letters) - {"A", "B"})) + "B"
    ledger = Ledger(folder / "before.db")
    for letter in order:
        commit = project.commit({"server.py": SERVER % letter, "Procfile": PROCFILE})
        keeper = gatekeeper(
            clean, Repository(project.root), ledger, folder, Result.PASSED
        )
        put = keeper.seed if letter == "A" else keeper.deploy
        put(commit)
        live = clean.current_release(PRODUCTION if letter == "A" else STAGING)
        assert live is not None
        assert live.slug is not None
        yield letter, live.slug
    ledger.close()


def gatekeeper(
    platform: HerokuClient,
    repository: Repository,
    ledger: Ledger,
    folder: Path,
    watched: Result,
    passed: Callable[[str], None] = lambda _: None,
) -> Gatekeeper[Canned]:
    """Return a gate whose verdict is *promote* and whose watch shows *watched*.

    *passed* is called with what has been reached: ``suites`` or ``watch``.
    """
    examiner = Canned(
        platform,
        PLANS.health,
        shown(watched),
        looks=lambda: passed("watch"),
        judged=lambda: passed("suites"),
    )
    return Gatekeeper(
        platform,
        repository,
        PREMISES,
        PLANS,
        "",
        ledger,
        folder / "gate",
        examiner,
        FastClock(),
    )
