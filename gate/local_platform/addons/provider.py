"""The provider of heroku-postgresql: provisions, keeps and removes databases.

Each step is in the state before the next begins, so that a platform killed in between
knows what to finish: what was being provisioned is dropped, what was being removed is
removed.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from gate.local_platform import clock, ports, transitions
from gate.local_platform.addons import attachments, databases
from gate.local_platform.addons.installation import AddOnError
from gate.local_platform.addons.server import Server
from gate.local_platform.releases import Releaser
from gate.local_platform.state import AddOn, App

SERVICE = "heroku-postgresql"
PLAN = f"{SERVICE}:essential-0"
_PORT_TRIES = 3
_BREATH = 1.0  # seconds until a server that ended by itself is started again
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class AddOns:
    """All add-ons of a platform and the one server behind them."""

    releaser: Releaser
    spawn: Callable[[Coroutine[Any, Any, None]], object]
    trouble: str = ""  # why the server does not run although it should
    _server: Server | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def open(self) -> None:
        """Start the server if there are add-ons, and finish what was under way."""
        state = self.releaser.premises.state
        if state.database_server is not None:
            self._server = Server(state.database_server)
        unfinished = [
            addon
            for addon in state.addons.values()
            if addon.state != "provisioned" or addon.app_id not in state.apps
        ]
        async with self._turn:
            if self._server is not None and self._server.facts.complete:
                await self._try_to_start()
            await self._drop(unfinished)

    async def close(self) -> None:
        """Stop the server; databases are kept."""
        if self._server is not None:
            await self._server.stop()

    async def provision(
        self, app: App, name: str | None, attachment: str | None, placeholder: str
    ) -> AddOn:
        """A new database, its address set in a release of the app.

        Raises AddOnError, and then nothing of it is left.
        """
        premises, at = self.releaser.premises, clock.now()
        attachment = attachments.name_for(premises.state, app, attachment, placeholder)
        database, role, password = databases.credentials()
        addon = AddOn(
            id=str(uuid4()),
            app_id=app.id,
            name=name or databases.name(),
            plan=PLAN,
            attachment=attachment,
            attachment_id=str(uuid4()),
            state="provisioning",
            database=database,
            role=role,
            password=password,
            created_at=at,
            updated_at=at,
        )
        premises.state.addons[addon.id] = addon
        premises.save()
        try:
            async with self._turn:
                server = await self._ready()
                await server.execute(databases.creation(addon))
            await self.releaser.quiet(app.id)
            return self._attach(addon, server)
        except BaseException:
            async with self._turn:
                await self._drop([addon])
            raise

    async def deprovision(self, addon: AddOn) -> None:
        """Take the config var back in a release, then drop the database.

        Without the release command: no release whose database is gone stays current.
        """
        state = self.releaser.premises.state
        app = state.apps[addon.app_id]
        config = attachments.detach(state, addon)
        description = f"Detach {addon.attachment} (@ref:{addon.name})"
        slug = state.current_slug(app)
        self.releaser.create(app, slug, config, description, run_command=False)
        async with self._turn:
            await self._drop([addon])

    async def forget(self, app_id: str) -> None:
        """Drop the databases of an app that was deleted."""
        addons = self.releaser.premises.state.addons_of(app_id)
        async with self._turn:
            await self._drop([a for a in addons if a.state == "deprovisioned"])

    def _attach(self, addon: AddOn, server: Server) -> AddOn:
        state = self.releaser.premises.state
        app = state.apps.get(addon.app_id)
        if app is None:
            raise AddOnError("the app was deleted meanwhile")
        url = databases.url(addon, server.facts.port)
        config = attachments.attach(state, addon, url)
        description = f"Attach {addon.attachment} (@ref:{addon.name})"
        self.releaser.create(app, state.current_slug(app), config, description)
        return state.addons[addon.id]

    async def _ready(self) -> Server:
        """The server, made and started if need be; raises AddOnError."""
        premises = self.releaser.premises
        if self._server is not None and not self._server.facts.complete:
            await self._remove(self._server)
        if self._server is None:
            try:
                self._server = Server.found(premises.home.path, premises.free_port())
                premises.state.database_server = self._server.facts
                premises.save()
                await self._server.lay_out()
            except OSError as error:
                raise AddOnError(f"PostgreSQL's data cannot be made: {error}") from None
            premises.state.database_server = self._server.facts
            premises.save()
        if not self._server.is_running:
            await self._start(self._server)
        return self._server

    async def _try_to_start(self) -> None:
        assert self._server is not None
        try:
            await self._start(self._server)
        except (AddOnError, OSError) as error:
            self.trouble = f"PostgreSQL does not run: {error}"
            self._tell(self.trouble)

    async def _start(self, server: Server) -> None:
        """Start it on the same port as ever if that is free."""
        port, free_port = server.facts.port, self.releaser.premises.free_port
        for last in (*[False] * (_PORT_TRIES - 1), True):
            wanted = port if ports.is_free(port) else free_port()
            try:
                await server.start(wanted)
                break
            except AddOnError:
                if last or ports.is_free(wanted):
                    raise
        try:
            await server.execute(databases.closing())
        except AddOnError:
            await server.stop()
            raise
        self.trouble = ""
        self.spawn(self._watch(server))
        if server.facts.port != port:
            await self._move(server)

    async def _watch(self, server: Server) -> None:
        """Start the server again if it ends although nobody stopped it."""
        await server.ended()
        if server.is_wanted:
            self._tell("PostgreSQL ended unexpectedly; it is started again")
            await asyncio.sleep(_BREATH)
        async with self._turn:
            if server.is_wanted and not server.is_running:
                await self._try_to_start()

    async def _move(self, server: Server) -> None:
        """Another port: each app gets the new address in a release.

        At once, but for an app whose release command runs, which nobody waits for.
        """
        state = self.releaser.premises.state
        state.database_server = server.facts
        self._tell(f"PostgreSQL moves to port {server.facts.port}: its own is taken")
        for addon in [a for a in state.addons.values() if a.state == "provisioned"]:
            if state.pending_release(addon.app_id):
                self.spawn(self._update_later(addon))
            else:
                self._update(addon)
        self.releaser.premises.save()

    async def _update_later(self, addon: AddOn) -> None:
        await self.releaser.quiet(addon.app_id)
        self._update(addon)
        self.releaser.premises.save()

    def _update(self, addon: AddOn) -> None:
        """Release the server's port of today, if add-on and app are still there."""
        premises = self.releaser.premises
        state = premises.state
        app, known = state.apps.get(addon.app_id), state.addons.get(addon.id)
        there = app and known and known.state == "provisioned"
        if app is None or not there or self._server is None:
            return
        url = databases.url(addon, self._server.facts.port)
        config = {**app.config, addon.config_var: url}
        text = f"Update {addon.attachment} by {SERVICE}"
        slug = state.current_slug(app)
        release = transitions.add_release(state, app, slug, config, text, pending=False)
        transitions.make_current(state, release)
        premises.announce(app, text)
        if app.id in self.releaser.formations:
            self.releaser.formations[app.id].deploy()

    async def _drop(self, addons: list[AddOn]) -> None:
        """Remove databases; with the last of them the server and its folder go too."""
        premises, server = self.releaser.premises, self._server
        state = premises.state
        kept = {id for id in state.addons if id not in {a.id for a in addons}}
        if server is not None and not kept:
            await self._remove(server)
        for addon in addons:
            if self._server is None or await self._removed(self._server, addon):
                state.addons.pop(addon.id, None)
            elif addon.id in state.addons:
                attachments.mark_removed(state, addon)
        premises.save()

    async def _remove(self, server: Server) -> None:
        await server.remove()
        self._server = self.releaser.premises.state.database_server = None
        self.trouble = ""

    async def _removed(self, server: Server, addon: AddOn) -> bool:
        """Whether its database is gone; what cannot be removed now is tried again."""
        try:
            await server.execute(databases.removal(addon))
        except (AddOnError, OSError) as error:
            _log.warning("the database of %s is still there: %s", addon.name, error)
            return False
        return True

    def _tell(self, text: str) -> None:
        """Say it in the platform's log and in those of all apps with an add-on."""
        _log.warning(text)
        state = self.releaser.premises.state
        for app_id in {addon.app_id for addon in state.addons.values()}:
            if app_id in state.apps:
                self.releaser.premises.announce(state.apps[app_id], text)
