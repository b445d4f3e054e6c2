"""Heroku's own command line, kept to this platform: a home and an environment for it.

What it reads was found in the source of `heroku` 11.10.0 and its libraries.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gate.errors import StateDamaged
from gate.local_platform.control import LocalPlatform
from gate.local_platform.store import write_atomically

NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing answers there
_LOOPBACK = "127.0.0.1,localhost"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY")
# Each would change where it goes, who it is there, or which app it means.
_MISLEADING = frozenset(
    {
        *("ALL_PROXY", "all_proxy", "GIT_CONFIG_GLOBAL"),
        *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"),
        *("DEBUG", "NODE_ENV", "IS_HEROKU_TEST_ENV", "PGDIAGNOSE_URL", "SSO_URL"),
        *("HEROKU_API_KEY", "HEROKU_API_TOKEN", "HEROKU_HEADERS", "HEROKU_APP"),
        *("HEROKU_ORG", "HEROKU_ORGANIZATION", "HEROKU_TEAM", "HEROKU_SUDO"),
        *("HEROKU_DEBUG", "HEROKU_DEBUG_HEADERS", "HEROKU_CLOUD", "HEROKU_GIT_HOST"),
        *("HEROKU_CACHE_DIR", "HEROKU_CONFIG_DIR", "HEROKU_DATA_DIR"),
    }
)
_OURS_TO_CLEAR = re.compile(r"HEROKU_[A-Z0-9_]+")


@dataclass(frozen=True, slots=True)
class Shell:
    """What a shell must set and unset so that the command line comes here; no secret."""

    variables: dict[str, str]
    unset: tuple[str, ...]


def equip(platform: LocalPlatform, inherited: Iterable[str]) -> Shell:
    """Make a home for the command line and tell the environment that leads to it.

    The token goes into that home's .netrc, where the command line looks for it, so
    that it is in no variable.  *inherited* are the names of the shell's variables.
    Raises StateDamaged when the home cannot be made.
    """
    home = platform.home / "heroku-cli"
    try:
        home.mkdir(mode=0o700, exist_ok=True)
        home.chmod(0o700)
        write_atomically(home / ".netrc", _netrc(platform).encode())
    except OSError as error:
        raise StateDamaged(
            f"{home} cannot be the home of Heroku's command line",
            why=error.strerror or str(error),
            advice="move it away, or make it writable",
        ) from None
    variables = _variables(platform.api_url, home)
    found = {name for name in inherited if _OURS_TO_CLEAR.fullmatch(name)}
    unset = (_MISLEADING | found) - variables.keys()
    return Shell(variables, tuple(sorted(unset)))


def _netrc(platform: LocalPlatform) -> str:
    """Machines are looked up with their port (`vars.apiHost`)."""
    host = urlsplit(platform.api_url).netloc
    return f"machine {host}\n  login local\n  password {platform.token}\n"


def _variables(api_url: str, home: Path) -> dict[str, str]:
    """Only a HEROKU_HOST that names loopback, scheme and port included, is obeyed.

    An empty or a disallowed one would lead to the real service.
    """
    proxies = {spelt: NOWHERE for p in _PROXIES for spelt in (p, p.lower())}
    return {
        "HEROKU_HOST": api_url,
        "HOME": os.fspath(home),  # .netrc, .gitconfig, caches, its install id
        "HEROKU_NETRC_WRITE": "true",  # the .netrc, not the keychain of the desktop
        "DISABLE_TELEMETRY": "true",  # OpenTelemetry, Sentry, Herokulytics
        "HEROKU_SKIP_ANALYTICS": "1",
        "HEROKU_SKIP_NEW_VERSION_CHECK": "1",  # npm's registry
        "HEROKU_DISABLE_AUTOUPDATE": "1",  # a process of its own behind any command
        # Asked for /account beside the API, whether somebody owes Heroku money.
        "HEROKU_PARTICLEBOARD_URL": api_url,
        "HEROKU_ANALYTICS_URL": NOWHERE,
        "HEROKU_BUILDPACK_REGISTRY_URL": NOWHERE,  # asked past all proxies
        "HEROKU_CI_WEBSOCKET_URL": NOWHERE.replace("http", "ws"),
        "HEROKU_DATA_HOST": urlsplit(NOWHERE).netloc,
        "HEROKU_EXEC_URL": NOWHERE,
        "HEROKU_LOGIN_HOST": NOWHERE,  # asked by itself when the token is refused
        "HEROKU_STATUS_HOST": NOWHERE,
        **proxies,  # whatever else it would ask
        "NO_PROXY": _LOOPBACK,
        "no_proxy": _LOOPBACK,
    }
