"""The file that a load run leaves behind: a line for each request and failed task."""

import itertools
import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gevent  # type: ignore[import-untyped]
from locust.exception import CatchResponseError

IDENTIFIER = re.compile(r"/(\d+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\b")
Step = dict[str, object]
"""Where a line belongs: arm, pair, its number within the pair's half, phase."""


def steps_of(arm: str, pair: str, phase: str) -> Iterator[Step]:
    """Where each line of one arm's half of a pair belongs, in order."""
    for k in itertools.count():
        yield {"arm": arm, "pair": pair, "k": k, "phase": phase}


class Samples:
    """The samples file, and the counts for its last line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self.requests = 0
        self.tasks_failed = 0
        self.unattributed = 0

    def write(self, line: Mapping[str, object]) -> None:
        """Add one line."""
        self._file.write(json.dumps(line) + "\n")

    def flush_every_second(self) -> None:
        """Let readers see what there is, until the file is closed."""
        while not self._file.closed:
            self._file.flush()
            gevent.sleep(1)

    def close(self, reason: str, **more: str) -> None:
        """Write the last line, which says why the run ended."""
        kept = ("requests", "tasks_failed", "unattributed")
        counts = {key: getattr(self, key) for key in kept}
        self.write({"end": True, "reason": reason, **counts, **more})
        self._file.close()

    def request(self, request_type: str, name: str, **fired: Any) -> None:
        """Note one request; `fired` is what Locust's `request` event carries."""
        self.requests += 1
        context = fired.get("context") or {}
        if "step" not in context:
            self.unattributed += 1  # fired by the team's code without its context
            return
        ms = float(fired.get("response_time") or 0)
        status = getattr(fired.get("response"), "status_code", 0) or 0
        self.write(
            {
                "t": fired.get("start_time") or time.time() - ms / 1000,
                **context["step"],
                "name": IDENTIFIER.sub("/{id}", name),
                "method": request_type,
                "ms": ms,
                "status": status,
                "error": in_short(fired.get("exception"), status),
                "bytes": fired.get("response_length") or 0,
            }
        )

    def task_failed(self, name: str, started: float, step: Step, error: str) -> None:
        """Note that a task of the team did not reach its end on one arm."""
        self.tasks_failed += 1
        line = {"t": started, **step, "name": name, "method": "TASK"}
        ms = (time.time() - started) * 1000
        self.write({**line, "ms": ms, "status": 0, "error": error, "bytes": 0})


def in_short(error: BaseException | str | None, status: int = 0) -> str | None:
    """What went wrong, on one line of at most 200 characters."""
    if not error:
        return None
    if status >= 400 and not isinstance(error, CatchResponseError):
        return f"HTTP {status}"
    kind = "" if isinstance(error, str | CatchResponseError) else type(error).__name__
    return " ".join(f"{kind} {error}".split())[:200]
