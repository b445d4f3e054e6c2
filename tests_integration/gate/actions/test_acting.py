"""Actions: intent before, outcome after, and nobody else's work undone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gate.actions import waiting
from gate.actions.acting import Acting
from gate.actions.promote import promote
from gate.actions.roll_back import roll_back
from gate.actions.stop import settled_before, stop, take_back
from gate.errors import (
    ExitCode,
    Held,
    MovedMeanwhile,
    PlatformRefused,
    PromotionFailed,
    Unresolved,
    UsageProblem,
)
from gate.ledger.chronicle import Chronicle
from gate.ledger.records import ActionConfirmed, ActionIntended, SlugRejected
from gate.ledger.store import Ledger
from gate.model.evidence import SUITES
from gate.model.platform import Platform
from gate.model.premises import Premises
from gate.model.release import ReleaseStatus, Slug, TargetStatus
from gate.model.subject import Subject
from gate.model.verdict import Action, Judgement, Result, Verdict
from tests_integration.gate.actions.conftest import PLANS
from tests_unit.gate.fakes.town import Town

PREMISES = Premises("shop", "staging", "production")
BAD_WATCH = Judgement(SUITES[0], Result.FAILED, "3 crashes in production")


@dataclass
class Scene:
    """Production serves slug *old*; staging serves *new*, which was judged."""

    town: Town
    acting: Acting
    subject: Subject

    @property
    def told(self) -> list[str]:
        """What the ledger says was intended and confirmed."""
        return [
            f"{'did' if isinstance(r, ActionConfirmed) else 'will'} {r.deed}"
            for r in self.acting.run.ledger.records()
            if isinstance(r, ActionIntended | ActionConfirmed)
        ]

    def live(self, app: str) -> str:
        """The slug that is live on an app."""
        release = self.town.current_release(app)
        return release.slug.id if release and release.slug else ""


@pytest.fixture
def scene(tmp_path: Path, url: str) -> Iterator[Scene]:
    """A candidate that was judged, beside what it was compared with."""
    town = Town(url)
    old = town.put("production", "old")
    town.put("staging", "old")
    new = town.put("staging", "new")
    ledger = Ledger(tmp_path / "ledger.db")
    platform: Platform = town  # type: ignore[assignment]
    acting = Acting(platform, PREMISES, PLANS, Chronicle(ledger, "run-1"))
    subject = Subject("run-1", new, url, old, url)
    yield Scene(town, acting, subject)
    ledger.close()


# Promoting


def test_the_very_release_that_was_judged_is_promoted(scene: Scene) -> None:
    """By its id; the intent is in the ledger when the request leaves."""
    scene.town.before_write = lambda: check(scene.told == ["will promote"])
    release = promote(scene.acting, scene.subject)
    assert scene.town.writes == [f"promote {scene.subject.candidate.id} to production"]
    assert release.slug is not None
    assert (release.app, release.slug.id) == ("production", "new")
    assert scene.told == ["will promote", "did promote"]


def check(fact: bool) -> None:
    """Fail where a fact does not hold."""
    assert fact


@pytest.mark.parametrize("app", ["staging", "production"])
def test_what_moved_meanwhile_is_not_promoted_over(scene: Scene, app: str) -> None:
    """Somebody released on either side: nothing is written, and it is said which."""
    moved = scene.town.put(app, "somebody-elses")
    with pytest.raises(MovedMeanwhile, match=moved.name):
        promote(scene.acting, scene.subject)
    assert scene.town.writes == []
    assert scene.told == []


def test_a_lost_answer_is_looked_up_and_never_repeated(scene: Scene) -> None:
    """The promotion took place: production's own releases show it."""
    scene.town.loses = "the answer"
    release = promote(scene.acting, scene.subject)
    assert release.version == 2
    assert len(scene.town.writes) == 1
    assert scene.told == ["will promote", "did promote"]


def test_a_lost_request_stays_unresolved(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is to be seen of it: the intent stays open, and it is not sent again."""
    monkeypatch.setattr(waiting, "SETTLE", 0.3)
    scene.town.loses = "the request"
    with pytest.raises(Unresolved) as caught:
        promote(scene.acting, scene.subject)
    assert caught.value.advice
    assert len(scene.town.writes) == 1
    assert scene.told == ["will promote"]


def test_a_promotion_that_failed_leaves_the_old_release(scene: Scene) -> None:
    """With the platform's reason."""
    scene.town.target = TargetStatus.FAILED
    with pytest.raises(PromotionFailed) as caught:
        promote(scene.acting, scene.subject)
    assert caught.value.why == "release command failed"
    assert scene.live("production") == "old"


def test_another_slug_in_production_is_held(scene: Scene) -> None:
    """What came out is not what was judged: a person is needed."""
    scene.town.puts_instead = Slug("surprise", None, None)
    with pytest.raises(Held):
        promote(scene.acting, scene.subject)
    assert scene.told == ["will promote"]


def test_a_refused_promotion_is_told_as_refused(scene: Scene) -> None:
    """Nothing took place, so nothing is looked up."""
    scene.town.refuses = True
    with pytest.raises(PlatformRefused):
        promote(scene.acting, scene.subject)


def test_without_its_pipeline_nothing_is_promoted(scene: Scene) -> None:
    """It is named."""
    acting = replace(scene.acting, premises=replace(PREMISES, pipeline="nowhere"))
    with pytest.raises(UsageProblem, match="nowhere"):
        promote(acting, scene.subject)
    assert scene.town.writes == []


# Rolling back


def test_a_rollback_puts_the_slug_back_and_proves_that_it_serves(scene: Scene) -> None:
    """As a new release whose description says what it replaces, and in which run."""
    restored = roll_back(scene.acting, scene.subject.candidate, slug("old"))
    assert scene.live("staging") == "old"
    assert restored.version == 3
    assert restored.description == "gate run-1: roll back v2"
    assert scene.told == ["will roll back", "did roll back"]


def slug(name: str) -> Slug:
    """A slug of that name."""
    return Slug(name, f"SHA256:{name}", f"commit-{name}", ("web",))


def test_somebody_elses_release_is_not_undone(scene: Scene) -> None:
    """Another slug than the bad one is live: refuse, and say who released it."""
    scene.town.put("staging", "hotfix", "Deploy hotfix by ada")
    with pytest.raises(MovedMeanwhile, match="hotfix by ada"):
        roll_back(scene.acting, scene.subject.candidate, slug("old"))
    assert scene.town.writes == []
    assert scene.live("staging") == "hotfix"


def test_the_bad_slug_under_new_config_is_still_the_bad_slug(scene: Scene) -> None:
    """A config var was set meanwhile: the slug is replaced, the config stays."""
    scene.town.put("staging", "new", "Set PRICE config vars")
    restored = roll_back(scene.acting, scene.subject.candidate, slug("old"))
    assert restored.description.endswith("roll back v3")


def test_a_rollback_whose_answer_was_lost_is_found_by_its_mark(scene: Scene) -> None:
    """It is not sent twice."""
    scene.town.loses = "the answer"
    assert roll_back(scene.acting, scene.subject.candidate, slug("old")).version == 3
    assert len(scene.town.writes) == 1
    assert scene.told == ["will roll back", "did roll back"]


def test_a_rollback_whose_request_was_lost_stays_unresolved(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is to be seen of it: the intent stays open, and it is not sent again."""
    monkeypatch.setattr(waiting, "SETTLE", 0.3)
    scene.town.loses = "the request"
    with pytest.raises(Unresolved):
        roll_back(scene.acting, scene.subject.candidate, slug("old"))
    assert scene.told == ["will roll back"]


def test_a_refused_rollback_needs_a_person(scene: Scene) -> None:
    """With the command to do it by hand."""
    scene.town.refuses = True
    with pytest.raises(Held) as caught:
        roll_back(scene.acting, scene.subject.candidate, slug("old"))
    assert "heroku rollback" in caught.value.advice


def test_a_rollback_that_does_not_serve_needs_a_person(scene: Scene) -> None:
    """Putting a slug back is not enough: it has to be up."""
    scene.town.crashes = True
    with pytest.raises(Held) as caught:
        roll_back(scene.acting, scene.subject.candidate, slug("old"))
    assert "crashed" in caught.value.why


def test_a_rollback_whose_release_command_fails_needs_a_person(scene: Scene) -> None:
    """The bad release is still live, and that is said."""
    scene.town.status = ReleaseStatus.FAILED
    with pytest.raises(Held) as caught:
        roll_back(scene.acting, scene.subject.candidate, slug("old"))
    assert "staging v2 is still live" in caught.value.advice


# Stopping


def verdict(action: Action) -> Verdict:
    """A verdict with that answer."""
    return Verdict("staging v2", action, (), ())


def test_blocking_leaves_everything_as_it_is(scene: Scene) -> None:
    """The candidate stays on staging, to be looked at."""
    outcome = stop(scene.acting, scene.subject, verdict(Action.BLOCK))
    assert scene.town.writes == []
    assert "stays on staging, production is untouched" in outcome.says


def test_a_bad_candidate_is_taken_back_on_staging_alone(scene: Scene) -> None:
    """Production's slug serves there again; production is untouched."""
    outcome = stop(scene.acting, scene.subject, verdict(Action.ROLL_BACK))
    assert outcome.exit_code == ExitCode.ROLLED_BACK
    assert scene.live("staging") == "old"
    assert scene.town.apps["production"][-1].version == 1
    assert "staging v3 serves in place of staging v2" in outcome.says


def test_a_candidate_that_never_became_live_needs_no_rollback(scene: Scene) -> None:
    """Its release command failed: what was there before is still there."""
    scene.town.status = ReleaseStatus.FAILED
    failed = scene.town.put("staging", "newer")
    about = replace(scene.subject, candidate=failed)
    outcome = stop(scene.acting, about, verdict(Action.ROLL_BACK))
    assert outcome.exit_code == ExitCode.BLOCKED
    assert scene.town.writes == []
    assert "staging v2" in outcome.says


def test_with_no_good_release_before_it_there_is_nothing_to_go_back_to(
    scene: Scene,
) -> None:
    """It is blocked, and that is said."""
    del scene.town.apps["staging"][0]
    about = replace(scene.subject, baseline=None)
    outcome = stop(scene.acting, about, verdict(Action.ROLL_BACK))
    assert outcome.exit_code == ExitCode.BLOCKED
    assert scene.town.writes == []


def test_what_is_restored_is_never_the_bad_slug_itself(scene: Scene) -> None:
    """An earlier release of the same slug is not a good one before it."""
    again = scene.town.put("staging", "new", "Set PRICE config vars")
    about = replace(scene.subject, candidate=again, baseline=None)
    outcome = stop(scene.acting, about, verdict(Action.ROLL_BACK))
    assert outcome.exit_code == ExitCode.ROLLED_BACK
    assert scene.live("staging") == "old"


def test_production_that_went_bad_is_taken_back_and_its_slug_rejected(
    scene: Scene,
) -> None:
    """The rejection is in the ledger before the platform is asked."""
    promoted = promote(scene.acting, scene.subject)
    scene.town.before_write = lambda: check(bool(rejected(scene)))
    outcome = take_back(scene.acting, scene.subject, promoted, BAD_WATCH)
    assert outcome.exit_code == ExitCode.ROLLED_BACK
    assert scene.live("production") == "old"
    (record,) = rejected(scene)
    assert (record.slug, record.commit) == ("new", "commit-new")
    assert record.because == "3 crashes in production"


def rejected(scene: Scene) -> list[SlugRejected]:
    """The slugs that the ledger says are rejected."""
    records = scene.acting.run.ledger.records()
    return [record for record in records if isinstance(record, SlugRejected)]


def test_a_bad_first_production_release_needs_a_person(scene: Scene) -> None:
    """There is nothing to go back to; it is rejected all the same."""
    promoted = promote(scene.acting, scene.subject)
    first = replace(scene.subject, baseline=None)
    outcome = take_back(scene.acting, first, promoted, BAD_WATCH)
    assert outcome.exit_code == ExitCode.HELD
    assert len(rejected(scene)) == 1


def test_a_commit_in_production_is_settled_and_a_rejected_one_stays_rejected(
    scene: Scene,
) -> None:
    """Unless it is asked to be judged again, or its slug was never rejected."""
    new = "commit-new"
    settled = settled_before(scene.acting, "commit-old", again=False)
    assert settled is not None
    assert settled.exit_code == ExitCode.PASSED
    assert settled_before(scene.acting, new, again=False) is None
    promoted = promote(scene.acting, scene.subject)
    take_back(scene.acting, scene.subject, promoted, BAD_WATCH)
    refused = settled_before(scene.acting, new, again=False)
    assert refused is not None
    assert refused.exit_code == ExitCode.BLOCKED
    assert "3 crashes in production" in refused.says
    assert settled_before(scene.acting, new, again=True) is None
