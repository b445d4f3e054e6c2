"""A database and the one role that may use it: names, secrets, SQL, address."""

import secrets
from urllib.parse import quote

from gate.local_platform import ports
from gate.local_platform.state import AddOn

_CONNECTIONS = 20  # what the plan essential-0 grants
_ADJECTIVES = (
    "acute",
    "angular",
    "clear",
    "curved",
    "flat",
    "rigid",
    "round",
    "shaped",
)


def name() -> str:
    """An add-on's name, like `postgresql-shaped-12345`."""
    return f"postgresql-{secrets.choice(_ADJECTIVES)}-{secrets.randbelow(100_000):05}"


def credentials() -> tuple[str, str, str]:
    """Names of a database and a role, and a password of 256 bits."""
    letters = secrets.token_hex(7)
    return f"d{letters}", f"u{letters}", f"p{secrets.token_hex(32)}"


def url(addon: AddOn, port: int) -> str:
    """The address of an add-on's database, with the scheme that Heroku uses."""
    who = f"{quote(addon.role)}:{quote(addon.password)}"
    return f"postgres://{who}@{ports.LOOPBACK}:{port}/{quote(addon.database)}"


def closing() -> str:
    """SQL that keeps the roles of add-ons out of the server's own databases."""
    return "REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;\n"


def creation(addon: AddOn) -> str:
    """SQL that makes a role which owns one database and can connect to no other.

    The names are ours and hold no quotes.
    """
    return (
        f"CREATE ROLE {addon.role} LOGIN PASSWORD '{addon.password}' "
        f"CONNECTION LIMIT {_CONNECTIONS};\n"
        f"CREATE DATABASE {addon.database} OWNER {addon.role} TEMPLATE template0;\n"
        f"REVOKE ALL ON DATABASE {addon.database} FROM PUBLIC;\n"
    )


def removal(addon: AddOn) -> str:
    """SQL that ends all its sessions and removes database and role, if there."""
    return (
        f"DROP DATABASE IF EXISTS {addon.database} WITH (FORCE);\n"
        f"DROP ROLE IF EXISTS {addon.role};\n"
    )
