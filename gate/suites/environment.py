"""What a child process of the gate may know: a short list, and what a team names."""

import os
from collections.abc import Iterable, Mapping

INHERITED = frozenset(
    {
        "CI",
        "COLUMNS",
        "HOME",
        "LANG",
        "LC_ALL",
        "LD_LIBRARY_PATH",
        "NO_COLOR",
        "PATH",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TERM",
        "TMPDIR",
        "TZ",
        "VIRTUAL_ENV",
    }
)


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a child: the short list, and *extra*."""
    inherited = {n: v for n, v in os.environ.items() if n in INHERITED}
    return {**inherited, "PYTHONDONTWRITEBYTECODE": "1", **(extra or {})}


def named(names: Iterable[str]) -> dict[str, str]:
    """Return those of the *names* that are set, for a child that the team gives them."""
    return {name: os.environ[name] for name in names if name in os.environ}
