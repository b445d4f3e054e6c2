"""What should run of one app, and keeping it so."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from gate.local_platform.dynos import sizes
from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.dynos.launcher import Launcher
from gate.local_platform.dynos.one_offs import OneOffs
from gate.local_platform.dynos.preboot import Preboot
from gate.local_platform.dynos.restarts import Restarts
from gate.local_platform.dynos.sleep import Sleep
from gate.local_platform.faults.faults import Fault
from gate.local_platform.faults.kinds import Place
from gate.local_platform.premises import Premises
from gate.local_platform.state import App, Release, Slug


class Formation:
    """The dynos of one app: the newest of each name, and those on their way out."""

    def __init__(self, premises: Premises, app_id: str) -> None:
        self._premises = premises
        self._app = premises.state.apps[app_id]
        self._dynos: dict[str, Dyno] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._closed = False
        timers = premises.timers
        self._launcher = Launcher(premises, app_id, self._on_change)
        self._one_offs = OneOffs(self._launcher, self._spawn)
        self._restarts = Restarts(timers, self._revive, self._cycle)
        self._preboot = Preboot(timers.preboot, self._retire, self.changed)
        self._sleep = Sleep(timers.sleep, self._fall_asleep)

    @property
    def app(self) -> App:
        """The app as the state has it now, or had it when it was deleted."""
        self._app = self._premises.state.apps.get(self._app.id, self._app)
        return self._app

    def members(self) -> list[Dyno]:
        """The newest dyno of each name; no one-off dyno is among them."""
        return list(self._dynos.values())

    def dynos(self) -> list[Dyno]:
        """What `GET /dynos` lists: no dyno that was replaced."""
        return [*self.members(), *self._one_offs.dynos()]

    def running(self) -> list[Dyno]:
        """The same with the old dynos that serve unseen while new ones boot."""
        return [*self.dynos(), *self._preboot.old()]

    def serving(self) -> list[Dyno]:
        """The web dynos that may get traffic, whatever their state.

        For a request that came: it wakes dynos that sleep.
        """
        self._sleep.visit()
        if any(dyno.state == "idle" for dyno in self._dynos.values()):
            self._wake()
        webs = [dyno for dyno in self._dynos.values() if dyno.launch.type == "web"]
        return self._preboot.serving(webs)

    def strike(self) -> None:
        """Let faults strike the dynos that are up; others when they come up."""
        for dyno in self.dynos():
            if dyno.state == "up":
                self._strike(dyno)

    def deploy(self) -> None:
        """Replace all dynos by those of the current release.

        The old ones stop while the new ones boot and requests wait in the router;
        with preboot the old web dynos serve until the switch.
        """
        self._restarts.forgive_all()
        if not self.app.preboot:
            self._preboot.end()
        wanted = self._wanted()
        for name in [name for name in self._dynos if name in wanted]:
            self._replace(name)
        self._preboot.postpone()
        self.scale()

    def scale(self) -> None:
        """Start, stop and resize until all are as the app wants them."""
        wanted = self._wanted()
        for name in [name for name in self._dynos if name not in wanted]:
            self._restarts.forgive(name)
            self._retire(self._leave(name))
        self._preboot.limit(wanted)
        for name, dyno in list(self._dynos.items()):
            if dyno.launch.size != self._launcher.size(dyno.launch.type):
                self._replace(name)
        for name in wanted:
            if name not in self._dynos:
                self._start(name, wanted[name])
        self._notify()

    def restart(self, dyno: Dyno, because: str = "Restarting") -> None:
        """Replace one dyno by a fresh one; a one-off dyno only stops."""
        if dyno in self._one_offs:
            self._spawn(dyno.stop())
        elif self._dynos.get(dyno.name) is dyno:
            dyno.say(because)
            self._restarts.forgive(dyno.name)
            self._replace(dyno.name)
            self.scale()

    def stop(self, dyno: Dyno) -> None:
        """Stop one dyno; one of the formation is started again, without an overlap."""
        if self._dynos.get(dyno.name) is dyno:
            self._restarts.forgive(dyno.name)
            self._retire(self._leave(dyno.name))
            self.scale()
        else:
            self.restart(dyno)

    def cycle(self) -> None:
        """Restart every dyno of the formation, as happens daily."""
        for dyno in self.members():
            self._cycle(dyno)

    def run_one_off(
        self,
        type: str,
        command: str,
        release: Release,
        slug: Slug,
        printed: Callable[[str], None] | None = None,
        *,
        size: str | None = None,
        lifetime: float | None = None,
    ) -> Dyno:
        """Run a dyno outside the formation, a day at most; it is never restarted.

        Raises OSError when none can be had, as in a formation that is closed.
        """
        if self._closed:
            raise OSError("the app's dynos are being stopped for good")
        return self._one_offs.start(
            type,
            command,
            release,
            slug,
            size=size,
            lifetime=lifetime or self._premises.timers.cycle,
            printed=printed,
        )

    async def close(self) -> None:
        """Stop everything and wait until nothing is left."""
        self._closed = True
        self._sleep.end()
        self._preboot.end()
        for name in list(self._dynos):
            self._retire(self._leave(name))
        self._one_offs.stop()
        self._notify()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def changed(self) -> Coroutine[Any, Any, object]:
        """Wait for the next change of any dyno's state, counted from this call."""
        return self._changed.wait()  # bound now: a change replaces the event

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

    def _start(self, name: str, command: str) -> None:
        state = self._premises.state
        release, slug = state.current_release(self.app), state.current_slug(self.app)
        assert release is not None
        assert slug is not None
        dyno = self._launcher.dyno(name, command, release, slug)
        self._dynos[name] = dyno
        self._restarts.started(dyno)
        if dyno.launch.type == "web":
            self._preboot.begin(dyno)
            if sizes.known(dyno.launch.size).sleeps:
                self._sleep.begin()
        self._spawn(self._launcher.run(dyno))

    def _replace(self, name: str) -> None:
        """Free a name for a new dyno; with preboot the old one may serve on."""
        dyno = self._leave(name)
        dyno.succeed()
        serves = dyno.launch.type == "web" and dyno in self._preboot.serving([dyno])
        if self.app.preboot and serves and dyno.state == "up":
            self._preboot.keep(dyno)
        else:
            self._retire(dyno)

    def _leave(self, name: str) -> Dyno:
        """Take a dyno out of the formation, but let it run."""
        self._restarts.left(name)
        return self._dynos.pop(name)

    def _retire(self, dyno: Dyno) -> None:
        """Stop a dyno that left the formation; nobody waits for it."""
        if dyno.state != "idle":
            dyno.stopping = True
            self._spawn(self._hand_over(dyno))

    async def _hand_over(self, dyno: Dyno) -> None:
        """The router knows it no more; what it was just handed reaches it first."""
        if dyno.state == "up":
            await asyncio.sleep(self._premises.timers.handover)
        await dyno.stop()

    def _strike(self, dyno: Dyno) -> None:
        faults = self._premises.faults
        fault = faults.take(Place.DYNO, app=self.app.name, on=dyno.name)
        if fault is not None:
            self._spawn(self._kill(dyno, fault))

    async def _kill(self, dyno: Dyno, fault: Fault) -> None:
        """In its time, unless the dyno ends or the fault is cleared before."""
        dying = asyncio.create_task(dyno.wait())
        striking = asyncio.create_task(fault.wait())
        await asyncio.wait((dying, striking), return_when=asyncio.FIRST_COMPLETED)
        dying.cancel()
        if striking.done() and striking.result():
            dyno.kill()
        striking.cancel()

    def _on_change(self, dyno: Dyno) -> None:
        if dyno.state == "up":
            self._strike(dyno)
        if dyno.state == "crashed" and self._dynos.get(dyno.name) is dyno:
            self._restarts.crashed(dyno)
        if dyno.state in ("crashed", "down"):
            self._preboot.lose(dyno)
        self._notify()

    def _revive(self, dyno: Dyno) -> None:
        self._replace(dyno.name)
        self.scale()

    def _cycle(self, dyno: Dyno) -> None:
        self.restart(dyno, "Cycling")

    def _fall_asleep(self) -> None:
        if not sizes.known(self._launcher.size("web")).sleeps:
            return
        for name in [name for name, dyno in self._dynos.items() if dyno.state == "up"]:
            dyno = self._leave(name)
            dyno.say("Idling")
            self._retire(dyno)
            self._dynos[name] = self._launcher.asleep(dyno)
        self._notify()

    def _wake(self) -> None:
        for name, dyno in list(self._dynos.items()):
            if dyno.state == "idle":
                dyno.say("Unidling")
                self._replace(name)
        self.scale()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
