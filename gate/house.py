"""A project that has a gate: its settings, its folder, what it recorded."""

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from gate.errors import StateDamaged, UsageProblem
from gate.ledger.records import Record
from gate.ledger.store import Ledger, Listener, Table
from gate.model.premises import Premises
from gate.repository import Repository
from gate.settings import LEDGER_URL, Settings, load


@dataclass(frozen=True, slots=True)
class House:
    """A project that has a gate: its repository, its settings, its own folder.

    *ledger_url* is where the ledger is shared; empty: it is a file in the folder.
    """

    repository: Repository
    settings: Settings
    ledger_url: str = field(default="", repr=False)

    @classmethod
    def around(cls, folder: Path, stated: Mapping[str, str] | None = None) -> "House":
        """Return the house around *folder*; raises UsageProblem, SettingsInvalid.

        *stated* are settings of this command alone, named as in the environment.
        """
        repository = Repository.around(folder)
        settings = load(repository.root, {**os.environ, **(stated or {})})
        repository = replace(repository, app_root=settings.app_root)
        return cls(repository, settings, _taken_out(LEDGER_URL))

    @property
    def home(self) -> Path:
        """The gate's own folder in the project."""
        return self.repository.root / ".gate"

    @property
    def lease(self) -> Path:
        """The file that whoever runs here holds: one run at a time."""
        return self.home / "lease"

    @property
    def local_home(self) -> Path:
        """The folder of the platform on this machine."""
        return self.repository.root / self.settings.local.home

    @property
    def premises(self) -> Premises:
        """The apps by name."""
        return Premises(
            pipeline=self.settings.pipeline,
            staging=self.settings.staging,
            production=self.settings.production,
            baseline=self.settings.baseline,
            components=self.settings.integration.components,
            platform=self._platform,
        )

    @property
    def _platform(self) -> str:
        """Where the apps live; a platform on a machine is known by its folder there."""
        if not self.settings.is_local:
            return self.settings.platform
        return f"{socket.gethostname()}:{self.local_home}"

    def settle(self) -> None:
        """Make the gate's own folder, which no commit shall ever hold."""
        try:
            self.home.mkdir(mode=0o700, exist_ok=True)
            (self.home / ".gitignore").write_text("*\n")
        except OSError as error:
            raise StateDamaged(
                f"{self.home} cannot be the gate's folder",
                why=str(error),
                advice="make it writable for this user"
                if self.home.is_dir()
                else "make room for it: it is to be a folder of this user",
            ) from error

    def ledger(self, listeners: Sequence[Listener] = ()) -> Ledger:
        """Open the ledger; raises StateDamaged."""
        self.settle()
        where: Path | Table = self.home / "ledger.db"
        if self.ledger_url:
            where = _shared_table(self.ledger_url)
        return Ledger(where, listeners=tuple(listeners))

    def records(self) -> tuple[Record, ...]:
        """Return all that the ledger holds."""
        with closing(self.ledger()) as ledger:
            return tuple(ledger.records())

    def committed(self, *, dirty: bool) -> str:
        """Return the checked-out commit.

        Raises UsageProblem when files differ from it, unless *dirty* is fine.
        """
        commit = self.repository.head()
        changes = self.repository.changes()
        if changes and not dirty:
            shown = ", ".join(changes[:3]) + (" …" if len(changes) > 3 else "")
            raise UsageProblem(
                "the working tree differs from the commit that would be released",
                why=shown,
                advice="commit or stash, or say --dirty to release the commit as it is",
            )
        return commit


def _taken_out(variable: str) -> str:
    """Return a secret of the environment; from now on no child inherits it.

    Whoever asks again in this process gets it again: the ledger must not change.
    """
    if variable in os.environ:
        _secrets[variable] = os.environ.pop(variable)
    return _secrets.get(variable, "")


_secrets: dict[str, str] = {}


def _shared_table(address: str) -> Table:
    """Return the ledger's table on a server; raises UsageProblem, StateDamaged."""
    try:
        from gate.ledger.postgresql_table import PostgresqlTable  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("gate"):
            raise
        raise UsageProblem(
            f"{LEDGER_URL} needs a package that is not installed",
            why=f"{error.name} is missing",
            advice='pip install "heroku-release-gate[postgresql]"',
        ) from error
    return PostgresqlTable(address)
