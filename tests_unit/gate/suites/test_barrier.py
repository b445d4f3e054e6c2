"""The barrier: a platform told what to say, and a real server that answers."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from gate.model.evidence import BarrierEvidence
from gate.model.plan import HealthPlan
from gate.model.platform import Platform
from gate.model.release import Dyno, DynoState, ReleaseStatus
from gate.suites import barrier
from gate.suites.barrier import await_release
from tests_unit.gate.fakes.good_run import release
from tests_unit.gate.fakes.platform import FakePlatform, up
from tests_unit.gate.fakes.web import Reply, Request, serving

PLAN = HealthPlan(boot=20.0, timeout=2.0)
QUICK = HealthPlan(boot=0.7, timeout=0.5)


def judged_by(
    platform: FakePlatform, url: str, plan: HealthPlan = PLAN
) -> BarrierEvidence:
    """What the barrier says of version 12."""
    there: Platform = platform  # type: ignore[assignment]
    return await_release(there, release(), url, plan)


def from_release(*names: str | None) -> Callable[[Request], Reply]:
    """Answers that come from these releases in turn, the last one for ever after."""
    turns = itertools.chain(names, itertools.repeat(names[-1]))

    def answer(_: Request) -> Reply:
        name = next(turns)
        return Reply(headers={"X-Release": name} if name else {})

    return answer


@contextmanager
def answering(*names: str | None) -> Iterator[str]:
    """Serve such answers."""
    with serving(from_release(*names)) as url:
        yield url


def test_a_release_that_serves_is_recognised_by_its_answers() -> None:
    """The platform and several answers in a row agree; the header is named."""
    with answering("v12") as url:
        platform = FakePlatform()
        told = judged_by(platform, url)
    assert told.serves
    assert platform.looks == barrier.AGREEING_ANSWERS  # and users wait for no more
    assert told.identity == "X-Release"
    assert "3 answers in a row" in told.seen
    assert told.release == "shop-staging v12"
    assert told.log_tail == ()


def test_old_code_that_still_answers_holds_the_barrier() -> None:
    """As with preboot: up on the platform, and the old version behind the router."""
    with answering("v11", "v11", "v12", "v11", "v12") as url:
        platform = FakePlatform()
        told = judged_by(platform, url)
    assert told.serves
    assert platform.looks >= 7


def test_old_code_that_never_goes_away_does_not_pass() -> None:
    """What is seen at the end names the release that answers."""
    with answering("v11") as url:
        told = judged_by(FakePlatform(log=("bye",)), url, QUICK)
    assert not told.serves
    assert told.asked
    assert "answers still come from v11" in told.seen
    assert "0.7 s after the release" in told.seen


def test_answers_without_a_name_leave_it_to_the_platform(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a while, and the evidence says that answers carry no release."""
    monkeypatch.setattr(barrier, "SETTLE", 0.5)
    with answering(None) as url:
        platform = FakePlatform()
        told = judged_by(platform, url)
    assert told.serves
    assert told.identity == "platform only"
    assert "answers carry no release" in told.seen
    assert platform.looks >= 3


def test_where_no_header_is_set_the_platforms_word_is_enough() -> None:
    """An app without the middleware is not made to wait for it."""
    with answering("v11") as url:
        told = judged_by(FakePlatform(), url, replace(PLAN, release_header=""))
    assert told.serves
    assert told.identity == "platform only"


def test_a_header_that_vanished_is_not_an_identity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Old code named itself, new code does not: only the platform speaks for it."""
    monkeypatch.setattr(barrier, "SETTLE", 0.5)
    with answering("v11", None) as url:
        told = judged_by(FakePlatform(), url)
    assert told.serves
    assert told.identity == "platform only"


def test_a_dyno_that_stays_crashed_ends_the_wait_at_once() -> None:
    """Long before the time to boot is over, with the end of its log."""
    platform = FakePlatform(
        dynos_are=lambda _: up(state=DynoState.CRASHED),
        log=(
            "2025-01-02T03:04:05+00:00 app[web.1]: KeyError: 'DATABASE_URL'",
            "2025-01-02T03:04:05+00:00 heroku[router]: at=error code=H10",
        ),
    )
    told = judged_by(platform, "http://127.0.0.1:9")
    assert not told.serves
    assert platform.looks == barrier.SIGHTINGS_OF_A_CRASH
    assert told.seen == "web.1 is crashed on v12"
    assert [line.partition(" ")[2] for line in told.log_tail] == [
        "app[web.1]: KeyError: 'DATABASE_URL'"
    ]


def test_what_earlier_releases_said_is_left_out() -> None:
    """Their last exception would be taken for the reason."""
    platform = FakePlatform(
        dynos_are=lambda _: up(state=DynoState.CRASHED),
        log=(
            "2025-01-02T03:04:05+00:00 app[web.1]: KeyError: 'OLD'",
            "2025-01-02T03:04:06+00:00 app[api]: Release v12 created by user ada",
            "2025-01-02T03:04:07+00:00 app[web.1]: no answer",
        ),
    )
    told = judged_by(platform, "http://127.0.0.1:9")
    assert [line.partition("]: ")[2] for line in told.log_tail] == [
        "Release v12 created by user ada",
        "no answer",
    ]


def test_a_dyno_that_comes_back_after_a_crash_is_waited_for() -> None:
    """One crash on the way up is not the end: the platform starts it again."""

    def dynos(look: int) -> tuple[Dyno, ...]:
        return up(state=DynoState.CRASHED if look in {2, 3} else DynoState.UP)

    with answering("v12", "v12", "v11", "v12") as url:
        assert judged_by(FakePlatform(dynos_are=dynos), url).serves


@pytest.mark.parametrize(
    ("dynos", "seen"),
    [
        (up(11), "web.1 is up on v11"),
        (up(state=DynoState.STARTING), "web.1 is starting on v12"),
        (up(state=DynoState.DOWN), "web.1 is down on v12"),
        ((), "it has no web dyno"),
        ((*up(), Dyno("x", "web.2", "web", DynoState.UP, 11)), "web.2 is up on v11"),
    ],
)
def test_every_web_dyno_has_to_be_up_on_the_release(
    dynos: tuple[Dyno, ...], seen: str
) -> None:
    """Whatever the answers say; other process types do not matter."""
    with answering("v12") as url:
        told = judged_by(FakePlatform(dynos_are=lambda _: dynos), url, QUICK)
    assert not told.serves
    assert seen in told.seen


def test_a_failed_release_command_ends_it() -> None:
    """Nothing of it ever serves."""
    failed = replace(release(), status=ReleaseStatus.FAILED, current=False)
    platform = FakePlatform(release_is=lambda _: failed)
    told = judged_by(platform, "http://127.0.0.1:9")
    assert not told.serves
    assert told.seen == "its release command failed"
    assert platform.looks == 0


def test_a_release_command_that_still_runs_is_waited_for() -> None:
    """Up to the time to boot, and told as such."""
    pending = replace(release(), status=ReleaseStatus.PENDING)
    told = judged_by(
        FakePlatform(release_is=lambda _: pending), "http://127.0.0.1:9", QUICK
    )
    assert not told.serves
    assert "its release command still runs" in told.seen


def test_a_release_that_was_replaced_does_not_serve() -> None:
    """Somebody released over it meanwhile."""
    replaced = replace(release(), current=False)
    with answering("v12") as url:
        told = judged_by(FakePlatform(release_is=lambda _: replaced), url)
    assert not told.serves
    assert told.seen == "another release is current"


def test_nobody_listening_is_not_serving() -> None:
    """Dynos that are up on paper have to answer."""
    told = judged_by(FakePlatform(), "http://127.0.0.1:9", QUICK)
    assert not told.serves
    assert "its dynos are up, but connection refused" in told.seen


def test_a_platform_that_does_not_answer_was_not_asked() -> None:
    """That is no statement about the release."""
    told = judged_by(FakePlatform(silent=True), "http://127.0.0.1:9")
    assert not told.serves
    assert not told.asked
    assert "does not answer" in told.seen


def test_a_log_that_cannot_be_read_leaves_the_rest_as_it_is() -> None:
    """The end of the log is a courtesy."""
    platform = FakePlatform(
        dynos_are=lambda _: up(state=DynoState.CRASHED), log_silent=True
    )
    told = judged_by(platform, "http://127.0.0.1:9")
    assert not told.serves
    assert told.log_tail == ()
