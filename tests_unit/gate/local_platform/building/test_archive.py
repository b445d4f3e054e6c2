"""Source tarballs: what is unpacked, and what is refused."""

import contextlib
import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.local_platform.building.archive import ArchiveRefused, Caps, extract


def packed(folder: Path, *members: tarfile.TarInfo, content: bytes = b"x") -> Path:
    """A gzipped tarball of these members; files all have the same content."""
    path = folder / "source.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            if member.isreg():
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
            else:
                archive.addfile(member)
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> tarfile.TarInfo:
    """One member of a tarball."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def link(name: str, to: str) -> tarfile.TarInfo:
    """A symbolic link."""
    return member(name, tarfile.SYMTYPE, to)


EVIL: dict[str, Callable[[], list[tarfile.TarInfo]]] = {
    "parent": lambda: [member("../evil")],
    "parent inside": lambda: [member("a/../../evil")],
    "absolute": lambda: [member("/tmp/evil")],
    "drive": lambda: [member("C:evil")],
    "backslash": lambda: [member("a\\..\\evil")],
    "hard link": lambda: [member("a"), member("b", tarfile.LNKTYPE, "a")],
    "fifo": lambda: [member("f", tarfile.FIFOTYPE)],
    "block device": lambda: [member("d", tarfile.BLKTYPE)],
    "dot": lambda: [member(".")],
    "nothing": lambda: [member("")],
    "device": lambda: [member("d", tarfile.CHRTYPE)],
    "link out": lambda: [link("l", "../../outside")],
    "absolute link": lambda: [link("l", "/etc/passwd")],
    "write through a link": lambda: [link("l", "/tmp"), member("l/evil")],
    "link through a link": lambda: [link("a", "."), link("b", "a/../outside")],
    "link over a file": lambda: [member("a"), link("a", "b")],
    "file twice": lambda: [member("a"), member("a")],
    "file as folder": lambda: [member("a"), member("a/b")],
    "deep": lambda: [member("/".join("d" * 60))],
    "long name": lambda: [member("n" * 2_000)],
}


@pytest.mark.parametrize("name", EVIL)
def test_evil_tarballs_are_refused(tmp_path: Path, name: str) -> None:
    """Nothing is written outside the tree, whatever is tried."""
    root = tmp_path / "place" / "root"
    with pytest.raises(ArchiveRefused):
        extract(packed(tmp_path, *EVIL[name]()), root)
    assert {path.name for path in tmp_path.iterdir()} == {"place", "source.tgz"}
    assert list((tmp_path / "place").iterdir()) == [root]


def test_a_long_chain_of_links_does_not_escape(tmp_path: Path) -> None:
    """The way around the standard library's filters (CVE-2025-4517)."""
    members, path = [], ""
    for step in "abcdefghijklmnop":
        long = "d" * 200
        members += [member(f"{path}{long}", tarfile.DIRTYPE)]
        members += [link(f"{path}{step}", long)]
        path += f"{step}/"
    chain = "/".join("abcdefghijklmnop")
    members += [link(f"{chain}/{'l' * 200}", "../" * 16)]
    members += [link("escape", f"{chain}/{'l' * 200}/../../outside")]
    members += [member("escape/evil")]
    with pytest.raises(ArchiveRefused):
        extract(packed(tmp_path, *members), tmp_path / "place" / "root")
    assert {path.name for path in tmp_path.iterdir()} == {"place", "source.tgz"}


@pytest.mark.parametrize(
    "caps", [Caps(bytes_out=1_000), Caps(members=3), Caps(bytes_out=10, members=1)]
)
def test_bombs_are_refused(tmp_path: Path, caps: Caps) -> None:
    """Too many members, or too much in them."""
    members = [member(f"file-{number}") for number in range(5)]
    bomb = packed(tmp_path, *members, content=b"\0" * 300_000)
    assert bomb.stat().st_size < 10_000
    with pytest.raises(ArchiveRefused):
        extract(bomb, tmp_path / "root", caps)


def test_what_shrank_too_well_is_refused(tmp_path: Path) -> None:
    """A small tarball may not become a large tree, however large trees may be."""
    bomb = packed(tmp_path, member("zeros"), content=bytes(17 * 1024 * 1024))
    with pytest.raises(ArchiveRefused, match="100 times its size"):
        extract(bomb, tmp_path / "root")


def test_a_million_members_are_refused_while_they_are_read(tmp_path: Path) -> None:
    """After the first few thousand: the rest of the tarball may be anything."""
    path = tmp_path / "source.tgz"
    with gzip.open(path, "wb") as file:
        for number in range(101):
            file.write(member(f"file-{number}").tobuf())
        file.write(os.urandom(100_000))
    with pytest.raises(ArchiveRefused, match="more than 100 members"):
        extract(path, tmp_path / "root", Caps(members=100))
    assert len(list((tmp_path / "root").iterdir())) == 100


@pytest.mark.parametrize(
    "headers",
    [
        {"path": "a\0b"},
        {"path": "../evil"},
        {"size": "-1"},
        {"size": "99999999999999999999"},
        {"size": "100000"},
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.size": "9" * 9},
        {"GNU.sparse.map": "0,1", "GNU.sparse.size": "999999999"},
    ],
)
def test_headers_that_lie_are_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    """PAX headers may say another name or size than the member has."""
    path = tmp_path / "source.tgz"
    info = member("honest")
    info.size, info.pax_headers = 1, headers
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(ArchiveRefused):
        extract(path, tmp_path / "place" / "root")
    assert {p.name for p in tmp_path.iterdir()} == {"place", "source.tgz"}


def test_headers_without_end_are_refused(tmp_path: Path) -> None:
    """Each long name announces another one."""
    info = member("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    info.size = 1
    with gzip.open(tmp_path / "source.tgz", "wb") as file:
        file.write((info.tobuf(tarfile.GNU_FORMAT) + bytes(512)) * 20_000)
    with pytest.raises(ArchiveRefused):
        extract(tmp_path / "source.tgz", tmp_path / "root")


@given(places=st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 255))))
def test_a_spoiled_tarball_stays_in_its_tree(
    tmp_path_factory: pytest.TempPathFactory, places: list[tuple[int, int]]
) -> None:
    """Whatever bytes are changed: a refusal, or files inside."""
    folder = tmp_path_factory.mktemp("spoiled")
    tree = (member("a/b"), link("a/c", "b"), member("d", tarfile.DIRTYPE))
    plain = bytearray(gzip.decompress(packed(folder, *tree).read_bytes()))
    for place, value in places:
        plain[place] = value
    (folder / "source.tgz").write_bytes(gzip.compress(bytes(plain), 1))
    with contextlib.suppress(ArchiveRefused):
        extract(folder / "source.tgz", folder / "place" / "root")
    assert {path.name for path in folder.iterdir()} == {"place", "source.tgz"}
    for path in folder.rglob("*"):
        assert path.resolve().is_relative_to(folder.resolve())


@given(content=st.binary(max_size=2_000), cut=st.integers(0, 200))
def test_what_is_no_tarball_is_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cut: int
) -> None:
    """Noise and halves of archives end in a refusal, never in another error."""
    folder = tmp_path_factory.mktemp("noise")
    whole = packed(folder, member("a"), member("b")).read_bytes()
    for number, text in enumerate((content, whole[: min(cut, len(whole) - 12)])):
        path = folder / f"{number}.tgz"
        path.write_bytes(text)
        with pytest.raises(ArchiveRefused):
            extract(path, folder / f"root-{number}")


def test_an_honest_tree_is_unpacked_as_it_was(tmp_path: Path) -> None:
    """Folders, files, their executable bit, and links inside; no other bits."""
    script = member("bin/run")
    script.mode = 0o4777
    tree = [member("app/a.txt"), script, link("app/here", "../bin/run")]
    root = tmp_path / "root"
    assert extract(packed(tmp_path, *tree, content=b"hello"), root) == 10
    assert (root / "app/here").read_bytes() == b"hello"
    assert (root / "bin/run").stat().st_mode & 0o7111 in (0o100, 0o110, 0o111)
    assert not (root / "app/a.txt").stat().st_mode & 0o111
