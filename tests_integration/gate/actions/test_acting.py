"""Actions: intent before, outcome after, and nobody else's work undone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gate.actions.acting import Acting, Outcome
from gate.actions.pinning import pin
from gate.actions.promote import promote
from gate.actions.protocol import finish
from gate.actions.roll_back import roll_back
from gate.actions.stop import settled_before, stop
from gate.errors import (
    ExitCode,
    Held,
    MovedMeanwhile,
    PlatformRefused,
    PromotionFailed,
    Unresolved,
    UsageProblem,
)
from gate.ledger.chronicle import Chronicle, begun, now
from gate.ledger.records import (
    CandidateBound,
    SlugRejected,
)
from gate.ledger.store import Ledger
from gate.model.ending import Ending, Standing
from gate.model.platform import Platform
from gate.model.premises import Premises
from gate.model.release import ReleaseStatus, Slug, TargetStatus
from gate.model.subject import Subject
from gate.model.verdict import Action, Verdict
from tests_integration.gate.actions.conftest import PLANS
from tests_integration.gate.actions.named import Acted, name_of
from tests_unit.gate.fakes.fleeting import Fleeting
from tests_unit.gate.fakes.onlooker import BAD, Onlooker
from tests_unit.gate.fakes.town import Town

PREMISES = Premises("shop", "staging", "production")


@dataclass
class Scene:
    """Production serves slug *old*; staging serves *new*, which was judged."""

    town: Town
    acting: Acting
    subject: Subject

    @property
    def told(self) -> list[str]:
        """What the ledger says was intended, and what came of it."""
        records = self.acting.run.ledger.records()
        return [name_of(record) for record in records if isinstance(record, Acted)]

    def gone_bad(self, subject: Subject | None = None) -> Outcome:
        """Promote, and have the watch see that it is bad."""
        bound = subject or self.subject
        self.acting.run.append(CandidateBound("run-1", now(), bound))
        promote(self.acting, self.subject)
        bad = Onlooker(self.acting.platform, PLANS.health, BAD)
        return finish(replace(self.acting, examiner=bad))

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
    run, examiner = Chronicle(ledger, "run-1"), Onlooker(platform, PLANS.health)
    acting = Acting(platform, PREMISES, PLANS, run, examiner, Fleeting())
    subject = Subject("run-1", new, url, old, url, pinned=pin(acting), restore="old")
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
    assert scene.told == ["will promote", "sent promote", "did promote"]


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


def test_a_lost_request_came_to_nothing_once_it_cannot_take_effect_any_more(
    scene: Scene,
) -> None:
    """Not before: it is waited for as long as the plan says, and not sent again."""
    scene.town.loses = "the request"
    began = scene.acting.clock.ticks()
    with pytest.raises(PromotionFailed, match="never took effect"):
        promote(scene.acting, scene.subject)
    assert scene.acting.clock.ticks() >= began + PLANS.promotion.settle
    assert len(scene.town.writes) == 1
    assert scene.told == ["will promote", "failed to promote"]


def test_a_promotion_that_failed_leaves_the_old_release(scene: Scene) -> None:
    """With the platform's reason."""
    scene.town.target = TargetStatus.FAILED
    with pytest.raises(PromotionFailed) as caught:
        promote(scene.acting, scene.subject)
    assert caught.value.why == "release command failed"
    assert scene.live("production") == "old"
    assert scene.told == ["will promote", "sent promote", "failed to promote"]


def test_another_slug_in_production_is_held(scene: Scene) -> None:
    """What came out is not what was judged: a person is needed."""
    scene.town.puts_instead = Slug("surprise", None, None)
    with pytest.raises(Held):
        promote(scene.acting, scene.subject)
    assert scene.told == ["will promote", "sent promote"]


def test_a_refused_promotion_is_told_as_refused(scene: Scene) -> None:
    """Nothing took place, so nothing is looked up."""
    scene.town.refuses = True
    with pytest.raises(PlatformRefused):
        promote(scene.acting, scene.subject)
    assert scene.told == ["will promote", "failed to promote"]


def test_without_its_pipeline_nothing_is_bound_and_nothing_promoted(
    scene: Scene,
) -> None:
    """It is named."""
    acting = replace(scene.acting, premises=replace(PREMISES, pipeline="nowhere"))
    with pytest.raises(UsageProblem, match="nowhere"):
        pin(acting)
    with pytest.raises(MovedMeanwhile, match="pipeline changed") as caught:
        promote(acting, scene.subject)
    assert "nowhere" in caught.value.why
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


def test_a_rollback_whose_request_was_lost_is_asked_for_again(scene: Scene) -> None:
    """With a mark of its own: users sit on the bad release, and both restore the same."""
    scene.town.loses = "the request"
    restored = roll_back(scene.acting, scene.subject.candidate, slug("old"))
    assert restored.description == "gate run-1: roll back v2 (request 2)"
    assert scene.told == ["will roll back", "will roll back", "did roll back"]


def test_a_rollback_that_is_lost_every_time_is_unresolved_in_the_end(
    scene: Scene,
) -> None:
    """After as long as the plan says that it is tried for; the intents stay open."""
    scene.town.before_write = lambda: setattr(scene.town, "loses", "the request")
    began = scene.acting.clock.ticks()
    with pytest.raises(Unresolved) as caught:
        roll_back(scene.acting, scene.subject.candidate, slug("old"))
    assert "gate resume" in caught.value.advice
    assert scene.acting.clock.ticks() >= began + PLANS.promotion.restore
    assert set(scene.told) == {"will roll back"}


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
    scene.town.before_write = lambda: check(
        bool(rejected(scene)) is bool(scene.town.writes)
    )
    outcome = scene.gone_bad()
    assert outcome.exit_code == ExitCode.ROLLED_BACK
    assert scene.live("production") == "old"
    (record,) = rejected(scene)
    assert (record.slug, record.commit) == ("new", "commit-new")
    assert record.because == "3 crashes in production"
    assert len(scene.town.writes) == 2


def rejected(scene: Scene) -> list[SlugRejected]:
    """The slugs that the ledger says are rejected."""
    records = scene.acting.run.ledger.records()
    return [record for record in records if isinstance(record, SlugRejected)]


def test_a_bad_first_production_release_needs_a_person(scene: Scene) -> None:
    """There is nothing to go back to; it is rejected all the same."""
    with pytest.raises(Held, match="no good release before it"):
        scene.gone_bad(replace(scene.subject, baseline=None, restore=""))
    assert len(rejected(scene)) == 1
    assert scene.live("production") == "new"


def test_a_commit_in_production_is_settled_and_a_rejected_one_stays_rejected(
    scene: Scene,
) -> None:
    """Unless it is asked to be judged again, or its slug was never rejected."""
    new = "commit-new"
    settled = settled_before(scene.acting, "commit-old", again=False)
    assert settled is not None
    assert settled.exit_code == ExitCode.PASSED
    assert settled_before(scene.acting, new, again=False) is None
    scene.gone_bad()
    refused = settled_before(scene.acting, new, again=False)
    assert refused is not None
    assert refused.exit_code == ExitCode.BLOCKED
    assert "3 crashes in production" in refused.says
    assert settled_before(scene.acting, new, again=True) is None


def test_a_commit_that_was_kept_in_the_end_is_not_rejected_any_more(
    scene: Scene,
) -> None:
    """The last word counts: it had been judged once more, and was promoted."""
    scene.gone_bad()
    kept = begun(scene.acting.run.ledger, "promote", PREMISES, "commit-new")
    standing = Standing.NEW_SERVES
    kept.close(Ending(kept.run, ExitCode.PASSED, "promoted", standing=standing))
    assert settled_before(scene.acting, "commit-new", again=False) is None
