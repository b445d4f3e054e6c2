"""A real git repository in a folder of its own, with few words."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

KEPT = ("PATH", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Project:
    """A git repository at *root*; nothing of the user's git settings counts."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "Project":
        """Begin an empty repository."""
        root.mkdir(parents=True, exist_ok=True)
        project = cls(root)
        project.git("init", "--quiet", "--initial-branch=main")
        return project

    def write(self, files: Mapping[str, str]) -> None:
        """Write files, by their paths in the repository."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, files: Mapping[str, str], message: str = "a change") -> str:
        """Write files, commit everything, and return the commit's id."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        """Run git; fails when it does."""
        names = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
        }
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        finished = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**kept, **names, **quiet},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return finished.stdout.strip()
