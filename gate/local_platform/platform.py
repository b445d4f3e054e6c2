"""The platform as a whole: its apps with their formations and routers."""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from gate.local_platform import clock, transitions
from gate.local_platform.addons.provider import AddOns
from gate.local_platform.building.commands import BuildError, Say
from gate.local_platform.config_changes import ConfigChanges
from gate.local_platform.dynos.formation import Formation
from gate.local_platform.dynos.metrics import Meter
from gate.local_platform.faults.kinds import Place
from gate.local_platform.premises import Premises
from gate.local_platform.processes import leftovers, mark
from gate.local_platform.processes.guard import Guard
from gate.local_platform.promotions import Promoter
from gate.local_platform.releases import Releaser, settle_after_restart
from gate.local_platform.router.router import Router
from gate.local_platform.slugs import SlugMaker
from gate.local_platform.state import App, Build, Promotion, Release, Source
from gate.local_platform.tidying import Tidying

_log = logging.getLogger(__name__)
_PORT_TRIES = 20


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
        self.config_changes = ConfigChanges(self.releaser, self.spawn)
        self.addons = AddOns(self.releaser, self.spawn)
        self._builds: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._guard = Guard(premises.dynos)
        self._tidying = Tidying(premises, self.slugs)

    async def open(self) -> None:
        """Clear what a killed platform left, then boot all current releases."""
        found = await asyncio.to_thread(leftovers.clear, self.premises.home.dynos)
        if found:
            _log.warning("stopped %d processes left by an earlier platform", found)
        settle_after_restart(self.premises)
        await self._tidying.at_start()
        self.premises.dynos.mkdir()
        mark.carry_run(self.premises.dynos)
        await self._guard.post()
        await self.addons.open()
        for app in list(self.premises.state.apps.values()):
            await self._open_app(app)
            self.formations[app.id].deploy()
            self.config_changes.resume(app)
        self.spawn(Meter(self.premises, self.formations).run())
        self.spawn(self._guard.keep())
        self.spawn(self._tidying.go_on())

    async def close(self) -> None:
        """End what runs in the background, stop all dynos, then the routers.

        In this order: a release that waits for another one must not begin now.
        """
        self._cancel_tasks()
        await asyncio.gather(*(f.close() for f in self.formations.values()))
        await asyncio.gather(*(router.close() for router in self._routers.values()))
        await self.addons.close()
        self._cancel_tasks()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._guard.dismiss()

    async def create_app(self, name: str) -> App:
        """A new app with its router and its own SQLite database."""
        port = self.premises.free_port()
        app = transitions.create_app(self.premises.state, name, port, {})
        data = self.premises.home.app_data(app.id)
        data.mkdir(mode=0o700, parents=True)
        self._attach_database(app)
        self.premises.save()  # first: what is not kept is not opened
        return await self._open_app(self.premises.state.apps[app.id])

    async def delete_app(self, app: App) -> None:
        """The app, its dynos, data and releases; slugs that others run are kept.

        Raises OSError when that cannot be kept, and then the app is as it was.
        """
        state = self.premises.state
        builds = [build.id for build in state.builds.values() if build.app_id == app.id]
        told = [*builds, *(release.id for release in state.releases_of(app.id))]
        transitions.delete_app(state, app)
        self.premises.save()
        formation, router = self.formations.pop(app.id), self._routers.pop(app.id)
        building = [self._builds[id] for id in builds if id in self._builds]
        for task in building:
            task.cancel()
        await formation.close()
        await asyncio.gather(*building, return_exceptions=True)
        await router.close()
        self.premises.logplex.forget(app.id)
        for id in told:
            self.premises.outputs.remove(id)
        folder = self.premises.home.app_data(app.id).parent
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        self.spawn(self._tidying.once())
        await self.addons.forget(app.id)

    def start_build(self, app: App, source: Source, blob: Path) -> Build:
        """Begin a build; it goes on after this returns."""
        at = clock.now()
        build = Build(str(uuid4()), app.id, source, "pending", at, at)
        self.premises.state.builds[build.id] = build
        self.premises.save()
        self.premises.outputs.open(build.id)
        self.premises.announce(app, "Build started by user {by}")
        task = self._builds[build.id] = self.spawn(self._build(app, build, blob))
        task.add_done_callback(lambda _: self._builds.pop(build.id))
        return build

    def cancel_build(self, build: Build) -> Build:
        """Stop a pending build: it has failed."""
        failed = self._failed(build)
        self.premises.save()
        self.premises.outputs.open(build.id).write(" !     Build cancelled\n")
        if task := self._builds.get(build.id):
            task.cancel()
        else:
            self.premises.outputs.close(build.id)
        self.premises.announce(self.premises.state.apps[build.app_id], "Build failed")
        return failed

    def start_promotion(self, promotion: Promotion) -> None:
        """Begin a promotion; it goes on after this returns."""
        self.premises.state.promotions[promotion.id] = promotion
        self.premises.save()
        self.spawn(self._promoter.carry_out(promotion))

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in the background; what goes wrong is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _cancel_tasks(self) -> None:
        for task in self._tasks:
            if not task.cancelling():  # a second time would cut short how it ends
                task.cancel()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("a background task failed", exc_info=error)

    def own_database(self, app: App) -> str:
        """The address of the SQLite file that every app begins with."""
        return f"sqlite:///{self.premises.home.app_data(app.id) / 'app.db'}"

    def _attach_database(self, app: App) -> None:
        """As if a database add-on had been created together with the app."""
        config = {"DATABASE_URL": self.own_database(app)}
        state = self.premises.state
        newest = state.releases_of(app.id)[-1]
        state.releases[newest.id] = replace(newest, config=config)
        state.apps[app.id] = replace(state.apps[app.id], config=config)

    async def _open_app(self, app: App) -> App:
        """Its formation and its router, on the same port as ever if it is free."""
        formation = self.formations[app.id] = Formation(self.premises, app.id)
        router = self._routers[app.id] = Router(self.premises, app.id, formation)
        with contextlib.suppress(OSError):
            await router.open(app.port)
            return app
        moved = app
        for _ in range(_PORT_TRIES):
            await router.close()
            port = self.premises.free_port()
            moved = replace(self.formations[app.id].app, port=port)
            router = self._routers[app.id] = Router(self.premises, app.id, formation)
            with contextlib.suppress(OSError):  # taken since we looked
                await router.open(moved.port)
                break
        self.premises.state.apps[app.id] = moved
        self.premises.save()
        message = f"Port {app.port} is taken; {app.name} moves to port {moved.port}"
        _log.warning(message)
        self.premises.announce(app, message)
        return moved

    async def _build(self, app: App, build: Build, blob: Path) -> None:
        output = self.premises.outputs.open(build.id)

        def say(line: str) -> None:
            output.write(f"{line}\n")

        try:
            await self._build_and_release(app, build, blob, say)
        except BuildError as error:
            say(f" !     {error}")
            await self._fail(app, build)
        except Exception as error:
            say(f" !     The platform failed: {error}")
            await self._fail(app, build)
            raise
        finally:
            self.premises.outputs.close(build.id)

    async def _build_and_release(
        self, app: App, build: Build, blob: Path, say: Say
    ) -> None:
        state = self.premises.state
        if self.premises.faults.take(Place.BUILD, app=app.name):
            raise BuildError("The build fails by request")
        slug = await self.slugs.from_source(app.id, blob, build.source, say)
        state.slugs[slug.id] = slug
        await self.releaser.quiet(app.id)
        if app.id not in state.apps:
            return
        state.slugs[slug.id] = slug  # again: a refused save may have taken it back
        say("-----> Launching...")
        version = (build.source.version or "")[:8]
        description = f"Deploy {version}".strip()
        config = state.apps[app.id].config

        def record(release: Release) -> None:
            state.builds[build.id] = replace(
                build,
                status="succeeded",
                slug_id=slug.id,
                release_id=release.id,
                updated_at=clock.now(),
            )

        release = self.releaser.create(app, slug, config, description, record)
        say(f"       Released v{release.version}")
        self.premises.announce(app, "Build succeeded")
        self.spawn(self._tidying.once())

    async def _fail(self, app: App, build: Build) -> None:
        await self.premises.insist(lambda: self._failed(build))
        if build.id in self.premises.state.builds:
            self.premises.announce(app, "Build failed")

    def _failed(self, build: Build) -> Build:
        failed = replace(build, status="failed", updated_at=clock.now())
        if build.id in self.premises.state.builds:
            self.premises.state.builds[build.id] = failed
        return failed
