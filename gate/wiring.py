"""Where the parts are put together, for the platform that the settings name."""

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

from gate.actions.choosing import live_release_of
from gate.actions.deploy import deploy
from gate.actions.furnish import furnish
from gate.actions.plan_rollback import plan_back
from gate.errors import ExitCode, UsageProblem
from gate.examining import Examination
from gate.gatekeeper import Gatekeeper
from gate.heroku.client import HerokuClient
from gate.house import House
from gate.ledger.chronicle import opened
from gate.ledger.git_lease import Ref, git_lease
from gate.ledger.known_slugs import KnownSlugs
from gate.ledger.lease import lease
from gate.ledger.store import Ledger, Listener
from gate.local import local_client, local_up
from gate.model.ending import Ending
from gate.model.release import Release
from gate.model.rollback import RollbackPlan
from gate.settings import HEROKU_API

TOKEN_VARIABLE = "HEROKU_API_KEY"  # noqa: S105 - the variable's name, not a secret
PR_SET_DUMPABLE = 4


@contextmanager
def gatekeeper(
    house: House,
    command: str,
    *,
    listeners: Sequence[Listener] = (),
    fail_fast: bool = False,
    furnished: bool = True,
) -> Iterator[Gatekeeper[Examination]]:
    """Give the gatekeeper of a house, alone on this machine, its platform at hand.

    The local platform is started where it is meant and not there, and, if it is to be
    *furnished*, what it lacks is made.
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
        if furnished and house.settings.is_local:
            _furnish(house, keeper)
        yield keeper


@contextmanager
def _leased(
    house: House, holder: str, listeners: Sequence[Listener]
) -> Iterator[Ledger]:
    """Give the ledger to a run that is alone: on this machine, and beyond as set."""
    production, kind = house.settings.production, house.settings.lease
    where = f"{production} on {house.premises.platform}"
    with ExitStack() as held:
        held.enter_context(lease(house.lease, holder=holder))
        ledger = held.enter_context(closing(house.ledger(listeners)))
        held.enter_context(ledger.lease(where, holder=holder))
        if kind.startswith("git:"):
            ref = Ref(house.repository.root, kind.removeprefix("git:"), production)
            held.enter_context(git_lease(ref, holder=holder))
        # What a killed run had checked out: nobody else is at work here.
        shutil.rmtree(house.home / "checkouts", ignore_errors=True)
        yield ledger


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
