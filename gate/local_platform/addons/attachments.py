"""How add-ons and config vars belong together: pure rules on the state.

An attachment DATABASE owns the config var DATABASE_URL.  A rollback neither adds nor
removes add-ons, so it never brings back the address of a database that is gone.
"""

from dataclasses import replace

from gate.local_platform.addons.installation import AddOnError
from gate.local_platform.state import AddOn, App, Release, State

_COLORS = ("AMBER", "AQUA", "BLUE", "COPPER", "CYAN", "GOLD", "GREEN", "IVORY", "JADE")


def owned(state: State, app_id: str) -> set[str]:
    """The config vars that nobody but an add-on may change."""
    return {
        addon.config_var
        for addon in state.addons_of(app_id)
        if addon.state == "provisioned"
    }


def name_for(state: State, app: App, wanted: str | None, placeholder: str) -> str:
    """The attachment's name: the one wanted, else DATABASE, else one of a color.

    The SQLite file that every app begins with (`placeholder`) gives way; a value that
    somebody set does not.  Raises AddOnError when the wanted name is taken.
    """
    taken = {addon.attachment for addon in state.addons_of(app.id)}
    values = {**app.config, **app.waiting_config}

    def is_free(name: str) -> bool:
        value = values.get(f"{name}_URL")
        return name not in taken and value in (None, placeholder)

    if wanted is not None:
        if not is_free(wanted):
            raise AddOnError(f"{wanted}_URL is already set; choose another name")
        return wanted
    names = ["DATABASE", *(f"HEROKU_POSTGRESQL_{c}" for c in _COLORS)]
    free = next(filter(is_free, names), None)
    if free is None:
        raise AddOnError("the app has too many databases")
    return free


def attach(state: State, addon: AddOn, url: str) -> dict[str, str]:
    """The add-on is provisioned; returns the app's config with its address."""
    config = state.apps[addon.app_id].config
    state.addons[addon.id] = replace(
        addon, state="provisioned", replaced=config.get(addon.config_var)
    )
    return {**config, addon.config_var: url}


def mark_removed(state: State, addon: AddOn) -> None:
    """Its database is to be dropped; it is listed no more."""
    state.addons[addon.id] = replace(addon, state="deprovisioned")


def detach(state: State, addon: AddOn) -> dict[str, str]:
    """The add-on goes; returns the app's config with what was there before it."""
    mark_removed(state, addon)
    config = dict(state.apps[addon.app_id].config)
    config.pop(addon.config_var, None)
    if addon.replaced is not None:
        config[addon.config_var] = addon.replaced
    return config


def restored_config(state: State, release: Release) -> dict[str, str]:
    """A release's config vars, but those of add-ons as they are today."""
    app = state.apps[release.app_id]
    foreign = owned(state, app.id) | release.addons.keys()
    config = {k: v for k, v in release.config.items() if k not in foreign}
    return config | {k: v for k, v in app.config.items() if k in foreign}
