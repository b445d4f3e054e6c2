"""What should run of one app, and keeping it so."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

from gate.local_platform.dynos.dyno import Dyno, Launch, Site
from gate.local_platform.premises import Premises
from gate.local_platform.state import App, Release, Slug

_ONE_OFF_NUMBERS = range(1_000, 10_000)


class Formation:
    """The dynos of one app: the newest of each name, and those on their way out."""

    def __init__(self, premises: Premises, app_id: str) -> None:
        self._premises = premises
        self._app_id = app_id
        self._dynos: dict[str, Dyno] = {}
        self._one_offs: dict[str, Dyno] = {}
        self._crashes: dict[str, int] = {}
        self._restarts: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._closed = False

    @property
    def app(self) -> App:
        """The app as the state has it now."""
        return self._premises.state.apps[self._app_id]

    def dynos(self) -> list[Dyno]:
        """What `GET /dynos` lists: no dyno that was replaced."""
        return [*self._dynos.values(), *self._one_offs.values()]

    def deploy(self) -> None:
        """Replace all dynos by those of the current release.

        The old ones stop while the new ones boot; requests wait in the router.
        """
        self._crashes.clear()
        for name in list(self._dynos):
            self._retire(name)
        self.scale()

    def scale(self) -> None:
        """Start and stop until the numbers are those that the app wants."""
        wanted = self._wanted()
        for name in [name for name in self._dynos if name not in wanted]:
            self._crashes.pop(name, None)
            self._retire(name)
        for name in wanted:
            if name not in self._dynos:
                self._start(name)
        self._notify()

    def restart(self, dyno: Dyno) -> None:
        """Replace one dyno by a fresh one; a one-off dyno only stops."""
        if dyno.name in self._one_offs:
            self._spawn(dyno.stop())
            return
        dyno.say("Restarting")
        self._crashes.pop(dyno.name, None)
        self._retire(dyno.name)
        self.scale()

    def run_one_off(
        self,
        type: str,
        command: str,
        release: Release,
        slug: Slug,
        printed: Callable[[str], None] | None = None,
    ) -> Dyno:
        """Run a dyno outside the formation; it is never restarted."""
        number = next(
            n
            for n in random.sample(_ONE_OFF_NUMBERS, len(_ONE_OFF_NUMBERS))
            if f"{type}.{n}" not in self._one_offs
        )
        launch = self._launch(f"{type}.{number}", command, release, slug)
        dyno = self._one_offs[launch.name] = self._build(launch, printed)
        self._spawn(self._run(dyno))
        return dyno

    async def close(self) -> None:
        """Stop everything and wait until nothing is left."""
        self._closed = True
        for name in list(self._dynos):
            self._retire(name)
        for dyno in self._one_offs.values():
            self._spawn(dyno.stop())
        self._notify()
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def changed(self) -> None:
        """Return at the next change of any dyno's state."""
        await self._changed.wait()

    def _wanted(self) -> dict[str, str]:
        """Names of the dynos that should run, and their commands."""
        slug = self._premises.state.current_slug(self.app)
        if slug is None or self._closed:
            return {}
        return {
            f"{kind}.{number}": slug.process_types[kind]
            for kind, scale in self.app.scales.items()
            if kind in slug.process_types
            for number in range(1, scale.quantity + 1)
        }

    def _start(self, name: str) -> None:
        state = self._premises.state
        release, slug = state.current_release(self.app), state.current_slug(self.app)
        assert release is not None
        assert slug is not None
        launch = self._launch(name, self._wanted()[name], release, slug)
        dyno = self._dynos[name] = self._build(launch, None)
        self._spawn(self._run(dyno))

    def _launch(self, name: str, command: str, release: Release, slug: Slug) -> Launch:
        app = self.app
        kind = name.partition(".")[0]
        scale = app.scales.get(kind) or app.scales.get("web")
        metadata = {
            "HEROKU_APP_ID": app.id,
            "HEROKU_APP_NAME": app.name,
            "HEROKU_RELEASE_VERSION": f"v{release.version}",
            "HEROKU_RELEASE_CREATED_AT": release.created_at,
            "HEROKU_SLUG_COMMIT": slug.commit or "",
            "HEROKU_BUILD_COMMIT": slug.commit or "",
            "HEROKU_SLUG_DESCRIPTION": slug.commit_description or "",
        }
        return Launch(
            name=name,
            command=command,
            release_id=release.id,
            version=release.version,
            size=scale.size if scale else "Basic",
            slug=self._premises.home.slug(slug.id),
            programs=self._premises.environments.bin(slug.environment or ""),
            variables=metadata | release.config,
            app_number=app.number,
        )

    def _build(self, launch: Launch, printed: Callable[[str], None] | None) -> Dyno:
        site = Site(
            folder=self._premises.dynos,
            timers=self._premises.timers,
            log=self._premises.logplex.of(self._app_id),
            changed=self._on_change,
            printed=printed,
        )
        return Dyno(launch, self._premises.reserve_port(), site)

    async def _run(self, dyno: Dyno) -> None:
        try:
            await dyno.run()
        finally:
            self._premises.dyno_ports.discard(dyno.port)
            if self._one_offs.get(dyno.name) is dyno:
                del self._one_offs[dyno.name]

    def _retire(self, name: str) -> None:
        """Take a dyno out of the formation and stop it; nobody waits for it."""
        if name in self._restarts:
            self._restarts.pop(name).cancel()
        dyno = self._dynos.pop(name)
        dyno.stopping = True
        self._spawn(self._hand_over(dyno))

    async def _hand_over(self, dyno: Dyno) -> None:
        """The router knows it no more; what it was just handed reaches it first."""
        if dyno.state == "up":
            await asyncio.sleep(self._premises.timers.handover)
        await dyno.stop()

    def _on_change(self, dyno: Dyno) -> None:
        if dyno.state == "crashed" and self._dynos.get(dyno.name) is dyno:
            self._plan_restart(dyno)
        self._notify()

    def _plan_restart(self, dyno: Dyno) -> None:
        """At once after a first crash, then after ever longer cool-offs."""
        timers = self._premises.timers
        loop = asyncio.get_running_loop()
        was_up = loop.time() - dyno.up_since if dyno.up_since is not None else 0.0
        earlier = 0 if was_up >= timers.stable else self._crashes.get(dyno.name, 0)
        self._crashes[dyno.name] = earlier + 1
        delay = timers.restart_delay(earlier + 1)
        self._restarts[dyno.name] = loop.call_later(delay, self._revive, dyno)

    def _revive(self, dyno: Dyno) -> None:
        self._restarts.pop(dyno.name, None)
        if self._dynos.get(dyno.name) is not dyno:
            return
        dyno.say("State changed from crashed to starting")
        del self._dynos[dyno.name]
        self.scale()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
