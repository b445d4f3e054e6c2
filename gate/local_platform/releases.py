"""Making releases: artefact and config together, then the release phase."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from gate.local_platform import clock, transitions
from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.dynos.formation import Formation
from gate.local_platform.faults.kinds import Place
from gate.local_platform.premises import Premises
from gate.local_platform.state import App, Release, Slug, State, Target

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Releaser:
    """Appends releases and lets their release commands decide what is current."""

    premises: Premises
    formations: dict[str, Formation]
    _settled: dict[str, asyncio.Event] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def create(
        self,
        app: App,
        slug: Slug | None,
        config: dict[str, str],
        description: str,
        record: Callable[[Release], None] = lambda _: None,
        *,
        run_command: bool = True,
    ) -> Release:
        """The next release; current at once unless a release command must run.

        The caller made sure that no release of the app is pending.  What it notes of
        the release by *record* becomes durable together with the release.
        """
        state = self.premises.state
        command = slug.process_types.get("release") if slug and run_command else None
        release = transitions.add_release(
            state, app, slug, config, description, pending=command is not None
        )
        record(release)
        self.premises.announce(app, f"{description} by user {{by}}")
        if slug is not None and command is not None:
            try:
                self.premises.save()
            finally:
                if release.id in state.releases:  # as may be after a refused save
                    self._begin(self._release_phase(app, release, slug, command))
                    self._settled[release.id] = asyncio.Event()
        else:
            self._go_live(release)
        return release

    async def settled(self, release_id: str) -> Release | None:
        """Wait until a release is no longer pending; None if its app is gone."""
        if release_id in self._settled:
            await self._settled[release_id].wait()
        return self.premises.state.releases.get(release_id)

    async def quiet(self, app_id: str) -> None:
        """Wait until no release of the app is pending."""
        while pending := self.premises.state.pending_release(app_id):
            await self.settled(pending.id)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _go_live(self, release: Release) -> None:
        app = transitions.make_current(self.premises.state, release)
        self.premises.save()
        self._deploy(app, release)

    def _deploy(self, app: App, release: Release) -> None:
        self.premises.announce(
            app, f"Release v{release.version} created by user {{by}}"
        )
        self.formations[app.id].deploy()

    async def _release_phase(
        self, app: App, release: Release, slug: Slug, command: str
    ) -> None:
        """Run the release command with the new code and config, then settle."""
        tell = self.premises.announce
        try:
            tell(app, f"Running release v{release.version} commands by user {{by}}")
            succeeded = await self._run(app, release, slug, command)
            await self._settle(release, succeeded=succeeded)
        finally:
            self._settled.pop(release.id).set()

    async def _run(self, app: App, release: Release, slug: Slug, command: str) -> bool:
        """Whether the release command succeeded; one that cannot be run did not."""
        if self.premises.faults.take(Place.RELEASE, app=app.name):
            command = "echo 'The release command fails by request'; exit 1"
        output = self.premises.outputs.open(release.id)
        try:
            dyno = self.formations[app.id].run_one_off(
                "release", command, release, slug, output.write
            )
            return await self._succeeds(dyno)
        except Exception as error:  # noqa: BLE001 - a release must settle in any case
            _log.warning("the command of release %s was not run: %r", release.id, error)
            output.write(f"The release command could not be run: {error}\n")
            return False
        finally:
            self.premises.outputs.close(release.id)

    async def _settle(self, release: Release, *, succeeded: bool) -> None:
        """Keep how it ended, for as long as its app is there, then act on it."""
        state = self.premises.state

        def settle() -> None:
            if release.app_id in state.apps:
                transitions.settle_release(state, release, succeeded=succeeded)

        await self.premises.insist(settle)
        app = state.apps.get(release.app_id)
        if app is not None and succeeded:
            self._deploy(app, release)
        elif app is not None:
            text = f"Release v{release.version} command failed by user {{by}}"
            self.premises.announce(app, text)

    async def _succeeds(self, dyno: Dyno) -> bool:
        try:
            async with asyncio.timeout(self.premises.timers.release_phase):
                return await dyno.wait() == 0 and not dyno.stopping
        except TimeoutError:
            await dyno.stop()
            return False


def settle_after_restart(premises: Premises) -> None:
    """What was under way when the platform ended has failed."""
    state, at = premises.state, clock.now()
    for release in list(state.releases.values()):
        if release.status == "pending":
            transitions.settle_release(state, release, succeeded=False)
            _note(premises, release.id)
    for build in list(state.builds.values()):
        if build.status == "pending":
            failed = replace(build, status="failed", updated_at=at)
            state.builds[build.id] = failed
            _note(premises, build.id)
    for promotion in list(state.promotions.values()):
        targets = tuple(_settled_target(state, t) for t in promotion.targets)
        if targets != promotion.targets:
            state.promotions[promotion.id] = replace(
                promotion, targets=targets, updated_at=at
            )
    premises.save()


def _settled_target(state: State, target: Target) -> Target:
    """What a promotion did to an app is what became of the release it made there."""
    if target.status != "pending":
        return target
    release = state.releases.get(target.release_id or "")
    if release is not None and release.status == "succeeded":
        return replace(target, status="succeeded")
    message = "The platform stopped during this promotion"
    return replace(target, status="failed", error_message=message)


def _note(premises: Premises, output_id: str) -> None:
    premises.outputs.open(output_id).write("\nThe platform stopped before the end.\n")
    premises.outputs.close(output_id)
