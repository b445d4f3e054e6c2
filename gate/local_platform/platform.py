"""The platform as a whole: its apps with their formations and routers."""

import asyncio
import contextlib
import logging
import shutil
import sys
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import gate
from gate.local_platform import clock, ports, transitions
from gate.local_platform.building.environments import BuildError, Say
from gate.local_platform.dynos.formation import Formation
from gate.local_platform.dynos.metrics import Gauge
from gate.local_platform.premises import Premises
from gate.local_platform.processes import leftovers
from gate.local_platform.promotions import Promoter
from gate.local_platform.releases import Releaser, settle_after_restart
from gate.local_platform.router.router import Router
from gate.local_platform.slugs import SlugMaker
from gate.local_platform.state import App, Build, Promotion, Source

_log = logging.getLogger(__name__)


class Platform:
    """Opens, runs and closes everything that belongs to the apps."""

    def __init__(self, premises: Premises, token: str) -> None:
        self.premises = premises
        self.token = token
        self.api_url = ""
        self.formations: dict[str, Formation] = {}
        self.releaser = Releaser(premises, self.formations)
        self.slugs = SlugMaker(premises)
        self._promoter = Promoter(self.releaser)
        self._routers: dict[str, Router] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._warden: asyncio.subprocess.Process | None = None

    async def open(self) -> None:
        """Clear what a killed platform left, then boot all current releases."""
        home = self.premises.home
        for folder in (home.environments, home.blobs):
            await asyncio.to_thread(leftovers.clear_unfinished, folder)
        found = await asyncio.to_thread(leftovers.clear, home.dynos)
        if found:
            _log.warning("stopped %d processes left by an earlier platform", found)
        settle_after_restart(self.premises)
        self._warden = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "gate.local_platform.processes.warden",
            str(self.premises.dynos),
            env={"PYTHONPATH": str(Path(gate.__file__ or "").parent.parent)},
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        for app in list(self.premises.state.apps.values()):
            await self._open_app(app)
            self.formations[app.id].deploy()
        self.spawn(self._measure())

    async def close(self) -> None:
        """Stop all dynos, then the routers, then what runs in the background."""
        await asyncio.gather(*(f.close() for f in self.formations.values()))
        await asyncio.gather(*(router.close() for router in self._routers.values()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._warden is not None and self._warden.stdin is not None:
            self._warden.stdin.close()
            await self._warden.wait()

    async def create_app(self, name: str) -> App:
        """A new app with its router and its own SQLite database."""
        taken = {app.port for app in self.premises.state.apps.values()}
        port = ports.free_port(taken | self.premises.dyno_ports)
        app = transitions.create_app(self.premises.state, name, port, {})
        data = self.premises.home.app_data(app.id)
        data.mkdir(mode=0o700, parents=True)
        self._attach_database(app, data)
        app = await self._open_app(self.premises.state.apps[app.id])
        self.premises.save()
        return app

    async def delete_app(self, app: App) -> None:
        """The app, its dynos, data and releases; slugs that others run are kept."""
        await self.formations[app.id].close()
        await self._routers.pop(app.id).close()
        state = self.premises.state
        del self.formations[app.id], state.apps[app.id]
        for kind in (state.releases, state.builds, state.couplings):
            for id in [id for id, item in kind.items() if item.app_id == app.id]:
                del kind[id]
        self.premises.logplex.forget(app.id)
        self.premises.save()
        folder = self.premises.home.app_data(app.id).parent
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def start_build(self, app: App, source: Source, blob: Path) -> Build:
        """Begin a build; it goes on after this returns."""
        at = clock.now()
        build = Build(str(uuid4()), app.id, source, "pending", at, at)
        self.premises.state.builds[build.id] = build
        self.premises.save()
        self.premises.outputs.open(build.id)
        self.premises.announce(app, "Build started by user {by}")
        self.spawn(self._build(app, build, blob))
        return build

    def start_promotion(self, promotion: Promotion) -> None:
        """Begin a promotion; it goes on after this returns."""
        self.premises.state.promotions[promotion.id] = promotion
        self.premises.save()
        self.spawn(self._promoter.carry_out(promotion))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background; what goes wrong is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("a background task failed", exc_info=error)

    def _attach_database(self, app: App, data: Path) -> None:
        """As if a database add-on had been created together with the app."""
        config = {"DATABASE_URL": f"sqlite:///{data / 'app.db'}"}
        state = self.premises.state
        newest = state.releases_of(app.id)[-1]
        state.releases[newest.id] = replace(newest, config=config)
        state.apps[app.id] = replace(state.apps[app.id], config=config)

    async def _open_app(self, app: App) -> App:
        """Its formation and its router, on the same port as ever if it is free."""
        formation = self.formations[app.id] = Formation(self.premises, app.id)
        router = self._routers[app.id] = Router(self.premises, app.id, formation)
        try:
            await router.open(app.port)
            return app
        except OSError:
            await router.close()
        taken = {other.port for other in self.premises.state.apps.values()}
        moved = replace(app, port=ports.free_port(taken))
        self.premises.state.apps[app.id] = moved
        self.premises.save()
        message = f"Port {app.port} is taken; {app.name} moves to port {moved.port}"
        _log.warning(message)
        self.premises.announce(app, message)
        router = self._routers[app.id] = Router(self.premises, app.id, formation)
        await router.open(moved.port)
        return moved

    async def _build(self, app: App, build: Build, blob: Path) -> None:
        output = self.premises.outputs.open(build.id)

        def say(line: str) -> None:
            output.write(f"{line}\n")

        try:
            await self._build_and_release(app, build, blob, say)
        except BuildError as error:
            say(f" !     {error}")
            self._fail(app, build)
        except Exception as error:
            say(f" !     The platform failed: {error}")
            self._fail(app, build)
            raise
        finally:
            self.premises.outputs.close(build.id)

    async def _build_and_release(
        self, app: App, build: Build, blob: Path, say: Say
    ) -> None:
        state = self.premises.state
        slug = await self.slugs.from_source(app.id, blob, build.source, say)
        state.slugs[slug.id] = slug
        await self.releaser.quiet(app.id)
        if app.id not in state.apps:
            return
        say("-----> Launching...")
        version = (build.source.version or "")[:8]
        description = f"Deploy {version}".strip()
        config = state.apps[app.id].config
        release = self.releaser.create(app, slug, config, description)
        say(f"       Released v{release.version}")
        state.builds[build.id] = replace(
            build,
            status="succeeded",
            slug_id=slug.id,
            release_id=release.id,
            updated_at=clock.now(),
        )
        self.premises.save()
        self.premises.announce(app, "Build succeeded")

    def _fail(self, app: App, build: Build) -> None:
        failed = replace(build, status="failed", updated_at=clock.now())
        if build.id in self.premises.state.builds:
            self.premises.state.builds[build.id] = failed
            self.premises.save()
            self.premises.announce(app, "Build failed")

    async def _measure(self) -> None:
        """Sample every dyno at a steady interval, for as long as the platform runs."""
        gauges: dict[str, Gauge] = {}
        interval = self.premises.timers.metrics
        while True:
            await asyncio.sleep(interval)
            old, gauges = gauges, {}
            for app_id, formation in list(self.formations.items()):
                app = self.premises.state.apps.get(app_id)
                for dyno in formation.dynos():
                    if app is None or not dyno.is_running:
                        continue
                    gauge = gauges[dyno.id] = old.get(dyno.id) or Gauge(dyno)
                    with contextlib.suppress(OSError):
                        await gauge.measure(interval, tell=app.runtime_metrics)
