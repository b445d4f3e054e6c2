"""What a source needs installed, from the files that Heroku's buildpack knows."""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.local_platform.building.commands import BuildError, Say

_INCLUDE = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[ =]?\s*(\S+)")
_LOCAL = re.compile(
    r"^\s*(?:-e|--editable)\b|^\s*(?:\.|/|file:)|@\s*file:|^\s*\w[\w.-]*/|\b(?:editable|directory) = ",
    re.MULTILINE,
)
_FOREIGN = (
    ("package.json", "Node.js"),
    ("Gemfile", "Ruby"),
    ("go.mod", "Go"),
    ("pom.xml", "Java"),
    ("composer.json", "PHP"),
)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The file that names them, and everything that decides what is installed.

    *text* are requirements where they are not simply those of the file.
    """

    file: str
    fingerprint: str
    text: str | None = None

    @property
    def are_none(self) -> bool:
        """Whether nothing is to be installed."""
        return not self.fingerprint.strip()

    @property
    def take_in_source(self) -> bool:
        """Whether the source itself is among what is installed."""
        return _LOCAL.search(self.fingerprint) is not None


def dependencies(source: Path, warn: Say) -> Dependencies:
    """Return what a source needs installed.

    Raises BuildError where Heroku, or only this platform, cannot install it.
    """
    root = source.resolve()
    requirements, lock = source / "requirements.txt", source / "uv.lock"
    pipenv = source / "Pipfile.lock"
    if requirements.is_file():
        if pipenv.is_file() or (source / "Pipfile").is_file():
            warn(
                "there are a Pipfile and a requirements.txt: this used the latter, "
                "Heroku would use the Pipfile"
            )
        return Dependencies("requirements.txt", _with_includes(requirements, root))
    if pipenv.is_file():
        text = requirements_of(pipenv.read_text(errors="replace"))
        return Dependencies("Pipfile.lock", text, text)
    if (source / "Pipfile").is_file():
        raise BuildError(
            "There is a Pipfile without its lock: run `pipenv lock` and "
            "commit Pipfile.lock"
        )
    if (source / "poetry.lock").is_file():
        raise BuildError(
            "Poetry is not emulated here, though Heroku knows it. Run `poetry export "
            "-o requirements.txt` and commit that (Heroku then uses it as well)"
        )
    if lock.is_file():
        project = (source / "pyproject.toml").read_text(errors="replace")
        return Dependencies("uv.lock", f"{lock.read_text()}\n{project}")
    if (source / "setup.py").is_file():
        return Dependencies("setup.py", "-e .", ".\n")
    _without_any(source, warn)
    return Dependencies("", "")


def _without_any(source: Path, warn: Say) -> None:
    for name, language in _FOREIGN:
        if (source / name).is_file():
            raise BuildError(
                f"This looks like {language} ({name}): only Python apps can be built "
                "here. If it is Python as well, add a requirements.txt"
            )
    if _needs_packages(source / "pyproject.toml"):
        raise BuildError(
            "pyproject.toml names dependencies, but Heroku does not install from it: run "
            "`uv lock` and commit uv.lock, or add a requirements.txt"
        )
    warn(
        "there is no requirements.txt, so nothing is installed; Heroku would refuse "
        "a Python app without one: add it, even if empty"
    )


def _needs_packages(pyproject: Path) -> bool:
    """Whether it names dependencies; many only set up tools."""
    try:
        read = tomllib.loads(pyproject.read_text(errors="replace"))
    except FileNotFoundError:
        return False
    except tomllib.TOMLDecodeError as error:
        raise BuildError(f"pyproject.toml cannot be read: {error}") from None
    project, tool = read.get("project", {}), read.get("tool", {})
    return bool(project.get("dependencies")) or "poetry" in tool


def requirements_of(pipfile_lock: str) -> str:
    """Return a Pipfile.lock's default packages as requirements; raises BuildError."""
    try:
        packages: dict[str, Any] = json.loads(pipfile_lock)["default"]
        return "".join(_requirement(*item) for item in sorted(packages.items()))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BuildError(
            "Pipfile.lock cannot be read: run `pipenv lock` and commit what it writes"
        ) from None


def _requirement(name: str, package: dict[str, Any]) -> str:
    if "version" not in package:
        raise BuildError(
            f"Pipfile.lock names {name} by a path or repository, which is not "
            "emulated here: run `pipenv requirements > requirements.txt`, commit that "
            "and remove the Pipfile"
        )
    extras = f"[{','.join(package['extras'])}]" if package.get("extras") else ""
    marker = f" ; {package['markers']}" if package.get("markers") else ""
    hashes = "".join(f" --hash={each}" for each in package.get("hashes", ()))
    return f"{name}{extras}{package['version']}{marker}{hashes}\n"


def _with_includes(file: Path, root: Path, depth: int = 0) -> str:
    """A requirements file and what it includes from the same tree."""
    if depth > 5 or not file.is_file() or not file.resolve().is_relative_to(root):
        return ""
    text = file.read_text(errors="replace")
    includes = (m[1] for m in map(_INCLUDE.match, text.splitlines()) if m)
    parts = [_with_includes(file.parent / name, root, depth + 1) for name in includes]
    return "\n".join([text, *parts]).strip()
