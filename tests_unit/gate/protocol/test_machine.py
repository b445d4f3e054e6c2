"""Two gates, a colleague and a faulty platform, in any order: nothing is broken.

The gates know nothing of each other: each has a ledger of its own, and no lease keeps
them apart. Any of them may be killed before any effect, and goes on by its ledger.
"""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests_unit.gate.protocol import bugs
from tests_unit.gate.protocol.estate import ACTS, FATES, PRODUCTION
from tests_unit.gate.protocol.heroku import Heroku
from tests_unit.gate.protocol.oracle import broken
from tests_unit.gate.protocol.several import Site
from tests_unit.gate.protocol.world import DOWN, Scenario

GATES = ("gate", "other gate")
SITES = st.sampled_from((0, 0, 0, 1))
KILLED_AT = (
    "promote",
    "release_slug",
    "action sent",
    "action confirmed",
    "watch",
    "watch ended",
    "run closed",
)
BOUNDED = settings(
    max_examples=600,
    stateful_step_count=16,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class Pipeline(RuleBasedStateMachine):
    """What can happen to a pipeline that several gates promote in."""

    sites: list[Site]

    @initialize(
        bad=st.sampled_from(("", "B")),
        baseline=st.sampled_from(("", "A")),
        staging=st.sampled_from(("AB", "A")),
        copies=st.booleans(),
    )
    def furnish(self, bad: str, baseline: str, staging: str, copies: bool) -> None:
        """Staging and production are there, and nobody has begun."""
        scenario = Scenario("machine", bad=bad, baseline=baseline, copies=copies)
        self.heroku = Heroku(bad=bad, copies=copies)
        self.heroku.furnish(staging=staging, production="OA", baseline=baseline)
        self.sites = [Site(scenario, shared=self.heroku, who=who) for who in GATES]
        self.excused = self.silent = False

    @rule(which=SITES, effects=st.integers(1, 40), resumes=st.booleans())
    def goes_on(self, which: int, effects: int, resumes: bool) -> None:
        """A gate has some effects; one that does not run is started."""
        site = self.sites[which]
        if not site.running:
            site.begin("resume" if resumes and site.open else "promote")
        site.step(effects)

    @rule(which=SITES)
    def is_killed(self, which: int) -> None:
        """A gate ends without a word, in the midst of what it does."""
        self.silent = self.silent or self.sites[which].running
        self.sites[which].kill()

    @rule(which=SITES, effect=st.sampled_from(KILLED_AT))
    def is_killed_before(self, which: int, effect: str) -> None:
        """A gate that runs ends right before an effect that matters."""
        site = self.sites[which]
        self.silent = self.silent or site.running
        site.until(effect)
        site.kill()

    @rule(act=st.sampled_from(sorted(ACTS)))
    def colleague(self, act: str) -> None:
        """Somebody else acts."""
        self.excused = True
        self.heroku.colleague(act)

    @rule(kind=st.sampled_from(("promote", "release")), fate=st.sampled_from([*FATES]))
    def fate(self, kind: str, fate: str) -> None:
        """The next request of a kind will fare so."""
        self.excused = self.silent = True
        self.heroku.fates.setdefault(f"{kind} {PRODUCTION}", []).append(FATES[fate])

    @rule(seconds=st.floats(1, 60))
    def falls_silent(self, seconds: float) -> None:
        """The platform answers nothing for a while."""
        self.silent = True
        self.heroku.silence(seconds)

    @rule(seconds=st.floats(1, 30))
    def time_passes(self, seconds: float) -> None:
        """What is under way takes effect."""
        self.heroku.wait(seconds)

    def teardown(self) -> None:
        """Let everybody come to an end, and judge the whole."""
        if not hasattr(self, "sites"):
            return
        for site in self.sites:
            self._ends(site)
        self.heroku.drain()
        several = all(site.rows for site in self.sites)
        for site in self.sites:
            found = broken(
                site, excused=self.excused or several, silent=self.silent or several
            )
            assert not found, (
                found,
                site.told,
                [r for r in site.rows if r.kind == "run closed"],
            )

    def _ends(self, site: Site) -> None:
        """The gate goes on to its end; what is left is resumed, with all in order."""

        def resume() -> None:
            site.begin("resume")
            site.step(100_000)

        site.step(100_000)
        site.end_all(resume, DOWN)


@pytest.mark.parametrize("steps", [12, 24])
def test_two_gates_a_colleague_and_a_faulty_platform(steps: int) -> None:
    """Whatever the order: every rule of the oracle holds for both."""
    bounded = settings(BOUNDED, max_examples=350, stateful_step_count=steps)
    run_state_machine_as_test(Pipeline, settings=bounded)


@pytest.mark.parametrize(
    "bug",
    [
        bugs.intent_after_the_request,
        bugs.repeated_blindly,
        bugs.sent_again_on_resume,
        bugs.failed_command_is_rolled_back,
        bugs.begins_anew,
        bugs.silence_is_a_refusal,
    ],
)
def test_a_seeded_bug_is_seen(bug: Callable[[pytest.MonkeyPatch], None]) -> None:
    """So the machine can fail, within as many examples as it plays above."""
    with bugs.seeded(bug), pytest.raises(AssertionError):
        run_state_machine_as_test(Pipeline, settings=BOUNDED)
