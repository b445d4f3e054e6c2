"""The platform is killed while it works; the next one goes on as if it had not been."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests_integration.gate.local_platform.kill_trial import Trial

# What is done, the first effect to die at, and the step to the next one.
SCHEDULES = {
    "config, scale, app": (
        ("set_config", 1, 3),
        ("scale", 2, 3),
        ("come_and_go", 3, 11),
    ),
    "rollback, promotion": (("roll_back", 1, 5), ("promote", 2, 5)),
    "release command": (("run_command", 2, 7),),
    "deploy": (("deploy", 3, 9),),
}


@pytest.fixture(name="furnished", scope="module")
def furnished_once(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """A furnished folder whose platform was killed already once."""
    trial = Trial(tmp_path_factory.mktemp("furnished") / "home")
    try:
        trial.start()
        trial.furnish()
        trial.kill()
    finally:
        trial.end()
    return trial


@pytest.fixture(name="trial")
def copied_trial(furnished: Trial, tmp_path: Path) -> Iterator[Trial]:
    """A copy of that folder for one test."""
    trial = furnished.copied(tmp_path / "home")
    yield trial
    trial.end()


@pytest.mark.parametrize("name", SCHEDULES)
def test_any_effect_may_be_the_last(trial: Trial, name: str) -> None:
    """Killed before its n-th effect, for every step until the work gets done."""
    for work, first, step in SCHEDULES[name]:
        dies_at, finished = first, False
        while not finished:
            assert trial.start(dies_at)
            trial.look()
            with trial.mortal():
                getattr(trial, work)()
            finished = trial.is_running()
            trial.kill()
            dies_at += step
    trial.start()
    trial.look()


def test_a_start_may_be_cut_short(trial: Trial) -> None:
    """Killed again and again before it answers, and then left alone."""
    cut = [dies_at for dies_at in (2, 7, 11, 16) if not trial.birth(dies_at)]
    assert cut
    trial.start()
    trial.look()


def test_an_end_may_be_cut_short(trial: Trial) -> None:
    """Killed while it stops its dynos."""
    for dies_at in (1, 3):
        assert trial.start(dies_at)
        trial.look()
        with trial.mortal():
            trial.stop()
        trial.kill()
    trial.start()
    trial.look()


@pytest.mark.parametrize("seed", [1, 2])
def test_any_moment_may_be_the_last(trial: Trial, seed: int) -> None:
    """Killed from outside, after a random while of random work."""
    dice = random.Random(seed)
    for _ in range(3):
        assert trial.start()
        trial.look()
        assert trial.process is not None
        end = threading.Timer(dice.uniform(0.0, 0.6), trial.process.kill)
        end.start()
        with trial.mortal():
            while trial.is_running():
                work = ("deploy", "roll_back", "run_command", "promote", "set_config")
                getattr(trial, dice.choice(work))()
        end.join()
        trial.kill()
    trial.start()
    trial.look()
