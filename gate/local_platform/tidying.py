"""Removing what nobody needs any more: slugs, environments, sources, output."""

import asyncio
import logging
import shutil
import time
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gate.local_platform import transitions
from gate.local_platform.premises import Premises
from gate.local_platform.processes import leftovers
from gate.local_platform.slugs import SlugMaker

_log = logging.getLogger(__name__)
_LONGEST_LOG = 5 * 1024 * 1024
_KEPT_LOG = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Tidying:
    """Clears the platform's folder; the state decides what is needed."""

    premises: Premises
    slugs: SlugMaker

    async def at_start(self) -> None:
        """Clear what a killed platform left half made, then what is not needed.

        Files that no state knows stay while a state lies aside that may know them.
        """
        await asyncio.to_thread(self._clear_half_made)
        await self.once()
        if self.premises.state.apps_created and not self.premises.home.states_aside:
            await asyncio.to_thread(self._clear_unknown)

    async def go_on(self) -> None:
        """Tidy at a steady interval; what fails is tried again the next time."""
        while True:
            await asyncio.sleep(self.premises.timers.tidy)
            try:
                await self.once()
            except OSError as error:
                _log.warning("what nobody needs could not be removed: %s", error)

    async def once(self) -> None:
        """Forget slugs that can never run again, and remove old sources.

        Nothing of that while a state lies aside, which is said.
        """
        premises, state = self.premises, self.premises.state
        await asyncio.to_thread(_shorten, premises.home.log)
        if aside := premises.home.states_aside:
            _log.warning("nothing is tidied up until you move %s away", aside[0])
            return
        unneeded = [
            slug_id
            for slug_id in transitions.unneeded_slugs(
                state, premises.retention, premises.timers.grace
            )
            if not self.slugs.is_busy(slug_id)
        ]
        for slug_id in unneeded:
            del state.slugs[slug_id]
        if unneeded:
            premises.save()  # first: a slug in the state is always whole on disk
            _log.info("removed %d slugs that no release needs", len(unneeded))
        for slug_id in unneeded:
            await asyncio.to_thread(self.slugs.discard, slug_id)
        await asyncio.to_thread(self._clear_sources, self._blobs_in_use())
        self._forget_history()

    def _forget_history(self) -> None:
        """Drop old builds, with their output, and old promotions."""
        premises = self.premises
        past = transitions.unneeded_history(premises.state, premises.retention)
        for id in past:
            premises.state.builds.pop(id, None)
            premises.state.promotions.pop(id, None)
        if past:
            premises.save()
        for id in past:
            premises.outputs.remove(id)

    def _blobs_in_use(self) -> set[str]:
        state = self.premises.state
        building = (
            Path(urlsplit(build.source.url).path).name
            for build in state.builds.values()
            if build.status == "pending"
        )
        return {*state.slugs, *building}

    def _clear_sources(self, in_use: Container[str]) -> None:
        oldest = time.time() - self.premises.timers.blob
        for blob in self.premises.home.blobs.glob("*.tgz"):
            if blob.stem not in in_use and blob.stat().st_mtime < oldest:
                blob.unlink(missing_ok=True)

    def _clear_half_made(self) -> None:
        home = self.premises.home
        for file in home.temporary:
            file.unlink(missing_ok=True)
        for folder in (home.environments, home.blobs, *home.slugs.iterdir()):
            leftovers.clear_unfinished(folder)

    def _clear_unknown(self) -> None:
        """Nothing runs yet: what the state does not name, nobody uses."""
        home, state = self.premises.home, self.premises.state
        used = {slug.environment for slug in state.slugs.values()}
        for folder, known in (
            (home.slugs, state.slugs),
            (home.environments, used),
            (home.apps, state.apps),
        ):
            for path in folder.iterdir():
                if path.name not in known and path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
        for output in home.outputs.glob("*.log"):
            if output.stem not in state.builds and output.stem not in state.releases:
                output.unlink(missing_ok=True)


def _shorten(log: Path) -> None:
    """Keep the end of a long log; its writer appends."""
    if not log.exists() or log.stat().st_size <= _LONGEST_LOG:
        return
    with log.open("r+b") as file:
        file.seek(-_KEPT_LOG, 2)
        end = file.read()
        file.seek(0)
        file.write(end)
        file.truncate()
