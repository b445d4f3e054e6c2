"""The folder where a run and its child processes meet, and turns taken within it."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gate.errors import StateDamaged
from gate.model.plan import HealthPlan, Plans
from gate.suites.run_folder import RunFolder
from gate.suites.turns import turn
from tests_unit.gate.fakes.good_run import EVIDENCE, HEALTH, subject

PLANS = Plans(health=HealthPlan(path="/up", accept=(200, 204), hold=1.5))


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A prepared run."""
    folder = RunFolder(tmp_path / "run")
    folder.prepare(subject(), PLANS)
    return folder


def test_a_prepared_run_says_what_it_is_about_and_how(folder: RunFolder) -> None:
    """The subject and the plans, as they were given."""
    assert folder.subject() == subject()
    assert folder.plans() == PLANS


def test_what_is_known_before_a_run_reaches_its_children(folder: RunFolder) -> None:
    """How the baseline's release failed earlier, and this machine's noise."""
    assert folder.history() is None
    assert folder.calibration() == ""
    folder.prepare(subject(), PLANS, (3, 2000), "1 of 20 runs was called worse")
    assert folder.history() == (3, 2000)
    assert folder.calibration() == "1 of 20 runs was called worse"


def test_each_arm_has_a_log_of_its_own(folder: RunFolder) -> None:
    """Scratch: what it comes to is evidence, it is not."""
    logs = {folder.log("candidate"), folder.log("baseline")}
    assert len(logs) == 2
    assert {log.parent for log in logs} == {folder.scratch}


def test_evidence_is_found_by_its_kind(folder: RunFolder) -> None:
    """What was not seen is not there; all of it can be had again."""
    assert folder.find("health") is None
    for item in EVIDENCE:
        folder.write(item)
    assert folder.find("health") == HEALTH
    assert {item.kind for item in folder.all()} == {item.kind for item in EVIDENCE}


def test_evidence_is_for_its_owner_alone(folder: RunFolder) -> None:
    """Logs and answers of an app may hold more than others should read."""
    for each in (folder.evidence, folder.scratch):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700


def test_the_control_run_has_a_folder_of_its_own(folder: RunFolder) -> None:
    """What the baseline does is never read as the candidate's evidence."""
    folder.control.prepare(subject(), PLANS)
    folder.control.write(HEALTH)
    assert folder.find("health") is None
    assert list(folder.all()) == []


@pytest.mark.parametrize("name", ["plans.json", "subject.json", "known.json"])
@pytest.mark.parametrize("text", ["", "{", '{"surprise": 1}', "[]"])
def test_a_damaged_run_is_told(folder: RunFolder, name: str, text: str) -> None:
    """It names the file, and nothing is made up in its place."""
    (folder.path / name).write_text(text)
    read = {
        "plans.json": folder.plans,
        "subject.json": folder.subject,
        "known.json": folder.history,
    }
    with pytest.raises(StateDamaged) as caught:
        read[name]()
    assert name in caught.value.what


def test_turns_are_shared_or_had_alone(tmp_path: Path) -> None:
    """Many tests side by side; load only when nothing else runs."""
    path = tmp_path / "turn"
    alone = threading.Event()

    def load() -> None:
        with turn(path, alone=True):
            alone.set()

    thread = threading.Thread(target=load)
    with turn(path, alone=False), turn(path, alone=False):
        thread.start()
        assert not alone.wait(0.1)
    assert alone.wait(10)
    thread.join(timeout=10)


def test_a_turn_is_freed_when_its_process_dies(tmp_path: Path) -> None:
    """A killed worker does not stop the others for ever."""
    program = (
        "import os, pathlib, sys\n"
        "from gate.suites.turns import turn\n"
        "with turn(pathlib.Path(sys.argv[1]), alone=True): os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "turn"
    ended = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        cwd=Path(__file__).parents[3],
        env={"PATH": os.environ["PATH"]},
        timeout=30,
        check=False,
    )
    assert ended.returncode == -9
    with turn(path, alone=True):
        pass
