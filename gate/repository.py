"""The git repository whose commits are released."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gate.errors import UsageProblem
from gate.interrupts import held_back

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Repository:
    """One git checkout; *root* is its top folder.

    *app_root* is the folder in it that is deployed, `.` for all of it.
    """

    root: Path
    app_root: str = "."

    @classmethod
    def around(cls, folder: Path) -> "Repository":
        """Return the repository around *folder*; raises UsageProblem if none is."""
        try:
            top = _git(folder, "rev-parse", "--show-toplevel")
        except UsageProblem as problem:
            raise UsageProblem(
                f"{folder} is not in a git repository",
                why=problem.why,
                advice="run the gate inside the repository of the app it guards",
            ) from problem
        return cls(Path(top))

    def head(self) -> str:
        """Return the full id of the checked-out commit."""
        try:
            return _git(self.root, "rev-parse", "--verify", "HEAD^{commit}")
        except UsageProblem as problem:
            raise UsageProblem(
                "this repository has no commit yet", advice="commit the app first"
            ) from problem

    def commit(self, name: str) -> str:
        """Return the full id of a commit by any name that git knows it by."""
        return _git(
            self.root,
            "rev-parse",
            "--verify",
            "--end-of-options",
            f"{name}^{{commit}}",
        )

    def changes(self) -> tuple[str, ...]:
        """Return the paths that differ from the checked-out commit."""
        told = _git(
            self.root,
            "status",
            "--porcelain",
            "-z",
            "--no-renames",
            "--untracked-files=normal",
        )
        return tuple(entry[3:] for entry in told.split("\0") if entry)

    def has(self, commit: str) -> bool:
        """Return whether a commit is in this clone."""
        try:
            _git(self.root, "cat-file", "-e", f"{commit}^{{commit}}")
        except UsageProblem:
            return False
        return True

    def holds(self, commit: str, path: str) -> bool:
        """Return whether a path exists in a commit."""
        try:
            _git(self.root, "cat-file", "-e", f"{commit}:{path}")
        except UsageProblem:
            return False
        return True

    def subject(self, commit: str) -> str:
        """Return the first line of a commit's message."""
        return _git(self.root, "log", "-1", "--format=%s", commit, "--")

    def committed_at(self, commit: str) -> str:
        """Return when a commit was made, RFC 3339; empty: it is not in this clone."""
        if not self.has(commit):
            return ""
        return _git(self.root, "show", "--no-patch", "--format=%cI", commit, "--")

    def changed(self, old: str, new: str) -> tuple[str, ...]:
        """Return the app's files that differ between two commits, below its folder.

        Raises UsageProblem when one of them is not in this clone.
        """
        app = self.in_app(".")
        told = _git(self.root, "diff", "--name-only", "-z", "--no-renames", old, new)
        paths = [PurePosixPath(path) for path in told.split("\0") if path]
        return tuple(str(p.relative_to(app)) for p in paths if p.is_relative_to(app))

    def in_app(self, path: str) -> str:
        """Return where a path of the app lies in the repository."""
        return str(PurePosixPath(self.app_root) / path)

    def text(self, commit: str, path: str) -> str:
        """Return the text of a file in a commit."""
        return _git(self.root, "cat-file", "blob", f"{commit}:{path}")

    def digest(self, commit: str, path: str) -> str:
        """Return the SHA-256 of a file in a commit; empty: it holds none there."""
        if not self.holds(commit, path):
            return ""
        content = _said(self.root, "cat-file", "blob", f"{commit}:{path}")
        return hashlib.sha256(content).hexdigest()

    def folders_with(self, commit: str, name: str) -> tuple[str, ...]:
        """Return the folders of a commit that hold a file called *name*."""
        listed = _git(self.root, "ls-tree", "-r", "-z", "--name-only", commit)
        paths = [PurePosixPath(path) for path in listed.split("\0") if path]
        return tuple(str(path.parent) for path in paths if path.name == name)

    def archive(self, commit: str, path: Path) -> None:
        """Write the gzipped tarball of a commit's app to *path*."""
        path.parent.mkdir(parents=True, exist_ok=True)
        app = self.in_app(".")
        tree = commit if app == "." else f"{commit}:{app}"
        _git(self.root, "archive", "--format=tar.gz", f"--output={path}", tree)

    @contextmanager
    def checkout(self, commit: str, folder: Path) -> Iterator[Path]:
        """Give a clean checkout of *commit* in *folder*, and take it away after."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        where = str(folder)
        try:
            with held_back():
                _git(self.root, "worktree", "prune")
                _git(self.root, "worktree", "add", "--detach", "--force", where, commit)
            yield folder
        finally:
            if folder.exists():
                with held_back():
                    _git(self.root, "worktree", "remove", "--force", where)


def _git(folder: Path, *arguments: str) -> str:
    """Return what git says, as text; raises UsageProblem as `_said` does."""
    return _said(folder, *arguments).decode(errors="replace").removesuffix("\n")


def _said(folder: Path, *arguments: str) -> bytes:
    """Run git without the caller's secrets; raises UsageProblem when it refuses."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in {"PATH", "HOME", "LANG", "TMPDIR"}
    }
    try:
        finished = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env={**environment, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        raise UsageProblem(
            "git is not installed", advice="install git, then try again"
        ) from None
    except subprocess.TimeoutExpired:
        raise UsageProblem(
            f"git {arguments[0]} did not end",
            why=f"it had {PATIENCE:.0f} s",
            advice="look whether the disk is slow or the repository very large",
        ) from None
    if finished.returncode != 0:
        told = finished.stderr.decode(errors="replace").strip().splitlines()
        raise UsageProblem(
            f"git {arguments[0]} failed", why=told[-1] if told else "it did not say"
        )
    return finished.stdout
