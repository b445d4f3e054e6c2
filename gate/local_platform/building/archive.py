"""Source tarballs, extracted without trusting them.

The standard library's extraction filters have been escaped through chains of
symbolic links (CVE-2025-4517 and relatives), so this one writes files first,
links last, and only links that cannot lead out of the tree.
"""

import gzip
import os
import tarfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Self, cast

_CHUNK = 256 * 1024
_HEADER_TYPES = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


class ArchiveRefused(ValueError):
    """The tarball is damaged, too large, or tries to leave its tree."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How large a tree may become; *ratio* is to the tarball, past *small* bytes."""

    bytes_out: int = 512 * 1024 * 1024
    ratio: int = 100
    small: int = 16 * 1024 * 1024
    members: int = 50_000
    depth: int = 40
    name: int = 1_024
    header: int = 64 * 1024


def extract(tarball: Path, root: Path, caps: Caps | None = None) -> int:
    """Write a gzipped tarball below the new folder `root`; returns bytes written.

    Raises ArchiveRefused; the caller removes what was written until then.
    """
    root.mkdir(mode=0o700, parents=True)
    extraction = _Extraction(root, caps or Caps())
    try:
        size = tarball.stat().st_size
        with gzip.open(tarball) as gz, _open(gz, extraction.caps, size) as archive:
            for member in archive:
                extraction.take(archive, member)
    except (
        tarfile.TarError,
        EOFError,
        OSError,
        zlib.error,
        ValueError,
        RecursionError,  # headers that announce headers that announce headers
    ) as error:
        if isinstance(error, ArchiveRefused):
            raise
        raise ArchiveRefused(f"not a usable gzipped tar archive: {error}") from error
    extraction.make_links()
    return extraction.written


class _Metered:
    """A stream that ends in a refusal once too much came out of it."""

    def __init__(self, stream: gzip.GzipFile, limit: int, why: str) -> None:
        self._stream = stream
        self._left = limit
        self._why = why

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise ArchiveRefused(self._why)
        return data


def _open(gz: gzip.GzipFile, caps: Caps, size: int) -> tarfile.TarFile:
    class Careful(tarfile.TarInfo):
        """Header members are held in memory whole, so they must be short."""

        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
            info = super().frombuf(buf, encoding, errors)
            if info.type in _HEADER_TYPES and info.size > caps.header:
                raise ArchiveRefused("it has an oversized header")
            return info

    most = caps.bytes_out + caps.members * 1_024
    why = "it unpacks to more than the allowed size"
    plausible = max(caps.small, caps.ratio * size)
    if plausible < most:
        most, why = plausible, f"it unpacks to more than {caps.ratio} times its size"
    metered = cast("IO[bytes]", _Metered(gz, most, why))
    return tarfile.open(fileobj=metered, mode="r|", tarinfo=Careful)


@dataclass(slots=True)
class _Extraction:
    root: Path
    caps: Caps
    written: int = 0
    count: int = 0
    links: dict[PurePosixPath, str] = field(default_factory=dict)

    def take(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        self.count += 1
        if self.count > self.caps.members:
            raise ArchiveRefused(f"it has more than {self.caps.members} members")
        name = self._safe_name(member.name)
        if member.isdir():
            self._make_folder(name)
        elif member.isreg() and not member.issparse():
            self._make_file(archive, member, name)
        elif member.issym():
            self.links[name] = member.linkname
        else:
            raise ArchiveRefused(
                f"{member.name!r} is neither a file, a folder nor a symbolic link"
            )

    def _safe_name(self, name: str) -> PurePosixPath:
        path = PurePosixPath(name)
        wrong = (
            path.is_absolute()
            or ".." in path.parts
            or "\0" in name
            or "\\" in name
            or name[1:2] == ":"
            or len(name) > self.caps.name
            or len(path.parts) > self.caps.depth
        )
        if wrong:
            raise ArchiveRefused(f"it has a member with the unsafe name {name[:80]!r}")
        return path

    def _make_folder(self, name: PurePosixPath) -> None:
        try:
            (self.root / name).mkdir(mode=0o755, parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise ArchiveRefused(f"{name} is both a file and a folder") from None

    def _make_file(
        self, archive: tarfile.TarFile, member: tarfile.TarInfo, name: PurePosixPath
    ) -> None:
        self._make_folder(name.parent)
        source = archive.extractfile(member)
        mode = 0o755 if member.mode & 0o100 else 0o644
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        try:
            target = os.open(self.root / name, flags, mode)
        except FileExistsError:
            raise ArchiveRefused(f"{name} appears twice") from None
        with os.fdopen(target, "wb") as file:
            while source is not None and (chunk := source.read(_CHUNK)):
                self.written += len(chunk)
                if self.written > self.caps.bytes_out:
                    raise ArchiveRefused("it unpacks to more than the allowed size")
                file.write(chunk)
            if file.tell() != member.size:
                raise ArchiveRefused(f"{name} is shorter than its header says")

    def make_links(self) -> None:
        """Links come last, so that no file was ever written through one."""
        for name, target in self.links.items():
            self._check_link(name, target)
        for name, target in self.links.items():
            self._make_folder(name.parent)
            try:
                (self.root / name).symlink_to(target)
            except (FileExistsError, ValueError, OSError):
                raise ArchiveRefused(f"the link {name} cannot be made") from None

    def _check_link(self, name: PurePosixPath, target: str) -> None:
        """Walk the target by its text: inside the tree, through no other link."""
        if not target or target.startswith("/") or len(target) > self.caps.name:
            raise ArchiveRefused(f"the link {name} leads out of the tree")
        place = list(name.parent.parts)
        for part in PurePosixPath(target).parts:
            if PurePosixPath(*place) in self.links:
                raise ArchiveRefused(f"the link {name} leads through another link")
            if part != "..":
                place.append(part)
            elif place:
                place.pop()
            else:
                raise ArchiveRefused(f"the link {name} leads out of the tree")
