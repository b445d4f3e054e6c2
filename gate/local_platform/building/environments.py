"""Python environments for slugs, made once per set of requirements by uv."""

import asyncio
import hashlib
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from gate.local_platform.processes.death_signal import with_parent

Say = Callable[[str], None]
BUILD_LIMIT = 15 * 60.0  # seconds, as on Heroku

_LONGEST_LINE = 1024 * 1024
_INCLUDE = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[ =]?\s*(\S+)")
_VERSION = re.compile(r"^\d+\.\d+(\.\d+)?$")
_PASSED_ON = re.compile(
    r"^(PATH|HOME|LANG|LC_ALL|TMPDIR|XDG_CACHE_HOME|UV_.*|PIP_.*|SSL_CERT_\w+"
    r"|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|(https?|all|no)_proxy)$",
    re.IGNORECASE,
)


class BuildError(Exception):
    """The source cannot become a slug; the build's output says why."""


def installer_variables() -> dict[str, str]:
    """What the installer may see of our environment: where and how to download."""
    kept = {name: text for name, text in os.environ.items() if _PASSED_ON.match(name)}
    return kept | {"UV_NO_PROGRESS": "1", "UV_PYTHON_DOWNLOADS": "never"}


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python to build environments on."""

    path: str
    version: str


class Environments:
    """The folder of environments, each complete or absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._uv = str(Path(sys.executable).with_name("uv"))
        self._being_made: dict[str, asyncio.Lock] = {}

    def bin(self, name: str) -> Path:
        """The folder of an environment's programs."""
        return self._folder / name / "bin"

    async def prepare(self, source: Path, say: Say) -> str:
        """The name of the environment that a source tree needs, making it if new.

        Raises BuildError when uv cannot install the requirements.
        """
        interpreter = await self._interpreter(source, say)
        requirements = source / "requirements.txt"
        text = _with_includes(requirements, source.resolve())
        key = f"{interpreter.version}\n{interpreter.path}\n{text}"
        name = hashlib.sha256(key.encode()).hexdigest()
        async with self._being_made.setdefault(name, asyncio.Lock()):
            if (self._folder / name).is_dir():
                say("-----> Using the cached environment of the same requirements")
            else:
                await self._make(name, interpreter, requirements, say)
        return name

    async def _make(
        self, name: str, interpreter: Interpreter, requirements: Path, say: Say
    ) -> None:
        """Build under another name and rename, so that a killed build leaves none."""
        temporary = Path(mkdtemp(dir=self._folder, prefix=".new-"))
        place = temporary / "env"
        try:
            await self._run(
                ["venv", "--relocatable", "--python", interpreter.path, str(place)],
                cwd=temporary,
                say=lambda _line: None,
            )
            if requirements.is_file() and requirements.stat().st_size:
                say("-----> Installing requirements.txt with uv")
                await self._run(
                    ["pip", "install", "--python", str(place), "-r", str(requirements)],
                    cwd=requirements.parent,
                    say=lambda line: say(f"       {line}"),
                )
            else:
                say("-----> No requirements: the environment stays empty")
            place.rename(self._folder / name)
        finally:
            await asyncio.to_thread(shutil.rmtree, temporary, ignore_errors=True)

    async def _interpreter(self, source: Path, say: Say) -> Interpreter:
        """What .python-version asks for if it is here, else what runs us."""
        running = Interpreter(sys.executable, ".".join(map(str, sys.version_info[:3])))
        wanted_file = source / ".python-version"
        wanted = (
            wanted_file.read_text(errors="replace").strip()
            if wanted_file.is_file()
            else ""
        )
        if not wanted:
            say(f"-----> Using Python {running.version}; there is no .python-version")
            return running
        if not _VERSION.match(wanted):
            raise BuildError(f".python-version says {wanted!r}, which is no version")
        if (running.version + ".").startswith(wanted + "."):
            say(f"-----> Using Python {running.version}")
            return running
        found: list[str] = []
        command = ["python", "find", "--system", wanted]
        try:
            await self._run(command, cwd=source, say=found.append)
        except BuildError:
            say(
                f"-----> Python {wanted} is not installed here; using {running.version}"
            )
            return running
        say(f"-----> Using Python {wanted} at {found[-1]}")
        return Interpreter(found[-1], wanted)

    async def _run(self, arguments: list[str], *, cwd: Path, say: Say) -> None:
        """Run uv, line by line; it dies with a cancelled build."""
        try:
            process = await asyncio.create_subprocess_exec(
                self._uv,
                *arguments,
                cwd=cwd,
                env=installer_variables(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=with_parent(),
                limit=_LONGEST_LINE,
            )
        except FileNotFoundError:
            raise BuildError(f"uv is not installed at {self._uv}") from None
        try:
            async with asyncio.timeout(BUILD_LIMIT):
                assert process.stdout is not None
                while line := await process.stdout.readline():
                    say(line.decode(errors="replace").rstrip())
                status = await process.wait()
        except TimeoutError:
            raise BuildError(f"uv took longer than {BUILD_LIMIT:.0f} s") from None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if status != 0:
            raise BuildError(f"uv {arguments[0]} ended with status {status}")


def _with_includes(file: Path, root: Path, depth: int = 0) -> str:
    """A requirements file and what it includes from the same tree."""
    if depth > 5 or not file.is_file() or not file.resolve().is_relative_to(root):
        return ""
    text = file.read_text(errors="replace")
    includes = (m[1] for m in map(_INCLUDE.match, text.splitlines()) if m)
    parts = [_with_includes(file.parent / name, root, depth + 1) for name in includes]
    return "\n".join([text, *parts])
