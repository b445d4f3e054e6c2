"""Promoting and rolling back while a real platform fails: done once, and found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from gate.actions import roll_back as rolling_back
from gate.actions import waiting
from gate.actions.acting import Acting
from gate.actions.bind import bind
from gate.actions.deploy import deploy
from gate.actions.pinning import pin
from gate.actions.promote import promote
from gate.actions.roll_back import roll_back
from gate.errors import (
    PlatformRefused,
    PlatformUnavailable,
    PromotionFailed,
    Unresolved,
)
from gate.heroku import HerokuClient, Patience, WriteUnconfirmed
from gate.ledger.chronicle import Chronicle
from gate.ledger.records import ActionConfirmed, ActionFailed, ActionIntended
from gate.ledger.store import Ledger
from gate.local_platform import control
from gate.local_platform.control import LocalPlatform
from gate.local_platform.remote import Remote
from gate.model.plan import HealthPlan, Plans, PromotionPlan
from gate.model.premises import Premises
from gate.model.release import Release, ReleaseStatus, Slug, Stage
from gate.model.subject import Subject
from gate.repository import Repository
from tests_integration.gate.actions.named import name_of
from tests_unit.gate.fakes.built import built
from tests_unit.gate.fakes.onlooker import Onlooker
from tests_unit.gate.fakes.project import Project

T = TypeVar("T")
STAGING, PRODUCTION, BASELINE = "shop-staging", "shop-production", "shop-baseline"
BRISK = Patience(total=60.0, first_pause=0.02, longest_pause=0.2)
HASTY = replace(BRISK, read=0.4)
SHORT = replace(BRISK, total=1.0)
PLANS = Plans(
    health=HealthPlan(release_header="", boot=20.0, timeout=5.0),
    promotion=PromotionPlan(settle=2.0, restore=2.0),
)
FILES = {
    "Procfile": "web: python -m http.server --bind 127.0.0.1 $PORT\nrelease: true\n"
}
SOURCE = {name: text.encode() for name, text in FILES.items()}


def until(read: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """Read until it is as wanted; fails with what it was at last."""
    return waiting.until(read, wanted, patience=30.0, what="the scene")


@dataclass(frozen=True)
class Scene:
    """Production serves one slug, staging another that was judged; faults at hand."""

    client: HerokuClient
    faults: Remote
    acting: Acting
    subject: Subject
    running: LocalPlatform

    def with_patience(self, patience: Patience) -> Acting:
        """The same, by another client."""
        client = HerokuClient(
            self.running.api_url, self.running.token, patience=patience
        )
        onlooker = Onlooker(client, PLANS.health)
        return replace(self.acting, platform=client, examiner=onlooker)

    @property
    def old(self) -> Slug:
        """What production served."""
        assert self.subject.baseline is not None
        assert self.subject.baseline.slug is not None
        return self.subject.baseline.slug

    @property
    def told(self) -> list[str]:
        """What the ledger says was intended, and what came of it."""
        return [
            name_of(r)
            for r in self.acting.run.ledger.records()
            if isinstance(r, ActionIntended | ActionConfirmed | ActionFailed)
        ]

    def newer(self) -> list[Release]:
        """Production's releases since the scene was set."""
        floor = self.subject.baseline.version if self.subject.baseline else 0
        return [r for r in self.client.releases(PRODUCTION) if r.version > floor]

    def struck(self) -> int:
        """How often all faults struck."""
        return sum(fault["struck"] for fault in self.faults.faults())


def settled(client: HerokuClient, app: str, release: str | int) -> Release:
    """A release, once it is no longer pending."""
    return until(
        lambda: client.release(app, release),
        lambda now: now.status is not ReleaseStatus.PENDING,
    )


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """A platform with a pipeline whose staging app has two slugs."""
    folder = tmp_path_factory.mktemp("platform")
    running = control.up(folder / "home", time_scale=0.1)
    try:
        client = HerokuClient(running.api_url, running.token, patience=BRISK)
        pipeline = client.create_pipeline("shop")
        for name, stage in ((STAGING, Stage.STAGING), (PRODUCTION, Stage.PRODUCTION)):
            client.couple(pipeline.id, client.create_app(name).id, stage)
        client.create_app(BASELINE)
        for commit in ("1" * 40, "2" * 40):
            built(client, STAGING, SOURCE, commit, folder, patience=30.0)
        yield running
    finally:
        control.down(folder / "home")


@pytest.fixture
def scene(platform: LocalPlatform, tmp_path: Path) -> Iterator[Scene]:
    """Production is back on the first slug; no fault is asked for."""
    client = HerokuClient(platform.api_url, platform.token, patience=BRISK)
    candidate = client.current_release(STAGING)
    first = next(r.slug for r in client.releases(STAGING)[::-1] if r.slug)
    put = client.release_slug(PRODUCTION, first.id, description="Set the scene")
    baseline = settled(client, PRODUCTION, put.version)
    assert candidate is not None
    ledger = Ledger(tmp_path / "ledger.db")
    premises = Premises("shop", STAGING, PRODUCTION)
    run, onlooker = Chronicle(ledger, tmp_path.name), Onlooker(client, PLANS.health)
    acting = Acting(client, premises, PLANS, run, onlooker)
    pinned = pin(acting)
    subject = Subject("run", candidate, "", baseline, "", pinned=pinned)
    remote = Remote(platform)
    yield Scene(client, remote, acting, subject, platform)
    remote.clear()
    ledger.close()


# Deploying


@pytest.mark.parametrize("kind", ["reset-after", "half-body"])
def test_a_build_whose_answer_is_lost_is_found(
    scene: Scene, tmp_path: Path, kind: str
) -> None:
    """It is waited for and not asked for again: staging has one release more."""
    before = scene.client.current_release(STAGING)
    assert before is not None
    project = Project.at(tmp_path / "shop")
    commit = project.commit(FILES)
    scene.faults.add(kind, on="POST /apps/*/builds")
    repository = Repository.around(project.root)
    release = deploy(scene.acting, repository, STAGING, commit, scratch=tmp_path)
    assert (release.version, release.commit) == (before.version + 1, commit)
    assert scene.struck() == 1


# Binding


@pytest.mark.parametrize("kind", ["reset-after", "502-after", "reset-before"])
def test_both_arms_are_younger_than_the_run_though_an_answer_is_lost(
    scene: Scene, kind: str
) -> None:
    """Both slugs were there already: restarted, asked again; production goes on."""
    premises = replace(scene.acting.premises, baseline=BASELINE)
    acting = replace(scene.acting, premises=premises)
    apps, dynos = (BASELINE, STAGING, PRODUCTION), scene.client.dynos
    bind(acting, scene.subject.candidate, policy_digest="")
    before = {dyno.id: app for app in apps for dyno in dynos(app)}
    scene.faults.add(kind, on="DELETE /apps/*/dynos", times=2)
    later = replace(acting, run=replace(acting.run, run="later"))
    bind(later, scene.subject.candidate, policy_digest="")
    found = [before.get(dyno.id) for app in apps for dyno in dynos(app)]
    assert found == [None, None, PRODUCTION]
    assert scene.struck() == 2


# Promoting


@pytest.mark.parametrize("kind", ["reset-after", "502-after", "half-body"])
def test_a_promotion_whose_answer_is_lost_is_found(scene: Scene, kind: str) -> None:
    """It is adopted and not repeated: production has one release more."""
    scene.faults.add(kind, on="POST /pipeline-promotions")
    release = promote(scene.acting, scene.subject)
    assert release.slug == scene.subject.candidate.slug
    assert [r.id for r in scene.newer()] == [release.id]
    assert scene.struck() == 1
    assert scene.told == ["will promote", "did promote"]


def test_a_promotion_that_comes_after_we_gave_up_is_found(scene: Scene) -> None:
    """The call takes effect long after its client stopped waiting for the answer."""
    scene.faults.add("delay", on="POST /pipeline-promotions", seconds=1.2)
    long = replace(PLANS, promotion=PromotionPlan(settle=20.0))
    acting = replace(scene.with_patience(HASTY), plans=long)
    release = promote(acting, scene.subject)
    assert [r.id for r in scene.newer()] == [release.id]
    assert scene.told == ["will promote", "did promote"]


@pytest.mark.parametrize("kind", ["reset-before", "502", "hang"])
def test_a_promotion_that_never_happened_is_not_repeated(
    scene: Scene, kind: str
) -> None:
    """Though a second request would be answered; once it cannot come it is told so."""
    scene.faults.add(kind, on="POST /pipeline-promotions")
    with pytest.raises(PromotionFailed, match="never took effect"):
        promote(scene.with_patience(HASTY), scene.subject)
    assert scene.newer() == []
    assert scene.struck() == 1
    assert scene.told == ["will promote", "failed to promote"]


def test_a_promotion_goes_through_bursts_of_the_rate_limit(scene: Scene) -> None:
    """429 was never executed, so that even the write is sent again."""
    scene.faults.add("429", times=4)
    scene.faults.add("429", on="POST /pipeline-promotions", times=3)
    release = promote(scene.acting, scene.subject)
    assert [r.id for r in scene.newer()] == [release.id]
    assert scene.struck() == 7


@pytest.mark.parametrize("kind", ["502", "reset-before", "half-body", "hang"])
def test_a_promotion_reads_on_while_reads_fail(scene: Scene, kind: str) -> None:
    """Every other read fails for a while, in a way that says nothing."""
    scene.faults.add(kind, on="GET *", times=5, probability=0.5, seed=3)
    release = promote(scene.with_patience(HASTY), scene.subject)
    assert [r.id for r in scene.newer()] == [release.id]
    assert scene.struck() > 1
    assert scene.told == ["will promote", "did promote"]


@pytest.mark.parametrize("kind", ["429", "503"])
def test_a_promotion_that_cannot_be_followed_is_found_all_the_same(
    scene: Scene, kind: str
) -> None:
    """It was accepted: that nothing is said of it any more is no refusal."""
    scene.faults.add(kind, on="GET /pipeline-promotions/**", times=0)
    release = promote(scene.with_patience(SHORT), scene.subject)
    assert [r.id for r in scene.newer()] == [release.id]
    assert scene.told == ["will promote", "did promote"]


@pytest.mark.parametrize("kind", ["promotion-fail", "release-fail"])
def test_a_promotion_that_fails_leaves_production_as_it_was(
    scene: Scene, kind: str
) -> None:
    """The platform says why."""
    scene.faults.add(kind, app=PRODUCTION)
    with pytest.raises(PromotionFailed):
        promote(scene.acting, scene.subject)
    live, before = scene.client.current_release(PRODUCTION), scene.subject.baseline
    assert live is not None
    assert before is not None
    assert live.id == before.id


# Rolling back


@pytest.fixture
def bad(scene: Scene) -> Release:
    """The candidate, promoted, and bad."""
    return promote(scene.acting, scene.subject)


@pytest.mark.parametrize("kind", ["reset-after", "502-after", "half-body"])
def test_a_rollback_whose_answer_is_lost_is_found(
    scene: Scene, bad: Release, kind: str
) -> None:
    """By its mark; it is not repeated, and it serves."""
    scene.faults.add(kind, on="POST /apps/*/releases")
    restored = roll_back(scene.acting, bad, scene.old)
    assert [r.id for r in scene.newer()] == [restored.id, bad.id]
    assert restored.slug == scene.old
    assert scene.told[2:] == ["will roll back", "did roll back"]


def test_a_rollback_that_comes_after_we_gave_up_is_found(
    scene: Scene, bad: Release
) -> None:
    """It is looked for until it should have shown."""
    scene.faults.add("delay", on="POST /apps/*/releases", seconds=1.2)
    restored = roll_back(scene.with_patience(HASTY), bad, scene.old)
    assert [r.id for r in scene.newer()] == [restored.id, bad.id]
    assert scene.told[2:] == ["will roll back", "did roll back"]


def test_a_rollback_that_never_happened_is_asked_for_again(
    scene: Scene, bad: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a request with a mark of its own, once the first has not shown for a while."""
    monkeypatch.setattr(rolling_back, "LOOK_FOR", 0.3)
    scene.faults.add("reset-before", on="POST /apps/*/releases")
    restored = roll_back(scene.acting, bad, scene.old)
    assert [r.id for r in scene.newer()] == [restored.id, bad.id]
    assert restored.description.endswith("(request 2)")
    assert scene.told[2:] == ["will roll back", "will roll back", "did roll back"]


def test_a_rollback_whose_outcome_cannot_be_read_is_unresolved(
    scene: Scene, bad: Release
) -> None:
    """It took place: that is another end than not being able to decide."""
    path = f"GET /apps/{PRODUCTION}/releases/*"
    scene.faults.add("503", on=path, times=0)
    with pytest.raises(Unresolved, match="new release"):
        roll_back(scene.with_patience(SHORT), bad, scene.old)
    assert len(scene.newer()) == 2


@pytest.mark.parametrize("path", ["GET /apps/*", "GET /apps/*/dynos"])
def test_a_rollback_that_cannot_be_seen_to_serve_is_unresolved(
    scene: Scene, bad: Release, path: str
) -> None:
    """It is in the ledger as done, and it is not said that it does not serve."""
    scene.faults.add("503", on=path, times=0)
    with pytest.raises(Unresolved, match="whether it serves"):
        roll_back(scene.with_patience(SHORT), bad, scene.old)
    assert scene.told[2:] == ["will roll back", "did roll back"]


# Single calls


@pytest.mark.parametrize(
    ("kind", "happened"),
    [
        ("500", False),
        ("503", False),
        ("reset-before", False),
        ("hang", False),
        ("502-after", True),
        ("reset-after", True),
        ("half-body", True),
    ],
)
def test_a_write_without_an_answer_is_sent_once_and_told_as_unconfirmed(
    scene: Scene, kind: str, happened: bool
) -> None:
    """Whether it happened only the platform knows."""
    fault = scene.faults.add(kind, on="PATCH /apps/*/config-vars", times=0)
    client = scene.with_patience(HASTY).platform
    with pytest.raises(WriteUnconfirmed):
        client.set_config_vars(STAGING, {kind.upper().replace("-", "_"): "x"})
    assert scene.faults.clear(fault["id"])[0]["struck"] == 1
    found = client.config_vars(STAGING)
    assert (kind.upper().replace("-", "_") in found) is happened


def test_a_rate_limit_that_stays_is_a_refusal(scene: Scene) -> None:
    """Within the client's patience, and nothing was done."""
    scene.faults.add("429", on="PATCH *", times=0)
    # Its last request is given up a second after it was sent, and not sooner.
    twice = replace(BRISK, total=3.0, first_pause=2.0, longest_pause=60.0)
    client = scene.with_patience(twice).platform
    with pytest.raises(PlatformRefused) as caught:
        client.set_config_vars(STAGING, {"LIMITED": "x"})
    assert caught.value.error_id == "rate_limit"
    assert "LIMITED" not in client.config_vars(STAGING)


def test_an_answer_that_trickles_in_ends_at_the_deadline(scene: Scene) -> None:
    """A few bytes now and then are no sign of life for ever."""
    scene.faults.add("slow-body", on="GET /apps/*", times=0, seconds=0.1)
    slow = replace(BRISK, attempt=0.5, total=1.0)
    with pytest.raises(PlatformUnavailable, match="in time"):
        scene.with_patience(slow).platform.app(STAGING)


def test_a_log_that_is_cut_is_no_log_that_ended(scene: Scene) -> None:
    """Whoever watches learns that something is missing."""
    with scene.client.open_log(PRODUCTION) as lines:
        scene.faults.add("log-drop", app=PRODUCTION)
        scene.client.set_config_vars(PRODUCTION, {"HEARD": "x"})
        with pytest.raises(PlatformUnavailable):
            list(lines)
