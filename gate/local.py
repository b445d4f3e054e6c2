"""The platform on this machine, as the settings of a house want it."""

from collections.abc import Iterable

from gate.errors import UsageProblem
from gate.heroku.addons import AddOnClient
from gate.heroku.client import HerokuClient
from gate.house import House
from gate.local_platform import control, official_cli
from gate.local_platform.faults import kinds
from gate.local_platform.remote import Remote

FAULT_KINDS = kinds.KINDS
LOCAL_TIMERS = {"metrics": 0.5}
"""Heroku tells what dynos use every 20 s; a load run lasts but a little longer."""


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
