"""What a promotion comes to, whatever bursts in: exit code, what holds, what was sent."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gate.errors import ExitCode, NotFound
from gate.judges.watch import judge_watch
from gate.ledger import chronicle
from gate.ledger.store import Ledger
from gate.model.plan import HealthPlan, Plans, WatchPlan
from gate.model.platform import Platform
from gate.model.release import Slug, Stage
from gate.model.watch_evidence import Watched
from gate.suites.watching import watch_production
from tests_integration.gate.actions.bad_input import Bursting, ByTheWayBack
from tests_integration.gate.cli.gate_command import gate as command
from tests_unit.gate.fakes.good_run import LIMITS, release
from tests_unit.gate.fakes.platform import FakePlatform, up
from tests_unit.gate.fakes.project import Project
from tests_unit.gate.fakes.web import Reply, serving
from tests_unit.gate.protocol.estate import (
    BASELINE,
    PRODUCTION,
    STAGING,
    Fate,
    Place,
    commit,
    slug,
)
from tests_unit.gate.protocol.heroku import Clock
from tests_unit.gate.protocol.port import Effect, Fault
from tests_unit.gate.protocol.world import SETTLE, Scenario

OLD, NEW, HELD = "the old release serves", "the new release serves", "held"

# Whatever else bursts in.

Burst = Callable[[Bursting], None]


def nothing(_: Bursting) -> None:
    """All is as it was."""


def deleted(app: str) -> Burst:
    """There is no such app any more."""

    def burst(world: Bursting) -> None:
        world.heroku.places[app].id = world.heroku.places[app].name = "gone"

    return burst


def made_anew(world: Bursting) -> None:
    """Production was deleted, and another app bears its name."""
    world.heroku.places[PRODUCTION] = Place("id-another", PRODUCTION)


def without_pipeline(world: Bursting) -> None:
    """There is no such pipeline any more."""
    world.heroku.pipelines.clear()


def in_another_stage(world: Bursting) -> None:
    """Production's app was moved."""
    world.heroku.couples.remove((f"id-{PRODUCTION}", Stage.PRODUCTION))
    world.heroku.couples.append((f"id-{PRODUCTION}", Stage.DEVELOPMENT))


def also(app: str, stage: Stage) -> Burst:
    """Couple one more."""

    def burst(world: Bursting) -> None:
        world.heroku.couples.append((f"id-{app}", stage))

    return burst


def slug_gone(world: Bursting) -> None:
    """The platform keeps it no longer."""

    def no(*_: object, **__: object) -> None:
        raise NotFound("there is no such slug", status=404)

    model: Any = world.heroku
    model.slug = model.release_slug = no


def another_slug_comes_out(world: Bursting) -> None:
    """The platform releases something else than it was asked for."""
    world.heroku.places[STAGING].releases[-1].slug = slug("F")


def the_same_artefact(world: Bursting) -> None:
    """Production runs what the candidate is, built by another commit."""
    same = Slug("slug-again", "SHA256:B", commit("z"), ("web",))
    world.heroku.places[PRODUCTION].releases[-1].slug = same


TWICE = also(STAGING, Stage.PRODUCTION)
BOTH = also(PRODUCTION, Stage.STAGING)
JUDGED, LIVE, WATCHED = "verdict reached", "did promote", "watch ended"
PAIRED: dict[str, Any] = {"baseline": "A"}
BAD: dict[str, Any] = {"bad": "B"}
FAILS, SILENT = {"promote": "command fails"}, {"promote": "no answer, command fails"}
NOT_BACK: dict[str, Any] = {"bad": "B", "release": ("command fails",)}
# what, of which scenario, after which record, burst: code, standing, live, sent, said
ROWS: list[tuple[Any, ...]] = [
    ("no production", {}, "", deleted(PRODUCTION), 2, HELD, "A", "", "no app shop"),
    ("production deleted", {}, JUDGED, deleted(PRODUCTION), 2, HELD, "A", "", "no app"),
    ("… while watched", {}, LIVE, deleted(PRODUCTION), 22, HELD, "B", "promote B", ""),
    ("production made anew", {}, JUDGED, made_anew, 75, OLD, "", "", "not in it"),
    ("… while watched", {}, LIVE, made_anew, 22, HELD, "", "promote B", "id-another"),
    (
        "… and bad",
        BAD,
        WATCHED,
        made_anew,
        22,
        HELD,
        "",
        "promote B",
        "nothing is live",
    ),
    ("no pipeline", {}, "", without_pipeline, 2, OLD, "A", "", "no pipeline shop"),
    ("pipeline deleted", {}, JUDGED, without_pipeline, 75, OLD, "A", "", "changed"),
    ("… while watched", {}, LIVE, without_pipeline, 0, NEW, "B", "promote B", ""),
    ("another stage", {}, "", in_another_stage, 2, OLD, "A", "", "stage development"),
    ("moved to one", {}, JUDGED, in_another_stage, 75, OLD, "A", "", "development"),
    ("staging in two", {}, "", TWICE, 2, OLD, "A", "", "production and staging"),
    ("staging put into two", {}, JUDGED, TWICE, 75, OLD, "A", "", "and staging"),
    ("production in two", {}, "", BOTH, 2, OLD, "A", "", "production and staging"),
    ("a neighbour", {}, "", also("x", Stage.PRODUCTION), 0, NEW, "B", "promote B", ""),
    ("a new one", {}, JUDGED, also("x", Stage.PRODUCTION), 75, OLD, "A", "", "coupled"),
    (
        "no baseline app",
        PAIRED,
        "",
        deleted(BASELINE),
        2,
        OLD,
        "A",
        "",
        "no app shop-ba",
    ),
    ("… once judged", PAIRED, JUDGED, deleted(BASELINE), 0, NEW, "B", "promote B", ""),
    ("old slug gone", {}, "", slug_gone, 10, OLD, "A", "", "blocked"),
    (
        "… when bad",
        BAD,
        WATCHED,
        slug_gone,
        22,
        HELD,
        "B",
        "promote B",
        "by hand|refused",
    ),
    ("same commit", {"production": "OB"}, "", nothing, 0, OLD, "B", "", "already"),
    ("same slug", {}, "", the_same_artefact, 0, OLD, "B", "", "the same slug"),
    ("first of all", {"production": ""}, "", nothing, 0, NEW, "B", "promote B", ""),
    (
        "… and bad",
        BAD | {"production": ""},
        "",
        nothing,
        22,
        HELD,
        "B",
        "promote B",
        "",
    ),
    (
        "failed on top",
        {"failed_on_top": True},
        "",
        nothing,
        0,
        NEW,
        "B",
        "promote B",
        "",
    ),
    ("release phase fails", FAILS, "", nothing, 10, OLD, "A", "promote B", "command"),
    ("… unanswered", SILENT, "", nothing, 10, OLD, "A", "promote B", "command failed"),
    (
        "request lost",
        {"promote": "lost"},
        "",
        nothing,
        10,
        OLD,
        "A",
        "promote B",
        "never",
    ),
    (
        "refused",
        {"promote": Fate(refused=422)},
        "",
        nothing,
        69,
        OLD,
        "A",
        "promote B",
        "refused",
    ),
    (
        "another slug came out",
        {},
        "will promote",
        another_slug_comes_out,
        *(22, HELD, "F", "promote F", "does not hold the judged slug"),
    ),
    (
        "no way back",
        NOT_BACK,
        "",
        nothing,
        22,
        HELD,
        "B",
        "promote B, release A",
        "fail",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[2]}")
def test_each_has_one_end(row: tuple[Any, ...]) -> None:
    """It is told as it is; nothing is sent that was not to be; no run is left open."""
    what, scenario, after, burst, code, standing, live, sent, said = row
    world = Bursting(Scenario(what, **scenario), after=after, burst=burst)
    end = world.promoted()
    told = (end.code, end.standing, end.live, end.sent)
    assert told == (code, standing, live, sent), end
    assert re.search(said, end.says)
    assert not end.open


# The disk is full from a record on; later there is room, and the run is resumed.

NO_ROOM_FOR = """
record            bad  ends  open  resumed
run-opened        -    69A   no    -
rollback-planned  -    69A   yes   130A
candidate-bound   -    69A   yes   130A
verdict-reached   -    69A   yes   130A
will-promote      -    69A   yes   130A
sent-promote      -    21B   yes   0B
did-promote       -    21B   yes   0B
watch-ended       -    21B   yes   0B
run-closed        -    21B   yes   0B
slug-rejected     B    21B   yes   20A
will-roll-back    B    21B   yes   20A
did-roll-back     B    21A   yes   20A
run-closed        B    21A   yes   20A
"""


@pytest.mark.parametrize("line", NO_ROOM_FOR.strip().splitlines()[1:])
def test_there_is_no_room_for_a_record_any_more(line: str) -> None:
    """What has no record is not sent; and what was sent is found out later."""
    record, bad, ends, is_open, resumed = line.split()
    scenario = Scenario("full", bad=bad.strip("-"))
    world = Bursting(scenario, full_from=record.replace("-", " "))
    end = world.promoted()
    assert f"{end.code}{end.live}" == ends, end
    assert end.open is (is_open == "yes")
    assert "the disk is full" in end.says
    before = end.sent
    assert ("promote" in before) == (ends.startswith("21"))
    assert ("release A" in before) == (ends == "21A")
    if not end.open:
        return
    after = world.resumed()
    assert f"{after.code}{after.live}" == resumed, after
    assert after.sent.count("promote") == before.count("promote")
    assert after.sent.count("release A") <= 1
    assert not after.open


# Clocks.


def test_a_wall_clock_that_runs_backwards_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How long a request may still take effect is counted by one that cannot be set."""
    wall = iter(datetime(2030, 1, 1, tzinfo=UTC) - timedelta(days=n) for n in range(99))

    class Backwards(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return next(wall)

    monkeypatch.setattr(chronicle, "datetime", Backwards)
    world = Bursting(Scenario("lost", promote="lost"))
    began = world.heroku.now
    assert world.promoted().code == ExitCode.BLOCKED
    assert world.heroku.now >= began + SETTLE
    times = [record.at for record in world.rows]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(("boot", "back"), [("boot-2", 0.0), ("boot-1", 900.0)])
def test_by_another_clock_a_lost_request_is_waited_for_anew(
    boot: str, back: float
) -> None:
    """After another start of the machine, or where its ticks are behind the recorded."""
    late = Fate(answered=False, late=SETTLE * 2, patience=2.0)
    unstopped, world = (Bursting(Scenario("late", promote=late)) for _ in range(2))
    unstopped.process("promote", None)
    given_up = unstopped.effects.index(Effect("ledger", "action unanswered")) + 1
    world.process("promote", Fault(given_up + 1))
    assert world.steps()[-1] == "action unanswered"
    world.heroku.wait(SETTLE + 5.0)

    class Other(Clock):
        def ticks(self) -> float:
            return super().ticks() - back

    gate = replace(world.process_of_a_gate(), clock=Other(world.heroku, boot))
    (ending,) = gate.resume()
    assert ending.exit_code == ExitCode.PASSED, ending
    assert len(world.heroku.sent) == 1


# What is not of the model: a real log, a real ledger.


class WithoutALog(ByTheWayBack):
    """Watches in earnest, on a platform whose log session breaks off."""

    def watch(self, *args: Any, **_: Any) -> Watched:
        """See the release serve, and nothing of what its consumers met."""
        live = release(PRODUCTION, args[2].version)
        platform: Any = FakePlatform(
            release_is=lambda _: live,
            dynos_are=lambda _: up(live.version),
            breaks="the log session was lost",
        )
        there: Platform = platform
        header = {"X-Release": f"v{live.version}"}
        with serving(lambda _: Reply(headers=header)) as url:
            seen = watch_production(there, live, url, BRIEF)
        assert "lost" in seen.log.lost
        return Watched(judge_watch(seen, LIMITS), seen.seconds, "")


BRIEF = Plans(
    health=HealthPlan(path="/up", timeout=1.0, boot=5.0), watch=WatchPlan(seconds=0.5)
)


def test_a_watch_whose_log_was_lost_is_no_watch() -> None:
    """The new release stays, and the run stays open; it is watched anew, as long."""
    world = Bursting(Scenario("no log"), examining=WithoutALog)
    end = world.promoted()
    assert (end.code, end.standing, end.live) == (ExitCode.UNRESOLVED, HELD, "B"), end
    assert end.open
    world.examining = ByTheWayBack
    after = world.resumed()
    assert (after.code, after.standing, after.open) == (0, NEW, False)
    assert world.steps().count("watch ended") == 2
    assert after.sent == "promote B"


def test_a_ledger_of_a_newer_gate_stops_everything(tmp_path: Path) -> None:
    """It is told by name, as it was, and nothing was begun."""
    project = Project.at(tmp_path / "shop")
    project.commit({"Procfile": "web: serve\n", ".gitignore": ".gate\n"})
    path = project.root / ".gate" / "ledger.db"
    Ledger(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    said = command(project.root, "promote")
    assert said.code == ExitCode.UNAVAILABLE, said
    assert "newer" in said.err
    assert path.read_bytes() == before
    assert not (project.root / ".gate" / "local").exists()
