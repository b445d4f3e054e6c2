"""What an add-on is to a client: a service attached to an app."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AddOn:
    """An add-on; *trouble* says why it does not serve, if it should and does not."""

    id: str
    name: str
    app: str
    plan: str
    config_vars: tuple[str, ...]
    state: str
    trouble: str
