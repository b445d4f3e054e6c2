"""What everything on the platform stands on."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from gate.local_platform.building.environments import Environments
from gate.local_platform.faults.faults import Faults
from gate.local_platform.home import Home
from gate.local_platform.logplex import Logplex
from gate.local_platform.outputs import Outputs
from gate.local_platform.ports import ReservedPorts, free_port
from gate.local_platform.signing import Signer
from gate.local_platform.state import App, State
from gate.local_platform.store import Store
from gate.local_platform.timers import Timers

_PAUSE = 1.0  # seconds until a save that was refused is tried again
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Premises:
    """Folder, timers, state, logs and outputs, shared by all parts."""

    home: Home
    timers: Timers
    store: Store
    logplex: Logplex
    outputs: Outputs
    environments: Environments
    signer: Signer
    faults: Faults = field(default_factory=Faults)
    dyno_ports: ReservedPorts = field(default_factory=ReservedPorts)
    run: str = field(default_factory=lambda: uuid4().hex[:8])

    @property
    def state(self) -> State:
        """What is remembered, for reading and for changing."""
        return self.store.state

    @property
    def dynos(self) -> Path:
        """This run's own folder of dynos: an earlier run's warden spares it."""
        return self.home.dynos / self.run

    def save(self) -> None:
        """Keep the state as it is now, before anybody is told of it."""
        self.store.save()

    async def insist(self, change: Callable[[], object]) -> None:
        """Keep a change of what has already happened, however often that is refused.

        A refused save takes the change back, so it is made anew each time.
        """
        while True:
            change()
            try:
                return self.save()
            except OSError as error:
                _log.warning("the state cannot be saved, for now: %s", error)
            await asyncio.sleep(_PAUSE)

    @property
    def retention(self) -> timedelta:
        """How old a release must be before it may expire."""
        return timedelta(seconds=self.timers.retention)

    def announce(self, app: App, text: str) -> None:
        """Write what the API did into the app's log, as `app[api]`."""
        email = self.state.account.email
        self.logplex.of(app.id).write("app", "api", text.replace("{by}", email))

    def reserve_port(self) -> int:
        """A port that no app, router or other dyno of ours uses."""
        return self.dyno_ports.reserve(self.app_ports)

    def free_port(self) -> int:
        """A port that nobody listens on and no app of ours comes back to."""
        return free_port(self.app_ports)

    @property
    def app_ports(self) -> set[int]:
        """Where the routers of all apps listen, or will again."""
        return {app.port for app in self.state.apps.values()}
