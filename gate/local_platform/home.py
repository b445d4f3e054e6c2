"""The platform's folder: where each thing lives, private to its owner."""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from gate.errors import LeaseHeld, StateDamaged, UsageProblem
from gate.local_platform.processes.process_identity import ProcessIdentity
from gate.local_platform.store import write_atomically
from gate.local_platform.timers import Timers

_SECRET_LENGTH = 64  # hexadecimal digits
_FOLDERS = ("dynos", "environments", "slugs", "blobs", "outputs", "apps")
_NOTICE = """\
This folder belongs to a local platform of gate. It removes whatever it does not know
in here: keep nothing of your own in it.
"""


@dataclass(frozen=True, slots=True)
class Running:
    """What a running platform tells others about itself, but for the token."""

    api_url: str
    process: ProcessIdentity
    exit: float = Timers().exit  # seconds that its dynos may take to end


@dataclass(frozen=True, slots=True)
class Home:
    """One platform's folder and the paths in it."""

    path: Path

    @property
    def state(self) -> Path:
        """What the platform remembers."""
        return self.path / "state.json"

    @property
    def log(self) -> Path:
        """What the platform itself printed."""
        return self.path / "platform.log"

    @property
    def running(self) -> Path:
        """The file that tells others where the API answers."""
        return self.path / "running.json"

    @property
    def notice(self) -> Path:
        """Tells people, and the next platform, whose folder this is."""
        return self.path / "NOTICE.txt"

    @property
    def temporary(self) -> Iterator[Path]:
        """What files of the platform are called until they are whole."""
        for file in (self.state, self.running, self.notice):
            yield from _unfinished(file)
        for name in ("token", "signing-key"):
            yield from _unfinished(self.path / name)

    @property
    def dynos(self) -> Path:
        """The running dynos, each in a copy of its slug."""
        return self.path / "dynos"

    @property
    def environments(self) -> Path:
        """Python environments, by what was asked for."""
        return self.path / "environments"

    @property
    def blobs(self) -> Path:
        """Uploaded tarballs, of sources and of slugs."""
        return self.path / "blobs"

    @property
    def slugs(self) -> Path:
        """The trees of slugs, each in a folder of its own."""
        return self.path / "slugs"

    def slug(self, slug_id: str) -> Path:
        """The tree of files that dynos of this slug get a copy of."""
        return self.slugs / slug_id / "app"

    def blob(self, blob_id: str) -> Path:
        """One uploaded tarball."""
        return self.blobs / f"{blob_id}.tgz"

    @property
    def outputs(self) -> Path:
        """What builds and release phases printed, a file each."""
        return self.path / "outputs"

    @property
    def apps(self) -> Path:
        """What belongs to single apps, a folder each."""
        return self.path / "apps"

    def app_data(self, app_id: str) -> Path:
        """Where an app's SQLite file lives; it outlasts dynos and releases."""
        return self.apps / app_id / "data"

    def prepare(self) -> None:
        """Create what is missing; refuse a folder that others could write to."""
        if self.path.is_symlink():
            raise StateDamaged(
                f"{self.path} is a symbolic link",
                why="the platform keeps its token and state only in a real folder",
                advice="name the folder itself",
            )
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._refuse_foreign()
            if not self._has_notice():  # before all else: it makes the folder ours
                write_atomically(self.notice, _NOTICE.encode())
            for path in (self.path, *(self.path / name for name in _FOLDERS)):
                path.mkdir(mode=0o700, exist_ok=True)
                path.chmod(0o700)  # whatever the umask took away
        except OSError as error:
            raise UsageProblem(
                f"{self.path} cannot be the local platform's folder",
                why=error.strerror or str(error),
                advice="choose a folder that you can write to",
            ) from None

    def _refuse_foreign(self) -> None:
        if self.path.stat().st_uid != os.geteuid():
            raise StateDamaged(
                f"{self.path} belongs to another user",
                why="its owner could change what runs",
                advice="choose a folder of your own",
            )
        found = set(self.path.iterdir())  # first: another may just make it its own
        if not found <= set(_unfinished(self.notice)) and not self.is_ours():
            raise UsageProblem(
                f"{self.path} holds other files",
                why="the platform keeps a folder of its own, closed to others",
                advice="choose an empty folder or one that does not exist yet",
            )

    def is_ours(self) -> bool:
        """Whether a platform made this folder its own, so that it may clear it.

        Names of folders prove nothing: a project may have `apps` or `outputs` too.
        """
        return self._has_notice() or self._signed_by() is not None

    def _has_notice(self) -> bool:
        try:
            return self.notice.read_bytes() == _NOTICE.encode()
        except OSError:
            return False

    def secret(self, name: str) -> str:
        """A secret of 256 bits, made on first use and readable by the owner only."""
        path = self.path / name
        if not path.exists():
            write_atomically(path, secrets.token_hex(_SECRET_LENGTH // 2).encode())
        return self.known_secret(name)

    def known_secret(self, name: str) -> str:
        """A secret that was made before; raises StateDamaged if it is not whole."""
        path = self.path / name
        try:
            secret = path.read_text().strip()
        except (OSError, ValueError):
            secret = ""
        if len(secret) != _SECRET_LENGTH:
            raise StateDamaged(
                f"the file {path} is damaged",
                why="it does not hold a whole secret",
                advice="remove it while the platform is stopped to get a new one",
            )
        return secret

    def lock(self) -> int:
        """Hold the folder for this process; returns the open lock file.

        Raises LeaseHeld if another process holds it.
        """
        path = self.path / "lock"
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                raise LeaseHeld(
                    f"another local platform already uses {self.path}",
                    why="two of them would overwrite each other's state",
                    advice="use the running one, or stop it first",
                ) from None
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), path.stat()):
                    return handle
            os.close(handle)  # the file was replaced before we had it

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for a moment; raises LeaseHeld."""
        handle = self.lock()
        try:
            yield
        finally:
            os.close(handle)

    def sign_lock(self, handle: int, process: ProcessIdentity) -> None:
        """Write into the lock which platform holds it, from its first moment on."""
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(asdict(process)).encode(), 0)

    def holder(self) -> ProcessIdentity | None:
        """The platform that held the lock last, if it still runs."""
        process = self._signed_by()
        return process if process is not None and process.is_alive() else None

    def _signed_by(self) -> ProcessIdentity | None:
        """Who held the lock last; None if nobody ever did."""
        try:
            return ProcessIdentity(**json.loads((self.path / "lock").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def set_state_aside(self) -> Path:
        """Rename the state file, for a person to look at; returns its new name."""
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        aside = self.path / f"{self.state.name}.damaged-{at}"
        self.state.rename(aside)
        return aside

    @property
    def states_aside(self) -> list[Path]:
        """The states that were put aside, which may still need their slugs."""
        return sorted(self.path.glob(f"{self.state.name}.damaged-*"))

    def announce(self, running: Running) -> None:
        """Tell others where the API answers and which process it is."""
        write_atomically(self.running, json.dumps(asdict(running)).encode())

    def read_running(self) -> Running | None:
        """What the last platform announced; None if nothing readable is there."""
        try:
            facts = json.loads(self.running.read_text())
            process = ProcessIdentity(**facts["process"])
            exit = float(facts.get("exit", Timers().exit))
            return Running(str(facts["api_url"]), process, exit)
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None


def _unfinished(file: Path) -> Iterator[Path]:
    return (p for p in file.parent.glob(f".{file.name}.*") if not p.is_dir())
