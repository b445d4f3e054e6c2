"""A rehearsal on staging: the old release is looked at, and the candidate comes back."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gate.actions import waiting
from gate.actions.acting import Acting
from gate.actions.rehearse import rehearse, what_calls_for_it
from gate.actions.restart import start_alike
from gate.actions.way_back import find_way_back
from gate.errors import MovedMeanwhile, PlatformUnavailable
from gate.ledger.chronicle import Chronicle
from gate.ledger.records import ActionConfirmed, ActionFailed, ActionIntended
from gate.model.plan import PromotionPlan
from gate.model.platform import Platform
from gate.model.release import Release, ReleaseStatus, Slug
from gate.model.rollback import Rehearsal
from gate.model.subject import Subject
from gate.repository import Repository
from tests_integration.gate.actions.conftest import PAIRED, PLANS
from tests_unit.gate.fakes.onlooker import Onlooker
from tests_unit.gate.fakes.project import Project
from tests_unit.gate.fakes.town import Town

BACK, FORTH = "release old on staging", "release new on staging"


@dataclass
class Checker(Onlooker):
    """An examiner whose *own_checks* do as told, and note what they were run on."""

    does: Callable[[], tuple[str, ...]] = tuple
    checked: list[Subject] = field(default_factory=list)

    def own_checks(self, run: Chronicle, subject: Subject) -> tuple[str, ...]:
        self.checked.append(subject)
        return self.does()


@dataclass
class Scene:
    """Production runs *old*, staging the candidate *new*."""

    town: Town
    acting: Acting
    checker: Checker

    def run(self) -> tuple[Rehearsal, Release]:
        """Rehearse."""
        return rehearse(self.acting, live(self.town, "production"), self.candidate)

    @property
    def candidate(self) -> Release:
        """What is live on staging."""
        return live(self.town, "staging")

    def serves(self, app: str) -> str:
        """The slug that is live on an app."""
        slug = live(self.town, app).slug
        return slug.id if slug else ""


def live(town: Town, app: str) -> Release:
    """What is live on an app."""
    release = town.current_release(app)
    assert release is not None
    return release


@pytest.fixture
def scene(town: Town, acting: Acting) -> Scene:
    """A town in which a rollback is rehearsed."""
    checker = Checker(acting.platform, PLANS.health)
    return Scene(town, replace(acting, examiner=checker), checker)


def test_the_old_release_is_checked_and_the_candidate_comes_back(scene: Scene) -> None:
    """Both ways timed; its own checks see it on staging, beside the baseline app."""
    rehearsal, now = scene.run()
    assert scene.town.writes == [BACK, FORTH]
    assert (now.name, scene.serves("staging")) == ("staging v3", "new")
    back, forth = rehearsal.back, rehearsal.forth
    assert back is not None
    assert forth is not None
    assert (back.release, back.commit, back.serves) == (
        "staging v2",
        "commit-old",
        True,
    )
    assert (forth.release, forth.commit, forth.serves) == (
        "staging v3",
        "commit-new",
        True,
    )
    assert (back.troubles, rehearsal.broken) == ((), "")
    assert min(back.seconds, forth.seconds) >= 0
    (subject,) = scene.checker.checked
    assert (subject.candidate.name, subject.commit) == ("staging v2", "commit-old")
    assert subject.baseline == live(scene.town, "production")
    assert subject.control_app == "baseline"
    assert scene.serves("production") == "old"


def test_each_write_is_intended_first_and_bears_a_mark_of_its_own(scene: Scene) -> None:
    """By which a request whose answer was lost is found again."""
    scene.run()
    records = scene.acting.journal().records
    assert [type(r) for r in records] == [ActionIntended, ActionConfirmed] * 2
    assert {getattr(r, "deed", "") for r in records} == {"rehearse"}
    marks = [each.description for each in scene.town.apps["staging"][1:]]
    assert len(set(marks)) == 2
    assert all(mark.startswith("gate run-1: rehearsal") for mark in marks)


def test_what_its_own_checks_say_speaks_against_the_way_back(scene: Scene) -> None:
    """The candidate comes back all the same."""
    scene.checker.does = lambda: ("contract/server-error: GET /items",)
    rehearsal, _ = scene.run()
    assert rehearsal.back is not None
    assert rehearsal.back.troubles == ("contract/server-error: GET /items",)
    assert scene.serves("staging") == "new"


@pytest.mark.parametrize("refused", [True, False])
def test_an_old_slug_that_cannot_be_released_is_the_finding(
    scene: Scene, refused: bool
) -> None:
    """Refused, or its release command fails: staging never left the candidate."""

    def on_the_way_back() -> None:
        scene.town.refuses = refused
        scene.town.status = ReleaseStatus.FAILED

    scene.town.before_write = on_the_way_back
    rehearsal, now = scene.run()
    assert scene.town.writes == [BACK]
    assert (now.name, scene.serves("staging")) == ("staging v1", "new")
    assert rehearsal.broken == ""
    assert rehearsal.back is not None
    assert not rehearsal.back.serves
    why = "refused" if refused else "its release command failed"
    assert why in rehearsal.back.seen
    assert rehearsal.forth is not None
    assert rehearsal.forth.serves
    assert scene.checker.checked == []
    failed = [r for r in scene.acting.journal().records if isinstance(r, ActionFailed)]
    assert len(failed) == refused


@pytest.mark.parametrize("ends", [KeyboardInterrupt, RuntimeError])
def test_whatever_breaks_it_off_staging_comes_back(
    scene: Scene, ends: type[BaseException]
) -> None:
    """An interrupt, or a defect, in the middle of the checks."""

    def broken_off() -> tuple[str, ...]:
        assert scene.serves("staging") == "old"
        raise ends("now")

    scene.checker.does = broken_off
    with pytest.raises(ends, match="now"):
        scene.run()
    assert scene.serves("staging") == "new"


def test_an_interrupt_on_the_way_forth_does_not_leave_the_old_release(
    scene: Scene,
) -> None:
    """The first one is settled: the candidate's slug is released all the same."""
    interrupts = iter([None, KeyboardInterrupt("now")])

    def before_write() -> None:
        if (interrupt := next(interrupts, None)) is not None:
            raise interrupt

    scene.town.before_write = before_write
    with pytest.raises(KeyboardInterrupt):
        scene.run()
    assert scene.town.writes == [BACK, FORTH]
    assert scene.serves("staging") == "new"


def test_a_platform_that_is_silent_for_a_moment_is_asked_again(scene: Scene) -> None:
    """Staging is not left on the old release for that."""
    silent = iter([True] * 3)

    class Mumbling(Town):
        def releases(self, app: str, *, limit: int = 50) -> tuple[Release, ...]:
            if self.writes == [BACK] and scene.checker.checked and next(silent, False):
                raise PlatformUnavailable("no answer")
            return super().releases(app, limit=limit)

    town = Mumbling(scene.town.url, scene.town.apps)
    platform: Platform = town  # type: ignore[assignment]
    scene.checker.platform = platform
    there = replace(scene.acting, platform=platform)
    rehearsal, _ = rehearse(there, live(town, "production"), scene.candidate)
    assert rehearsal.broken == ""
    assert next(silent, None) is None
    assert town.writes == [BACK, FORTH]


def test_checks_that_cannot_tell_leave_it_untold(scene: Scene) -> None:
    """Nobody's regression, and no pass; the candidate is back."""

    def cannot_tell() -> tuple[str, ...]:
        raise PlatformUnavailable("its own checks could not tell", why="they broke")

    scene.checker.does = cannot_tell
    rehearsal, now = scene.run()
    assert rehearsal.back is None
    assert rehearsal.broken == "its own checks could not tell: they broke"
    assert now == live(scene.town, "staging")
    assert scene.serves("staging") == "new"


def test_somebody_elses_release_on_staging_is_not_undone(scene: Scene) -> None:
    """Whoever releases there meanwhile keeps it, and the run ends."""

    def deploys() -> tuple[str, ...]:
        scene.town.put("staging", "hotfix")
        return ()

    scene.checker.does = deploys
    with pytest.raises(MovedMeanwhile, match="staging v3 was released"):
        scene.run()
    assert scene.serves("staging") == "hotfix"
    assert scene.town.writes == [BACK]


def test_a_candidate_that_cannot_come_back_is_said(scene: Scene) -> None:
    """What staging runs now, why, and what helps."""

    def from_now_on() -> tuple[str, ...]:
        scene.town.refuses = True
        return ()

    scene.checker.does = from_now_on
    with pytest.raises(PlatformUnavailable, match="may still run the slug") as caught:
        scene.run()
    assert "refused the release of slug new" in caught.value.why
    assert "promote again" in caught.value.advice


def test_a_candidate_whose_release_command_fails_on_the_way_forth_is_told(
    scene: Scene,
) -> None:
    """It is what is judged next, and cannot pass: the old release is live."""

    def from_now_on() -> tuple[str, ...]:
        scene.town.status = ReleaseStatus.FAILED
        return ()

    scene.checker.does = from_now_on
    rehearsal, now = scene.run()
    assert rehearsal.forth is not None
    assert not rehearsal.forth.serves
    assert (now.name, now.status) == ("staging v3", ReleaseStatus.FAILED)


def test_a_candidate_that_does_not_serve_is_not_left(scene: Scene) -> None:
    """There would be nothing to come back to; the suites say what is wrong with it."""
    scene.town.crashes = True
    rehearsal, now = scene.run()
    assert (rehearsal.back, rehearsal.forth) == (None, None)
    assert "nothing to come back to" in rehearsal.broken
    assert now == scene.candidate
    assert scene.town.writes == []


@pytest.mark.parametrize("way", [BACK, FORTH])
def test_a_lost_answer_is_looked_up_and_never_repeated(scene: Scene, way: str) -> None:
    """The release bears the mark of the request."""
    town = scene.town
    count = [BACK, FORTH].index(way)

    def lose() -> None:
        town.loses = "the answer" if len(town.writes) == count else ""

    town.before_write = lose
    rehearsal, _ = scene.run()
    assert town.writes == [BACK, FORTH]
    assert rehearsal.broken == ""
    assert scene.serves("staging") == "new"


def test_a_lost_request_leaves_it_untold(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staging never left the candidate: nothing is sent to bring it back."""
    monkeypatch.setattr(waiting, "SETTLE", 0.2)
    scene.town.loses = "the request"
    rehearsal, now = scene.run()
    assert scene.town.writes == [BACK]
    assert "its answer was lost" in rehearsal.broken
    assert now == scene.candidate


def test_nobody_is_measured_with_the_dynos_of_before(scene: Scene) -> None:
    """A baseline that was aligned for the rehearsal has served through it."""
    scene.town.put("baseline", "other")
    _, now = scene.run()
    assert "release old on baseline" in scene.town.writes
    start_alike(scene.acting, live(scene.town, "baseline"), now)
    assert scene.town.restarts == ["baseline"]


def test_without_a_baseline_app_it_is_held_against_its_own_word_alone(
    scene: Scene,
) -> None:
    """Nothing runs beside it; its own tests and document are left."""
    alone = replace(scene.acting, premises=replace(PAIRED, baseline=""))
    rehearse(alone, live(scene.town, "production"), scene.candidate)
    (subject,) = scene.checker.checked
    assert (subject.control_url, subject.control_app) == ("", "")


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "compared"),
    [
        ("DATABASE_URL", "postgres://u:p@h/d", "postgres://u:p@h/d", False),
        ("STORE", "postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d", False),
        ("DATABASE", "/srv/items.db", "/srv/items.db", False),
        ("DATABASE_URL", "postgres://u:p@h/d", "postgres://u:p@h/e", True),
        ("PRICING_URL", "https://pricing", "https://pricing", True),
    ],
)
def test_a_baseline_app_on_the_same_database_excuses_nothing(
    scene: Scene, name: str, ours: str, theirs: str, compared: bool
) -> None:
    """It would fail on the new schema alike; no value of theirs is recorded."""
    scene.town.config = {"staging": {name: ours}, "baseline": {name: theirs}}
    scene.run()
    (subject,) = scene.checker.checked
    assert bool(subject.control_url) == compared
    assert ours not in str(scene.acting.journal().records)


# When it is due


@dataclass
class Change:
    """Two commits: production's, and the candidate's."""

    project: Project
    repository: Repository
    old: str

    def calls_for(self, acting: Acting, *paths: str) -> tuple[str, ...]:
        """Change these files, and return what of them calls for a rehearsal."""
        new = self.project.commit(dict.fromkeys(paths, "changed\n"))
        old = commit_of(acting, "production", self.old)
        return what_calls_for_it(
            acting, self.repository, old, commit_of(acting, "staging", new)
        )


def commit_of(acting: Acting, app: str, commit: str) -> Release:
    """An app's live release, as one of that commit."""
    release = acting.platform.current_release(app)
    assert release is not None
    return replace(release, slug=Slug("s", None, commit or None))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Change:
    """A repository whose app lies in a folder of its own."""
    project = Project.at(tmp_path_factory.mktemp("clone") / "shop")
    old = project.commit({"shop/Procfile": "web: shop\n"})
    return Change(project, Repository(project.root, "shop"), old)


@pytest.mark.parametrize(
    ("path", "due"),
    [
        ("shop/Procfile", True),
        ("shop/requirements-web.txt", True),
        ("shop/uv.lock", True),
        ("shop/migrations/0002.py", True),
        ("shop/orders/migrations/versions/0002.py", True),
        ("shop/orders/prices.py", False),
        ("shop/docs/Procfile", False),
        ("Procfile", False),
    ],
)
def test_migrations_processes_runtime_and_dependencies_call_for_it(
    repository: Change, acting: Acting, path: str, due: bool
) -> None:
    """Of the app's own folder, and of nothing else in the repository."""
    repository.project.git("checkout", "--quiet", "--detach", repository.old)
    found = repository.calls_for(acting, path, "README.md")
    assert found == ((path.removeprefix("shop/"),) if due else ())


def test_a_team_may_call_for_it_by_other_files_or_never(
    repository: Change, acting: Acting
) -> None:
    """The globs are settings; without any nothing is ever due."""
    repository.project.git("checkout", "--quiet", "--detach", repository.old)
    for globs, due in (("*.sql",), ("data/add.sql",)), ((), ()):
        promotion = PromotionPlan(rehearse=globs)
        plans = replace(acting.plans, promotion=promotion)
        asked = replace(acting, plans=plans)
        found = repository.calls_for(asked, "shop/data/add.sql", "shop/Procfile")
        assert found == due


@pytest.mark.parametrize("commit", ["", "0" * 40])
def test_a_change_that_cannot_be_told_calls_for_it(
    repository: Change, acting: Acting, commit: str
) -> None:
    """Production's commit is not known, or not in this clone: that is the reason."""
    unknown = replace(repository, old=commit)
    (reason,) = unknown.calls_for(acting, "shop/prices.py")
    assert "not in this clone" in reason


@pytest.mark.parametrize(
    ("on_staging", "in_production", "asked", "rehearsed"),
    [
        ("new", "old", False, True),
        ("new", "old", True, True),
        ("old", "old", True, False),
        ("new", "", True, False),
    ],
)
def test_two_different_slugs_are_rehearsed_and_nothing_else(
    town: Town,
    acting: Acting,
    tmp_path: Path,
    on_staging: str,
    in_production: str,
    asked: bool,
    rehearsed: bool,
) -> None:
    """Not the same slug, and not without a release in production, even when asked."""
    town.apps.clear()
    town.put("staging", on_staging)
    if in_production:
        town.put("production", in_production)
    alone = replace(PAIRED, baseline="")
    checker = Checker(acting.platform, PLANS.health)
    there = replace(acting, premises=alone, examiner=checker)
    empty = Repository(Project.at(tmp_path / "clone").root)  # what changed is unknown
    found = find_way_back(there, empty, live(town, "staging"), asked=asked)
    assert (found.way_back.rehearsal is not None) == rehearsed
    assert bool(found.way_back.calls_for) == rehearsed
    assert town.writes == ([BACK, FORTH] if rehearsed else [])
    assert found.candidate == live(town, "staging")
