"""Which PostgreSQL is used: the one on PATH, else the newest packaged one."""

from pathlib import Path

import pytest

from gate.local_platform.addons.installation import NotInstalled, programs


def installed(folder: Path, *names: str) -> Path:
    """A folder with these programs."""
    folder.mkdir(parents=True)
    for name in names or ("initdb", "postgres", "psql"):
        (folder / name).touch(mode=0o755)
    return folder


def test_the_newest_packaged_one_is_used(tmp_path: Path) -> None:
    """By number: 16 is newer than 9.6."""
    installed(tmp_path / "9.6" / "bin")
    newest = installed(tmp_path / "16" / "bin")
    installed(tmp_path / "15" / "bin")
    assert programs("/nowhere", tmp_path) == newest


def test_the_one_on_the_path_comes_first(tmp_path: Path) -> None:
    """Where a link on it leads."""
    installed(tmp_path / "packaged" / "16" / "bin")
    own = installed(tmp_path / "own")
    links = tmp_path / "links"
    links.mkdir()
    (links / "initdb").symlink_to(own / "initdb")
    assert programs(str(links), tmp_path / "packaged") == own


def test_half_a_postgresql_is_passed_over(tmp_path: Path) -> None:
    """A client without a server, or a server without a client."""
    whole = installed(tmp_path / "15" / "bin")
    installed(tmp_path / "16" / "bin", "psql")
    half = installed(tmp_path / "half", "initdb", "postgres")
    assert programs(str(half), tmp_path) == whole


def test_none_at_all_is_told_with_what_to_do(tmp_path: Path) -> None:
    """Where was looked, and the package's name."""
    with pytest.raises(NotInstalled, match="apt-get install postgresql") as told:
        programs("/nowhere", tmp_path)
    assert str(tmp_path) in str(told.value)
