"""What is removed from the platform's folder, and when."""

import asyncio
import os
from pathlib import Path

import pytest

from gate.local_platform.building.environments import Environments
from gate.local_platform.home import Home
from gate.local_platform.logplex import Logplex
from gate.local_platform.outputs import Outputs
from gate.local_platform.premises import Premises
from gate.local_platform.signing import Signer
from gate.local_platform.slugs import SlugMaker
from gate.local_platform.store import Store
from gate.local_platform.tidying import Tidying
from gate.local_platform.timers import Timers


@pytest.fixture(name="home")
def prepared_home(tmp_path: Path) -> Home:
    """A platform's folder."""
    home = Home(tmp_path / "home")
    home.prepare()
    return home


def tidying(home: Home) -> Tidying:
    """What tidies that folder, very often."""
    premises = Premises(
        home=home,
        timers=Timers.of(1.0, {"tidy": 0.05}),
        store=Store.open(home.state),
        logplex=Logplex(),
        outputs=Outputs(home.path / "outputs"),
        environments=Environments(home.environments),
        signer=Signer("secret"),
    )
    return Tidying(premises, SlugMaker(premises))


def old_source(home: Home) -> Path:
    """An uploaded source that nobody can need any more."""
    source = home.blob("old")
    source.touch()
    os.utime(source, (0, 0))
    return source


def test_nothing_is_removed_while_a_state_lies_aside(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever asks for it; the log says why, and what to do about it."""
    tidier, source = tidying(home), old_source(home)
    aside = home.path / "state.json.damaged-2026-01-01T00-00-00Z"
    aside.touch()
    asyncio.run(tidier.once())
    assert source.exists()
    assert f"until you move {aside} away" in caplog.text
    aside.unlink()
    asyncio.run(tidier.once())
    assert not source.exists()


def test_tidying_goes_on_after_a_failure(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """What could not be removed this time is removed once it can be."""
    asyncio.run(fail_then_succeed(tidying(home), obstacle(home), caplog))


async def fail_then_succeed(
    tidier: Tidying, obstacle: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Tidy until it failed at an obstacle; then until what took its place is gone."""
    going_on = asyncio.create_task(tidier.go_on())
    async with asyncio.timeout(10):
        while "could not be removed" not in caplog.text:
            assert not going_on.done()
            await asyncio.sleep(0)
        replaced(obstacle)
        while is_there(obstacle):
            assert not going_on.done()
            await asyncio.sleep(0)
    going_on.cancel()


def obstacle(home: Home) -> Path:
    """A folder in the place of an old source, which cannot be removed like one."""
    folder = home.blob("old")
    folder.mkdir()
    os.utime(folder, (0, 0))
    return folder


def is_there(file: Path) -> bool:
    """Whether nobody removed it yet."""
    return file.exists()


def replaced(folder: Path) -> None:
    """Put an empty file where the folder was."""
    folder.rmdir()
    folder.touch()
    os.utime(folder, (0, 0))


def test_a_start_clears_only_half_made_files_of_its_own(home: Home) -> None:
    """A hidden file that somebody keeps there is not one of them."""
    half = home.path / ".state.json.abcdefgh"
    theirs = home.path / ".theirs.txt"
    for file in (half, theirs):
        file.touch()
    asyncio.run(tidying(home).at_start())
    assert theirs.exists()
    assert not half.exists()
