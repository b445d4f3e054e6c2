"""What an app adds to its build: bin/pre_compile, bin/post_compile, collectstatic."""

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gate.local_platform.building.commands import BuildError, Say, run

_SWITCH = "DISABLE_COLLECTSTATIC"


@dataclass(frozen=True, slots=True)
class Hooks:
    """Runs them in the source tree *root*, with the app's config vars.

    *home* is a folder for the time of the build: all their processes are known by it.
    """

    root: Path
    home: Path
    config: Mapping[str, str]
    say: Say

    async def run(self, name: str, programs: Path | None = None) -> None:
        """Run `bin/<name>` if it is there; raises BuildError when it fails."""
        script = self.root / "bin" / name
        if not script.is_file():
            return
        self.say(f"-----> Running bin/{name} hook")
        script.chmod(0o755)
        shell = ["/bin/bash", "-c", '"$0"', str(script)]  # for one without #!
        await self._run(shell, f"bin/{name}", programs)

    async def collect_static(self, programs: Path) -> None:
        """Collect a Django project's static files, as Heroku's buildpack does."""
        manage = self._manage()
        if manage is None or not any(
            programs.parent.glob("lib/python*/site-packages/django/__init__.py")
        ):
            return
        if self.config.get(_SWITCH):
            self.say(f"-----> Skipping Django collectstatic: {_SWITCH} is set")
            return
        command = ["python", str(manage), "collectstatic", "--noinput"]
        self.say(f"-----> $ {' '.join(command)}")
        try:
            await self._run([str(programs / "python"), *command[1:]], "it", programs)
        except BuildError:
            raise BuildError(
                "Collecting Django's static files failed. Correct what it names, or "
                f"go on without: set the config var {_SWITCH}=1"
            ) from None

    def _manage(self) -> Path | None:
        """The manage.py that is nearest to the top, at most two folders down."""
        for pattern in ("manage.py", "*/manage.py", "*/*/manage.py"):
            for path in sorted(self.root.glob(pattern)):
                return path.relative_to(self.root)
        return None

    async def _run(self, command: list[str], what: str, programs: Path | None) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = "/usr/local/bin:/usr/bin:/bin"
        base = {"LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONPATH": "."}
        fixed = {
            "HOME": str(self.home),
            "PATH": f"{programs}:{path}" if programs else path,
            "PIP_REQUIRE_VIRTUALENV": "1",  # what they install is not this machine's
        }
        try:
            status = await run(
                command,
                cwd=self.root,
                environment=base | dict(self.config) | fixed,
                mark=self.home,
                say=lambda line: self.say(f"       {line}"),
            )
        finally:
            await asyncio.to_thread(shutil.rmtree, self.home, ignore_errors=True)
        if status != 0:
            raise BuildError(f"{what} ended with status {status}")
