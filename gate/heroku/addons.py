"""Calls about add-ons (Platform API, sections "Add-on" and "Add-on Action")."""

from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from gate.heroku.addresses import path
from gate.heroku.decoding import decode
from gate.heroku.patience import Patience
from gate.heroku.transport import Call, Transport
from gate.model.addon import AddOn

_PATIENCE: Final = Patience(read=120.0, attempt=150.0)  # a new server starts first


class _Named(BaseModel):
    model_config = ConfigDict(defer_build=True)

    name: str


class _AddOnJson(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    id: str
    name: str
    app: _Named
    plan: _Named
    config_vars: tuple[str, ...]
    state: str
    provision_message: str | None = None

    def noun(self) -> AddOn:
        return AddOn(
            id=self.id,
            name=self.name,
            app=self.app.name,
            plan=self.plan.name,
            config_vars=self.config_vars,
            state=self.state,
            trouble=self.provision_message or "",
        )


_ADDON: Final = TypeAdapter(_AddOnJson)
_ADDONS: Final = TypeAdapter(list[_AddOnJson], config=ConfigDict(defer_build=True))


class AddOnClient:
    """The add-ons of a platform's apps; errors are those of `HerokuClient`."""

    def __init__(self, base_url: str, token: str) -> None:
        self._transport = Transport(base_url, token, patience=_PATIENCE)

    def all(self, app: str | None = None) -> tuple[AddOn, ...]:
        """Return the add-ons of an app, or of all apps."""
        where = path("apps", app, "addons") if app else path("addons")
        return tuple(
            found.noun()
            for page in self._transport.pages(where)
            for found in decode(_ADDONS, page)
        )

    def create(self, app: str, plan: str, *, name: str | None = None) -> AddOn:
        """Provision an add-on; sent once."""
        body = {"plan": plan} | ({"name": name} if name else {})
        call = Call("POST", path("apps", app, "addons"), json=body)
        return decode(_ADDON, self._transport.send(call)).noun()

    def resolve(self, app: str, word: str) -> tuple[AddOn, ...]:
        """Return the app's add-ons that a name, attachment or service may mean."""
        body = {"app": app, "addon": word}
        call = Call("POST", path("actions", "addons", "resolve"), body, repeatable=True)
        answer = self._transport.send(call)
        return tuple(found.noun() for found in decode(_ADDONS, answer))

    def destroy(self, addon: AddOn) -> None:
        """Destroy an add-on and all that it holds; sent once."""
        self._transport.send(
            Call("DELETE", path("apps", addon.app, "addons", addon.id))
        )
