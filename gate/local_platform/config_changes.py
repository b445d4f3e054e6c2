"""Changes of config vars: each is a release, after the release command that runs."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gate.local_platform import transitions
from gate.local_platform.releases import Releaser
from gate.local_platform.state import App

_PAUSE = 1.0  # seconds until a release that could not be saved is tried again
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConfigChanges:
    """Turns changes into releases; those that must wait are kept with the state."""

    releaser: Releaser
    spawn: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]

    def make(self, app: App, changes: Mapping[str, str | None]) -> None:
        """Set and (by None) remove config vars, at once or when no release is pending.

        Which slug runs with the new values depends on how that release ends.
        """
        state = self.releaser.premises.state
        if not app.waiting_config and state.pending_release(app.id) is None:
            self._release(app, changes)
            return
        waiting = {**app.waiting_config, **changes}
        state.apps[app.id] = replace(app, waiting_config=waiting)
        self.releaser.premises.save()
        if not app.waiting_config:
            self.spawn(self._release_later(app.id))

    def resume(self, app: App) -> None:
        """Make the changes that still waited when the platform ended."""
        if app.waiting_config:
            self.spawn(self._release_later(app.id))

    async def _release_later(self, app_id: str) -> None:
        """Release what waits; while the disk refuses that, it waits on."""
        premises = self.releaser.premises
        while True:
            await self.releaser.quiet(app_id)
            app = premises.state.apps.get(app_id)
            if app is None or not app.waiting_config:
                return
            premises.state.apps[app.id] = replace(app, waiting_config={})
            try:
                self._release(app, app.waiting_config)
                premises.save()
            except OSError as error:
                _log.warning("a config change of %s waits on: %s", app.name, error)
                await asyncio.sleep(_PAUSE)

    def _release(self, app: App, changes: Mapping[str, str | None]) -> None:
        merged = {**app.config, **changes}
        config = {key: value for key, value in merged.items() if value is not None}
        if config == app.config:
            return
        description = transitions.describe_config_change(app.config, config)
        slug = self.releaser.premises.state.current_slug(app)
        self.releaser.create(app, slug, config, description)
