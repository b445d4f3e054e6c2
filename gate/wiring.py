"""The only place that picks a concrete platform and puts the parts together."""

import ctypes
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from gate.actions.choosing import live_release_of
from gate.actions.deploy import deploy
from gate.actions.furnish import furnish
from gate.actions.plan_rollback import plan_back
from gate.errors import ExitCode, StateDamaged, UsageProblem
from gate.examining import Examination
from gate.gatekeeper import Gatekeeper
from gate.heroku.addons import AddOnClient
from gate.heroku.client import HerokuClient
from gate.ledger.chronicle import opened
from gate.ledger.git_lease import Ref, git_lease
from gate.ledger.known_slugs import KnownSlugs
from gate.ledger.lease import lease
from gate.ledger.records import Record
from gate.ledger.store import Ledger, Listener, Table
from gate.local_platform import control, official_cli
from gate.local_platform.faults import kinds
from gate.local_platform.remote import Remote
from gate.model.ending import Ending
from gate.model.premises import Premises
from gate.model.release import Release
from gate.model.rollback import RollbackPlan
from gate.repository import Repository
from gate.settings import HEROKU_API, LEDGER_URL, Settings, load

TOKEN_VARIABLE = "HEROKU_API_KEY"  # noqa: S105 - the variable's name, not a secret
PR_SET_DUMPABLE = 4
FAULT_KINDS = kinds.KINDS
LOCAL_TIMERS = {"metrics": 0.5}
"""Heroku tells what dynos use every 20 s; a load run lasts but a little longer."""


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
        )

    def settle(self) -> None:
        """Make the gate's own folder, which no commit shall ever hold."""
        try:
            self.home.mkdir(mode=0o700, exist_ok=True)
            (self.home / ".gitignore").write_text("*\n")
        except OSError as error:
            raise StateDamaged(
                f"{self.home} cannot be the gate's folder",
                why=str(error),
                advice="move it away, or make it writable",
            ) from error

    def ledger(self, listeners: Sequence[Listener] = ()) -> Ledger:
        """Open the ledger; raises StateDamaged."""
        self.settle()
        where = self.home / "ledger.db"
        shared = _shared_table(self.ledger_url) if self.ledger_url else None
        return Ledger(shared or where, listeners=tuple(listeners))

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


@contextmanager
def gatekeeper(
    house: House,
    command: str,
    *,
    listeners: Sequence[Listener] = (),
    fail_fast: bool = False,
) -> Iterator[Gatekeeper[Examination]]:
    """Give the gatekeeper of a house, alone on this machine, its platform at hand.

    The local platform is started and furnished where it is meant and not there.
    """
    _hide_memory()
    house.settle()
    with _leased(house, f"gate {command}", listeners) as ledger:
        platform, plans = connect(house), house.settings.plans
        keeper = Gatekeeper(
            platform=platform,
            repository=house.repository,
            premises=house.premises,
            plans=plans,
            policy_digest=house.settings.digest(),
            ledger=ledger,
            home=house.home,
            examiner=Examination(
                platform=platform,
                repository=house.repository,
                plans=plans,
                policy=house.settings.to_policy(),
                ledger=ledger,
                home=house.home,
                fail_fast=fail_fast,
            ),
        )
        if house.settings.is_local:
            _furnish(house, keeper)
        yield keeper


@contextmanager
def _leased(
    house: House, holder: str, listeners: Sequence[Listener]
) -> Iterator[Ledger]:
    """Give the ledger to a run that is alone: on this machine, and beyond as set."""
    production, kind = house.settings.production, house.settings.lease
    with ExitStack() as held:
        held.enter_context(lease(house.home / "lease", holder=holder))
        ledger = held.enter_context(closing(house.ledger(listeners)))
        held.enter_context(ledger.lease(production, holder=holder))
        if kind.startswith("git:"):
            ref = Ref(house.repository.root, kind.removeprefix("git:"), production)
            held.enter_context(git_lease(ref, holder=holder))
        yield ledger


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


def connect(house: House) -> HerokuClient:
    """Return the client for the platform that the settings name.

    Raises UsageProblem when a real platform is meant and there is no token.
    """
    settings = house.settings
    if settings.is_local:
        local = local_up(house)
        return HerokuClient(local.api_url, local.token)
    # Taken out of the environment: whatever runs in this process needs no token.
    token = os.environ.pop(TOKEN_VARIABLE, "")
    if not token:
        raise UsageProblem(
            f"there is no token for {settings.platform}",
            why=f"the environment has no {TOKEN_VARIABLE}",
            advice=f"export {TOKEN_VARIABLE}=… (heroku authorizations:create)",
        )
    address = HEROKU_API if settings.platform == "heroku" else settings.platform
    return HerokuClient(address, token)


def planned_rollback(house: House, app: str, target: int | None) -> RollbackPlan:
    """Return how *app* would be taken back now, to *target* if given; only reads.

    Raises UsageProblem when nothing is live there, or there is no such release.
    """
    local = house.settings.is_local
    platform = local_client(house) if local else connect(house)
    live = live_release_of(platform, app, None)
    return plan_back(platform, live, KnownSlugs.of(house.records()), target)


def local_up(
    house: House, *, port: int | None = None, set_aside: bool = False
) -> control.LocalPlatform:
    """Start the platform on this machine unless it runs.

    Raises UsageProblem when the settings name a timer that it does not have, and
    StateDamaged for damaged state, unless that is to be *set_aside*.
    """
    house.settle()
    local = house.settings.local
    return control.up(
        house.local_home,
        port=port,
        time_scale=local.time_scale,
        timers=LOCAL_TIMERS | dict(local.timers),
        set_aside=set_aside,
    )


def local_down(house: House) -> control.Stop:
    """Stop the platform on this machine; return how, which is false if none ran."""
    return control.down(house.local_home)


def local_client(house: House) -> HerokuClient:
    """Return the client for the running local platform; raises UsageProblem if none."""
    running = _running(house)
    return HerokuClient(running.api_url, running.token)


def local_addons(house: House) -> AddOnClient:
    """Return the client for the running local platform's add-ons, as above."""
    running = _running(house)
    return AddOnClient(running.api_url, running.token)


def local_shell(house: House, inherited: Iterable[str]) -> official_cli.Shell:
    """Return what makes Heroku's command line talk to the running local platform.

    *inherited* are the names of the shell's variables.  Raises UsageProblem if the
    platform does not run.
    """
    return official_cli.equip(_running(house), inherited)


def local_remote(house: House) -> Remote:
    """Return the local platform's own calls; raises UsageProblem if it does not run."""
    return Remote(_running(house))


def _running(house: House) -> control.LocalPlatform:
    running = control.status(house.local_home)
    if running is None:
        raise UsageProblem(
            "the local platform is not running", advice="run: python -m gate local up"
        )
    return running


def _furnish(house: House, keeper: Gatekeeper[Examination]) -> None:
    def deploy_component(name: str) -> Release:
        commit = house.repository.head()
        with opened(keeper.ledger, f"deploy {name}", house.premises, commit) as run:
            release = deploy(
                keeper.acting(run),
                house.repository,
                name,
                commit,
                scratch=house.home / "scratch",
            )
            says = f"{release.name}: a component has its first release"
            run.close(Ending(run.run, ExitCode.PASSED, says))
            return release

    furnish(
        keeper.platform,
        house.premises,
        house.settings.local.config,
        deploy_component=deploy_component,
    )


def _hide_memory() -> None:
    """Keep children from reading the token out of /proc/<us>/environ (prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
