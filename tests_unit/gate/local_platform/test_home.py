"""Whose folder it is, and what others are told about the platform in it."""

import os
from pathlib import Path

import pytest

from gate.errors import UsageProblem
from gate.local_platform import control
from gate.local_platform.home import Home
from gate.local_platform.processes.process_identity import ProcessIdentity

OURS = ("dynos", "environments", "slugs", "blobs", "outputs", "apps", "state.json")


@pytest.mark.parametrize("name", [*OURS, "token", "lock", "NOTICE.txt"])
def test_a_familiar_name_does_not_make_a_folder_ours(tmp_path: Path, name: str) -> None:
    """A project may well have `apps` or `outputs` of its own: nothing is touched."""
    theirs = tmp_path / name / "theirs"
    theirs.parent.mkdir()
    theirs.touch()
    before = tmp_path.stat().st_mode
    with pytest.raises(UsageProblem, match="holds other files"):
        Home(tmp_path).prepare()
    assert control.down(tmp_path) is control.Stop.NOT_RUNNING
    assert list(tmp_path.rglob("*")) == [theirs.parent, theirs]
    assert tmp_path.stat().st_mode == before


def test_a_preparation_cut_short_is_no_obstacle(tmp_path: Path) -> None:
    """Killed while it made the folder its own: the next one does."""
    begun = tmp_path / ".NOTICE.txt.half"
    begun.write_text("This fol")
    home = Home(tmp_path)
    home.prepare()
    assert home.is_ours()
    assert begun in home.temporary


def test_a_folder_stays_ours_without_its_notice(tmp_path: Path) -> None:
    """Who held its lock is known as well, and the notice comes back."""
    home = Home(tmp_path / "home")
    home.prepare()
    handle = home.lock()
    process = ProcessIdentity.of(os.getpid())
    assert process is not None
    home.sign_lock(handle, process)
    os.close(handle)
    home.notice.unlink()
    home.prepare()
    assert home.notice.exists()
