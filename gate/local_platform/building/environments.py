"""Python environments for slugs, made once per set of requirements by uv."""

import asyncio
import hashlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from gate.local_platform.building.commands import BuildError, Say, run
from gate.local_platform.building.dependencies import Dependencies, dependencies
from gate.local_platform.building.installer import installer_variables
from gate.local_platform.building.interpreters import Installed, Interpreter, choose

# Heroku puts setuptools into every Python up to 3.12; old packages need what newer
# ones no longer bring (pkg_resources).
SEED = "setuptools<81"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What one environment is made from."""

    source: Path
    interpreter: Interpreter
    needs: Dependencies
    revision: str

    @property
    def name(self) -> str:
        parts = [SEED, self.interpreter.version, self.interpreter.path]
        parts += [self.needs.file, self.needs.fingerprint]
        if self.needs.take_in_source:
            parts.append(self.revision)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def is_seeded(self) -> bool:
        major, minor = self.interpreter.minor.split(".")
        return (int(major), int(minor)) <= (3, 12)


class Environments:
    """The folder of environments, each complete or absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._uv = str(Path(sys.executable).with_name("uv"))
        self._being_made: dict[str, asyncio.Lock] = {}

    def bin(self, name: str) -> Path:
        """The folder of an environment's programs."""
        return self._folder / name / "bin"

    async def prepare(self, source: Path, revision: str, *, say: Say, warn: Say) -> str:
        """The name of the environment that a source tree needs, making it if new.

        Raises BuildError when what it needs cannot be installed. *revision* tells
        sources apart where the source itself is installed.
        """
        needs = dependencies(source, warn)
        variables = installer_variables()
        interpreter = await choose(
            source, Installed(self._uv, variables, self._folder), say=say, warn=warn
        )
        plan = _Plan(source, interpreter, needs, revision)
        async with self._being_made.setdefault(plan.name, asyncio.Lock()):
            if (self._folder / plan.name).is_dir():
                say("-----> Using the cached environment of the same requirements")
            else:
                await self._make(plan, say)
        return plan.name

    async def _make(self, plan: _Plan, say: Say) -> None:
        """Build under another name and rename, so that a killed build leaves none."""
        temporary = Path(mkdtemp(dir=self._folder, prefix=".new-"))
        place = temporary / "env"
        python = plan.interpreter.path
        try:
            await self._uv_runs(
                ["venv", "--relocatable", "--python", python, str(place)],
                cwd=temporary,
                mark=temporary,
            )
            if plan.needs.are_none:
                say("-----> No requirements: the environment stays empty")
            else:
                await self._fill(plan, place, say)
            place.rename(self._folder / plan.name)
        finally:
            await asyncio.to_thread(shutil.rmtree, temporary, ignore_errors=True)

    async def _fill(self, plan: _Plan, place: Path, say: Say) -> None:
        install = ["pip", "install", "--python", str(place)]
        if plan.is_seeded:
            await self._uv_runs([*install, SEED], cwd=place.parent, mark=place.parent)
        say(f"-----> Installing {plan.needs.file} with uv")
        file = await self._requirements(plan, place.parent)

        def indented(line: str) -> None:
            say(f"       {line}")

        await self._uv_runs(
            [*install, "-r", str(file)],
            cwd=plan.source,
            mark=place.parent,
            say=indented,
        )

    async def _requirements(self, plan: _Plan, folder: Path) -> Path:
        """The file to install from: the source's own, or one made from its lock."""
        made = folder / "requirements.txt"
        if plan.needs.text is not None:
            made.write_text(plan.needs.text)
        elif plan.needs.file == "uv.lock":
            export = ["export", "--frozen", "--no-default-groups", "--no-header"]
            export += ["--no-editable", "--python", plan.interpreter.path]
            await self._uv_runs(
                [*export, "-o", str(made), "-q"], cwd=plan.source, mark=folder
            )
        else:
            return plan.source / plan.needs.file
        return made

    async def _uv_runs(
        self, arguments: list[str], *, cwd: Path, mark: Path, say: Say | None = None
    ) -> None:
        """Run uv; raises BuildError with what it said if nobody has heard it."""
        unheard: list[str] = []
        status = await run(
            [self._uv, *arguments],
            cwd=cwd,
            environment=installer_variables(),
            mark=mark,
            say=say or unheard.append,
        )
        if status != 0:
            why = "".join(f"\n       {line}" for line in unheard[-20:])
            words = " ".join(arguments[:2] if arguments[0] == "pip" else arguments[:1])
            raise BuildError(f"uv {words} ended with status {status}{why}")
