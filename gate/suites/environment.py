"""What a child process of the gate may know: a short list, no secrets."""

import os
from collections.abc import Mapping

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
