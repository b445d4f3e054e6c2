"""Which Python a source asks for, and which one here comes nearest to it."""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gate.local_platform.building.commands import BuildError, Say, run

_VERSION = r"(\d{1,2}\.\d{1,3}(?:\.\d{1,3})?)"
_RUNTIME = re.compile(rf"\s*python-{_VERSION}\s*")
_FILE = re.compile(_VERSION)
_SHIMS = re.compile(r"/\.?(pyenv|asdf)/shims/?$")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python to build environments on; *version* has three parts."""

    path: str
    version: str

    @property
    def minor(self) -> str:
        """Its first two parts, such as 3.11."""
        return _minor(self.version)


RUNNING = Interpreter(sys.executable, ".".join(map(str, sys.version_info[:3])))


@dataclass(frozen=True, slots=True)
class Request:
    """A version, `3.12` or `3.12.4`, and the file that asks for it."""

    version: str
    file: str

    @property
    def minor(self) -> str:
        """Its first two parts."""
        return _minor(self.version)

    def fits(self, version: str) -> bool:
        """Whether a full version is what was asked for."""
        return f"{version}.".startswith(f"{self.version}.")


def requested(source: Path) -> Request | None:
    """What runtime.txt asks for, or else .python-version; None: neither is there.

    Raises BuildError where Heroku could not read the file either.
    """
    runtime, pinned = source / "runtime.txt", source / ".python-version"
    if runtime.is_file():
        text = runtime.read_text(errors="replace")
        match = _RUNTIME.fullmatch(text)
        if match is None:
            raise BuildError(
                f"runtime.txt says {text.strip()[:80]!r}: "
                "it must hold one version, like python-3.12 or python-3.12.4"
            )
        return Request(match[1], "runtime.txt")
    if not pinned.is_file():
        return None
    lines = [line.strip() for line in pinned.read_text(errors="replace").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    match = _FILE.fullmatch(lines[0]) if len(lines) == 1 else None
    if match is None:
        told = " ".join(lines)[:80]
        raise BuildError(
            f".python-version says {told!r}: "
            "it must hold one version, like 3.12 or 3.12.4"
        )
    return Request(match[1], ".python-version")


async def choose(
    source: Path, installed: "Installed", *, say: Say, warn: Say
) -> Interpreter:
    """The Python that *source* asks for; where it is not here, the nearest, said."""
    request = requested(source)
    if request is None:
        say(f"-----> Using Python {RUNNING.version}: the app asks for no other")
        return RUNNING
    if request.fits(RUNNING.version):
        say(f"-----> Using Python {RUNNING.version}, as {request.file} says")
        return RUNNING
    here = await installed.all()
    for each in here:
        if request.fits(each.version):
            say(f"-----> Using Python {each.version} at {each.path}")
            return each
    nearest = _nearest(request, here)
    say(f"-----> Using Python {nearest.version}: {request.version} is not installed")
    warn(_difference(request, nearest, here))
    return nearest


def _difference(request: Request, used: Interpreter, here: list[Interpreter]) -> str:
    told = (
        f"{request.file} asks for Python {request.version}, which is not installed "
        f"here; this was built on {used.version}"
    )
    advice = f"to have the same here as on Heroku: uv python install {request.version}"
    if used.minor == request.minor:
        return f"{told}, another patch of it; {advice}"
    versions = ", ".join(each.version for each in here) or used.version
    return f"{told}, ANOTHER Python (there is {versions}); {advice}"


def _nearest(request: Request, here: list[Interpreter]) -> Interpreter:
    """Another patch of the same minor version if there is one, else what runs us."""
    same = [each for each in [RUNNING, *here] if each.minor == request.minor]
    return same[0] if same else RUNNING


@dataclass(frozen=True, slots=True)
class Installed:
    """The Pythons of this machine, as uv finds them; *folder* is one to work in."""

    uv: str
    environment: Mapping[str, str]
    folder: Path

    async def all(self) -> list[Interpreter]:
        """All of them, newest first; the files of Python itself, not its links."""
        lines: list[str] = []
        await run(
            [self.uv, "python", "list", "--only-installed", "--output-format", "json"],
            cwd=self.folder,
            environment={**self.environment, "PATH": _search_path(self.environment)},
            mark=self.folder / "python-list",
            say=lines.append,
        )
        found: dict[str, Interpreter] = {}
        for line in lines:  # warnings come on lines of their own
            for each in json.loads(line) if line.startswith("[{") else []:
                kind = (each["implementation"], each.get("variant", "default"))
                if kind == ("cpython", "default") and each["path"]:
                    known = Interpreter(str(each["path"]), str(each["version"]))
                    found.setdefault(known.version, known)
        return sorted(found.values(), key=lambda it: _order(it.version), reverse=True)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _order(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _search_path(environment: Mapping[str, str]) -> str:
    """PATH with pyenv's Pythons themselves: its shims refuse those not chosen."""
    home = Path(environment.get("HOME", "/"))
    places = sorted(str(each) for each in home.glob(".pyenv/versions/3.*/bin"))
    path = environment.get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":")
    return ":".join([*(each for each in path if not _SHIMS.search(each)), *places])
