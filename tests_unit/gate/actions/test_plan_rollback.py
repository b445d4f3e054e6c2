"""The way back is planned before anything is changed: to what, and against what."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from gate.actions.acting import Acting, Examiner
from gate.actions.choosing import earlier, release_to_restore, speaks_against
from gate.actions.plan_rollback import plan_back, plan_rollback
from gate.errors import NotFound, PlatformUnavailable, UsageProblem
from gate.ledger.chronicle import Chronicle
from gate.ledger.encoding import to_json
from gate.ledger.known_slugs import Doubt, KnownSlugs
from gate.ledger.records import SlugRejected
from gate.ledger.store import Ledger
from gate.model.evidence import BarrierEvidence
from gate.model.plan import Plans
from gate.model.platform import Platform
from gate.model.premises import Premises
from gate.model.release import Release, ReleaseStatus, Slug
from gate.model.rollback import RollbackPlan, WayBack
from gate.reports.rollback_plan import PLAN
from tests_unit.gate.fakes.good_run import release

SECRET = "canary-4f1c-not-to-be-told"


@dataclass
class Shelf:
    """As much of a platform as a plan reads: the releases of one app, oldest first."""

    kept: list[Release] = field(default_factory=list)
    config: dict[int, dict[str, str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def put(
        self,
        slug: str,
        config: dict[str, str] | None = None,
        *,
        runs: dict[str, str] | None = None,
        addons: tuple[str, ...] = (),
        says: str = "Deploy",
    ) -> Release:
        """Release a slug; what is not said of its config is as before."""
        version = len(self.kept) + 1
        types = runs or {"web": "serve"}
        made = replace(
            release("shop", version),
            slug=Slug(
                slug, f"SHA256:{slug}", slug, tuple(types), tuple(types.values())
            ),
            addons=addons,
            description=says,
        )
        self.kept = [*(replace(each, current=False) for each in self.kept), made]
        before = self.config.get(version - 1, {})
        self.config[version] = before if config is None else config
        return made

    def spoil(self, version: int) -> None:
        """Let a release expire."""
        self.kept[version - 1] = replace(
            self.kept[version - 1],
            status=ReleaseStatus.EXPIRED,
            eligible_for_rollback=False,
        )

    def releases(self, app: str, *, limit: int = 50) -> tuple[Release, ...]:
        return tuple(
            replace(each, slug=Slug(each.slug.id, None, None) if each.slug else None)
            for each in self.kept[::-1][: max(limit, 0)]
        )

    def release(self, app: str, version: int) -> Release:
        found = self.kept[version - 1]
        if found.slug is not None:
            self.slug(app, found.slug.id)
        return found

    def slug(self, app: str, slug_id: str) -> Slug:
        if slug_id in self.gone:
            raise NotFound("no such slug")
        return next(
            each.slug for each in self.kept if each.slug and each.slug.id == slug_id
        )

    def config_vars(self, app: str) -> dict[str, str]:
        return self.config[len(self.kept)]

    def release_config_vars(self, app: str, version: int) -> dict[str, str]:
        if version not in self.config:
            raise NotFound("no such release")
        return self.config[version]


@dataclass
class Looks:
    """An examiner that only says whether a release serves."""

    serves_: bool = True
    asked: bool = True

    def serves(self, release: Release) -> BarrierEvidence:
        """Say it, as it was told."""
        seen = f"{release.name} was looked at"
        return BarrierEvidence(
            release.name, self.serves_, "X-Release", seen, asked=self.asked
        )


@dataclass
class Place:
    """A shelf, whoever plans there, and the candidate that would replace what is live."""

    shelf: Shelf
    ledger: Ledger
    looks: Looks = field(default_factory=Looks)
    candidate: Release = field(default_factory=lambda: release("shop-staging", 12))

    @property
    def platform(self) -> Platform:
        """The shelf, as a platform."""
        return cast("Platform", self.shelf)

    def plan(self) -> RollbackPlan:
        """The plan of a promotion."""
        acting = Acting(
            self.platform,
            Premises("shop", "shop-staging", "shop"),
            Plans(),
            Chronicle(self.ledger, "r9"),
            cast("Examiner", self.looks),
        )
        live = self.shelf.kept[-1] if self.shelf.kept else None
        return plan_rollback(acting, "shop", live, self.candidate)

    def back(
        self, target: int | None = None, known: KnownSlugs | None = None
    ) -> RollbackPlan:
        """The plan for taking back what is live now."""
        live = self.shelf.kept[-1]
        return plan_back(self.platform, live, known or KnownSlugs(), target)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An app with one release, of the slug *old*."""
    ledger = Ledger(tmp_path / "ledger.db")
    shelf = Shelf()
    shelf.put("old", {"PRICE": SECRET, "NAME": "x"})
    yield Place(shelf, ledger)
    ledger.close()


def rules(plan: RollbackPlan) -> list[str]:
    """The rules that speak against it."""
    return [each.rule for each in plan.because]


# Before a promotion


def test_the_way_back_leads_to_what_serves_in_production_now(place: Place) -> None:
    """By name, with its slug, and how it is known to serve."""
    place.shelf.put("newer")
    plan = place.plan()
    assert plan == RollbackPlan(
        app="shop",
        replaces="shop-staging v12",
        target="shop v2",
        slug="newer",
        way=WayBack.SAFE,
        verified="it serves: shop v2 was looked at",
    )


def test_before_the_first_release_there_is_nothing_to_go_back_to(place: Place) -> None:
    """Neither in an empty app, nor in one that has nothing but config vars."""
    place.shelf.kept = []
    assert place.plan().way is WayBack.NONE_NEEDED
    place.shelf.kept = [replace(release("shop", 1), slug=None)]
    assert place.plan().way is WayBack.NONE_NEEDED


@pytest.mark.parametrize("what", ["serves not", "expired", "gone", "rejected"])
def test_it_never_leads_past_what_is_live(place: Place, what: str) -> None:
    """Though an older release may be good: unsafe, by its own rule, with advice."""
    live = place.shelf.put("newer")
    match what:
        case "serves not":
            place.looks.serves_ = False
        case "expired":
            place.shelf.spoil(2)
        case "gone":
            place.shelf.gone = {"newer"}
        case "rejected":
            assert live.slug is not None
            bad = SlugRejected("r3", "", "a-copy", live.slug.checksum or "", "", "bad")
            place.ledger.append(bad)
    plan = place.plan()
    wanted = {
        "serves not": "rollback/does-not-serve",
        "expired": "rollback/not-eligible",
        "gone": "rollback/slug-gone",
        "rejected": "rollback/rejected",
    }[what]
    assert (plan.way, rules(plan)) == (WayBack.UNSAFE, [wanted])
    assert (plan.target, plan.slug, plan.verified) == ("shop v2", "", "")
    assert all(each.advice and each.shown_by for each in plan.because)


def test_a_platform_that_cannot_be_asked_gives_no_plan(place: Place) -> None:
    """That is not the release's fault, and no regression."""
    place.looks = Looks(serves_=False, asked=False)
    with pytest.raises(PlatformUnavailable, match="could not be asked"):
        place.plan()


def test_other_process_types_are_named(place: Place) -> None:
    """What a rollback would end, bring back, or run otherwise; it is safe all the same."""
    place.shelf.put("newer", runs={"web": "serve", "worker": "work", "release": "a"})
    slug = Slug("new", None, None, ("clock", "release", "web"), ("t", "b", "serve"))
    place.candidate = replace(place.candidate, slug=slug)
    plan = place.plan()
    assert plan.way is WayBack.SAFE
    assert plan.differs == (
        "process type clock ends: shop v2 has none",
        "process type release runs another command",
        "process type worker returns: see that it is scaled",
    )


# Of what is live now


def test_config_vars_that_differ_are_named_and_their_values_are_not_kept(
    place: Place,
) -> None:
    """Added, changed or removed since; the old slug would meet today's."""
    place.shelf.put("new", {"PRICE": f"{SECRET}-too", "COLOUR": SECRET})
    plan = place.back(1)
    assert plan.way is WayBack.SAFE_WITH_TODAYS_CONFIG
    assert plan.differs == (
        "config var COLOUR was added since",
        "config var NAME was removed since",
        "config var PRICE has another value now",
    )
    assert SECRET not in to_json(PLAN, plan).decode() + repr(plan)


def test_add_ons_that_came_or_went_are_named(place: Place) -> None:
    """By their plans, each as often."""
    place.shelf.put("two", addons=("redis:mini",))
    place.shelf.put("new", addons=("postgresql:one", "postgresql:one"))
    plan = place.back(2)
    assert plan.way is WayBack.SAFE_WITH_TODAYS_CONFIG
    assert plan.differs == (
        "add-on postgresql:one was added since",
        "add-on redis:mini was removed since",
    )


def test_config_vars_that_are_not_told_any_more_are_no_reason_to_call_it_safe(
    place: Place,
) -> None:
    """It is said that nobody knows."""
    place.shelf.put("new")
    del place.shelf.config[1]
    plan = place.back(1)
    assert plan.way is WayBack.SAFE_WITH_TODAYS_CONFIG
    assert plan.differs == ("what config vars shop v1 had is not told any more",)


def test_the_target_is_the_last_known_to_have_served_not_the_previous(
    place: Place,
) -> None:
    """What is newer, and of which nothing is known, is passed over."""
    place.shelf.put("fine")
    place.shelf.put("unknown")
    place.shelf.put("bad")
    plan = place.back(known=KnownSlugs(served={"fine": "r5", "old": "r1"}))
    assert (plan.target, plan.slug, plan.way) == ("shop v2", "fine", WayBack.SAFE)
    assert plan.verified == "run r5 saw it serve"


def test_of_none_is_it_known_that_it_served(place: Place) -> None:
    """The plan names the newest, and does not call it safe; a person may name one."""
    place.shelf.put("unknown")
    place.shelf.put("bad")
    place.shelf.put("bad")
    plan = place.back()
    assert (plan.target, plan.slug) == ("shop v2", "")
    assert rules(plan) == ["rollback/not-known-to-serve"]
    named = place.back(1)
    assert (named.way, named.slug) == (WayBack.SAFE, "old")
    assert named.verified == "that it serves is not recorded"


def test_a_rejected_or_expired_release_is_passed_over_and_unsafe_when_named(
    place: Place,
) -> None:
    """Also when it served before."""
    place.shelf.put("rejected")
    place.shelf.put("expired")
    place.shelf.put("bad")
    place.shelf.spoil(3)
    served = dict.fromkeys(("old", "rejected", "expired"), "r1")
    known = KnownSlugs(served, rejected={"rejected": "r2"})
    assert place.back(known=known).target == "shop v1"
    found = earlier(place.platform, place.shelf.kept[-1], known)
    assert found is not None
    assert found.version == 1
    assert rules(place.back(2, known)) == ["rollback/rejected"]
    assert rules(place.back(3, known)) == ["rollback/not-eligible"]


def test_a_copy_of_a_rejected_slug_is_passed_over_too(place: Place) -> None:
    """It has another id; its checksum betrays it."""
    place.shelf.put("copy")
    place.shelf.put("bad")
    known = KnownSlugs({"old": "r1"}, rejected={"SHA256:copy": "r2"})
    assert place.back(known=replace(known, served={})).target == "shop v1"


def test_a_named_release_whose_slug_is_gone_is_unsafe(place: Place) -> None:
    """It is still listed, and cannot run."""
    place.shelf.put("bad")
    place.shelf.gone = {"old"}
    assert rules(place.back(1)) == ["rollback/slug-gone"]


def test_with_no_release_before_it_there_is_no_way_back(place: Place) -> None:
    """Unsafe, since somebody asks for one."""
    plan = place.back()
    assert (plan.way, rules(plan)) == (WayBack.UNSAFE, ["rollback/no-earlier-release"])
    assert plan.target == plan.slug == ""


@pytest.mark.parametrize("target", [2, 3, 99])
def test_what_is_no_release_to_go_back_to_is_refused(place: Place, target: int) -> None:
    """The same slug as is live, the live one itself, or none at all."""
    place.shelf.put("new")
    place.shelf.put("new")
    with pytest.raises(UsageProblem):
        place.back(target)
    with pytest.raises(UsageProblem):
        release_to_restore(place.platform, place.shelf.kept[-1], target, KnownSlugs())


# What a run doubted


def doubting(*slugs: str, rehearsed: bool = True) -> KnownSlugs:
    """All is known to have served; the way back to some was judged unsafe by r8."""
    served = dict.fromkeys(("old", "fine", "renamed"), "r1")
    doubt = Doubt("r8", rehearsed, "" if rehearsed else "it does not serve")
    return KnownSlugs(served, doubted=dict.fromkeys(slugs, doubt))


def test_what_failed_in_rehearsal_is_no_safe_way_back(place: Place) -> None:
    """Nor is what is older than it; the plan says which run saw that."""
    place.shelf.put("fine")
    live = place.shelf.put("renamed")
    known = doubting("fine")
    for target in (None, 2):
        plan = place.back(target, known)
        assert (plan.target, plan.slug, plan.way) == ("shop v2", "", WayBack.UNSAFE)
        assert rules(plan) == ["rollback/failed-in-rehearsal"]
        assert "run r8" in plan.because[0].says
        assert plan.verified == ""
    assert earlier(place.platform, live, known) is None
    with pytest.raises(UsageProblem, match="no release that is safe") as caught:
        release_to_restore(place.platform, live, None, known)
    assert "run r8" in str(caught.value.why)
    assert "--to v2" in caught.value.advice


def test_a_person_may_name_what_a_run_doubted_and_is_told_so(place: Place) -> None:
    """It is restored; what speaks against it is at hand to be said."""
    place.shelf.put("fine")
    live = place.shelf.put("renamed")
    known = doubting("fine")
    named = release_to_restore(place.platform, live, 2, known)
    assert named.version == 2
    (against,) = speaks_against(place.platform, named, known)
    assert "run r8" in against.says


def test_what_did_not_serve_when_it_was_left_is_passed_over(place: Place) -> None:
    """Nothing says that older code fails too: that is where the way back leads."""
    place.shelf.put("fine")
    place.shelf.put("renamed")
    known = doubting("fine", rehearsed=False)
    assert place.back(known=known).target == "shop v1"
    assert rules(place.back(2, known)) == ["rollback/judged-unsafe"]


def test_a_doubt_about_what_is_live_does_not_bar_the_way_from_it(place: Place) -> None:
    """A config change releases the same slug anew; nothing was promoted in between."""
    place.shelf.put("fine")
    place.shelf.put("fine", {"PRICE": "2"})
    assert place.back(known=doubting("fine")).target == "shop v1"


# What a rollback replaced


@pytest.mark.parametrize("says", ["gate r5: roll back v3", "Rollback to v2"])
def test_a_second_rollback_does_not_go_forth_again(place: Place, says: str) -> None:
    """To what the first one replaced, by the gate or by Heroku; but further back."""
    place.shelf.put("fine")
    place.shelf.put("renamed")
    live = place.shelf.put("fine", says=says)
    plan = place.back(known=doubting())
    assert (plan.target, plan.way) == ("shop v1", WayBack.SAFE)
    assert release_to_restore(place.platform, live, None, doubting()).version == 1
    assert rules(place.back(3, doubting())) == ["rollback/gone-back-from"]


def test_with_nothing_else_left_it_is_said_that_it_was_gone_back_from(
    place: Place,
) -> None:
    """No ledger is needed for it."""
    place.shelf.put("bad")
    live = place.shelf.put("old", says="gate r5: roll back v2 (request 2)")
    plan = place.back()
    assert (plan.target, plan.way) == ("shop v2", WayBack.UNSAFE)
    assert rules(plan) == ["rollback/gone-back-from"]
    with pytest.raises(UsageProblem, match="no release that is safe"):
        release_to_restore(place.platform, live, None, KnownSlugs())


def test_what_was_released_again_after_a_rollback_is_a_release_like_any_other(
    place: Place,
) -> None:
    """It was corrected otherwise, or the rollback was the mistake."""
    place.shelf.put("fine")
    place.shelf.put("old", says="gate r5: roll back v2")
    place.shelf.put("fine", says="Promote shop-staging v9")
    place.shelf.put("renamed")
    assert place.back(known=doubting()).target == "shop v4"


def test_a_rollback_that_failed_replaced_nothing(place: Place) -> None:
    """Its release command failed, so what was live stayed so."""
    place.shelf.put("fine")
    place.shelf.put("old", says="gate r5: roll back v2")
    place.shelf.kept[-1] = replace(
        place.shelf.kept[-1], status=ReleaseStatus.FAILED, eligible_for_rollback=False
    )
    place.shelf.put("renamed")
    assert place.back(known=doubting()).target == "shop v2"
