"""The platform's own calls, from outside: what Heroku's API does not have."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import quote, urlsplit

from gate.errors import PlatformUnavailable, UsageProblem
from gate.local_platform.control import LocalPlatform

_PATIENCE: Final = 10.0


class Remote:
    """Calls below /local/ of a running platform; faults never strike them.

    All raise UsageProblem for what the platform refuses, in its words, and
    PlatformUnavailable if it does not answer.
    """

    def __init__(self, platform: LocalPlatform) -> None:
        self._platform = platform

    def status(self) -> dict[str, Any]:
        """Where everything answers, which timers differ, which faults wait."""
        found: dict[str, Any] = self._ask("GET", "/local/status")
        return found

    def faults(self) -> list[dict[str, Any]]:
        """All faults, with how often each struck."""
        found: list[dict[str, Any]] = self._ask("GET", "/local/faults")
        return found

    def add(self, kind: str, **order: str | float | None) -> dict[str, Any]:
        """Ask for a fault, as `gate.local_platform.faults.orders.Order` says."""
        added: dict[str, Any] = self._ask(
            "POST", "/local/faults", {"kind": kind, **order}
        )
        return added

    def clear(self, id: str | None = None) -> list[dict[str, Any]]:
        """Take one fault back, or all; returns those that were there."""
        if id is not None:
            return [self._ask("DELETE", f"/local/faults/{quote(id, safe='')}")]
        cleared: list[dict[str, Any]] = self._ask("DELETE", "/local/faults")
        return cleared

    def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Any:
        headers = {
            "Accept": "application/vnd.heroku+json; version=3",
            "Authorization": f"Bearer {self._platform.token}",
            "Content-Type": "application/json",
        }
        sent = None if body is None else json.dumps(body)
        address = urlsplit(self._platform.api_url).netloc
        connection = HTTPConnection(address, timeout=_PATIENCE)
        try:
            connection.request(method, path, body=sent, headers=headers)
            answer = connection.getresponse()
            found = json.loads(answer.read())
        except (OSError, HTTPException, ValueError) as error:
            raise PlatformUnavailable(
                "the local platform does not answer",
                why=f"{method} {path}: {error}",
                advice="run: python -m gate local up",
            ) from None
        finally:
            connection.close()
        if answer.status >= 400:
            raise UsageProblem(
                "the local platform refused",
                why=str(found.get("message")),
                advice=_advice(path),
            )
        return found


def _advice(path: str) -> str:
    """What to do when this was refused."""
    if path.startswith("/local/faults"):
        return "run: python -m gate local fault --help"
    return "run: python -m gate local down, then: python -m gate local up"
