"""A load run that is followed: what is new is taken in, in the order of its telling."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gate.stats.answer import Answer
from gate.stats.asked import Asked
from gate.stats.events import BASELINE, CANDIDATE, Flow, Tick, UnderWay, Usage
from gate.suites.load.pulse import DEAD_FLOWS, Pulse
from gate.suites.load.running import LoadRun
from gate.suites.load.tail import Tail
from tests_unit.gate.suites.load.test_stream import BEGIN, END, flow, waiting

WELL = Flow(at=0.0, number=0, users=4, steps=())


def test_a_growing_file_is_read_line_by_line(tmp_path: Path) -> None:
    """Before it exists, while a line is half written, and to its end."""
    path = tmp_path / "log"
    tail = Tail(path)
    assert tail.lines() == []
    path.write_bytes(b"one\ntw")
    assert tail.lines() == ["one"]
    assert tail.lines() == []
    with path.open("ab") as file:
        file.write("o\nthrée\n".encode())
    assert tail.lines() == ["two", "thrée"]
    path.write_text("not\x0bthe\x85end\u2028yet\n\n")
    assert Tail(path).lines() == ["not\x0bthe\x85end\u2028yet", ""]


def test_what_a_log_holds_already_is_passed_over(tmp_path: Path) -> None:
    """It is of the suites that ran before."""
    path = tmp_path / "log"
    path.write_text("before\n")
    tail = Tail(path, only_new=True)
    with path.open("a") as file:
        file.write("after\n")
    assert tail.lines() == ["after"]


def test_a_pulse_is_felt_while_anything_is_answered() -> None:
    """Failures are the statistics' affair, as long as some flows end well."""
    pulse = Pulse()
    for number in range(400):
        at = number / 10
        pulse.take(replace(WELL, at=at, candidate_failed=number % 50 != 0))
    assert pulse.stopped == ""


@pytest.mark.parametrize("arm", [CANDIDATE, BASELINE])
def test_an_arm_that_only_fails_is_dead(arm: str) -> None:
    """Seconds of failing flows and nothing else; a few of them are not enough."""
    pulse = Pulse()
    for number in range(2 * DEAD_FLOWS):
        failed = {f"{arm}_failed": True}
        pulse.take(replace(WELL, at=number / 2, **failed))  # type: ignore[arg-type]
        if number < DEAD_FLOWS - 1:
            assert pulse.stopped == ""
    assert arm in pulse.stopped


class Recorded:
    """The files of a run that is going on, written to by hand."""

    def __init__(self, folder: Path) -> None:
        self.stream = folder / "stream.jsonl"
        self.log = folder / "platform-candidate.log"
        self.began = round(time.time()) - 10.0
        self.run = LoadRun(Asked(), self.stream, {CANDIDATE: self.log})

    def tell(self, *rows: dict[str, Any]) -> None:
        """Write rows of the stream."""
        with self.stream.open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)

    def begin(self) -> None:
        """The load began ten seconds ago."""
        self.tell({**BEGIN, "at": self.began})

    def flow(self, number: int, at: float) -> dict[str, Any]:
        """A flow that was done so many seconds after the beginning."""
        return flow(number, at=self.began + at)

    def use(self, at: float, sample: str) -> None:
        """Write a line of runtime metrics."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self.began + at))
        where = "heroku[web.1]: source=web.1 dyno=heroku.1.0a1b2c3d-0000"
        with self.log.open("a") as file:
            file.write(f"{stamp}+00:00 {where} {sample}\n")


def test_flows_and_uses_are_merged_by_their_times(tmp_path: Path) -> None:
    """So that what a dyno has used meets the flows that it was used for."""
    here = Recorded(tmp_path)
    here.begin()
    here.tell(here.flow(0, at=0.5), here.flow(1, at=1.5), here.flow(2, at=2.5))
    here.use(1.0, "sample#cpu_total=1.25s")
    here.use(2.0, "sample#cpu_total=2.25s")
    here.run.look()
    merged = [each for each in here.run.events if not isinstance(each, Tick)]
    assert [each.at for each in merged] == [0.5, 1.0, 1.5, 2.0, 2.5]
    uses = [each.cpu for each in merged if isinstance(each, Usage)]
    assert uses == [1.25, 2.25]


def test_a_flow_waits_for_what_another_file_tells_of_before(tmp_path: Path) -> None:
    """Each file is written a little later than things happen; the last look has all."""
    here = Recorded(tmp_path)
    here.begin()
    here.tell(here.flow(0, at=10.5))
    here.run.look()
    here.use(10.0, "sample#cpu_total=1.25s")
    here.run.look(last=True)
    merged = [each for each in here.run.events if not isinstance(each, Tick)]
    assert [each.at for each in merged] == [10.0, 10.5]


def test_what_hangs_is_judged_before_an_arm_is_called_dead(tmp_path: Path) -> None:
    """Where the candidate alone answers nothing, the answer is that it is worse."""
    here = Recorded(tmp_path)
    here.begin()
    here.tell({**waiting(1, 0), "at": here.began + 1.5})
    failed = [here.flow(n, at=1.5 + n / 4) for n in range(32)]
    here.tell(*({**each, "steps": [], "candidate_failed": True} for each in failed))
    here.run.look()
    assert here.run.events[0] == UnderWay(1.5, 1, 0)
    assert CANDIDATE in here.run.dead
    assert here.run.answer is Answer.WORSE


def test_what_the_platform_said_before_the_load_is_left_out(tmp_path: Path) -> None:
    """Also when the line comes late."""
    here = Recorded(tmp_path)
    here.begin()
    here.use(-3.0, "sample#cpu_total=9.00s")
    here.run.look()
    assert not any(isinstance(each, Usage) for each in here.run.events)


def test_time_passes_though_nothing_happens_until_the_run_has_ended(
    tmp_path: Path,
) -> None:
    """Questions about time need it; the end is the end."""
    here = Recorded(tmp_path)
    here.run.look()
    assert here.run.events == []
    here.begin()
    here.run.look()
    (tick,) = here.run.events
    assert isinstance(tick, Tick) and tick.at > 9.0
    here.tell(END)
    here.run.look()
    assert here.run.events == [tick]
