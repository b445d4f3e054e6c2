"""Old consumers: requests drawn from production's document, sent to the candidate.

Schemathesis draws them, in a child process: examples, boundary values, random values,
and sequences in which one answer feeds the next request. Its event file (NDJSON) tells
every request, answer and check.
"""

import base64
import json
import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.errors import GateError
from gate.model.evidence import Exercise
from gate.suites.child_process import run_child
from gate.suites.environment import child_environment

ACCEPTANCE = "positive_data_acceptance"
SERVER_FAULT = "not_a_server_error"
CHECKS = (
    SERVER_FAULT,
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    ACCEPTANCE,
)
MOST_COMPLAINTS_EACH = 50
REQUEST_TIMEOUT = 15
UNTOLD_HEADERS = frozenset({"accept", "accept-encoding", "connection", "user-agent"})
# Schemathesis goes on to print the schema and the value, both at length.
DETAILS = re.compile(r"Validated against|Schema(?: at [^:]*)?: [{\[]")


class NotPlayed(GateError):
    """Old consumers could not be played; the message says why."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A check that an exchange failed, with the request to send it again."""

    operation: str
    path: str
    check: str
    message: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    status: int
    content_type: str

    def as_curl(self) -> str:
        """Return a command line that sends the request again."""
        parts = ["curl", "-i", "-X", self.method]
        for name, value in self.headers.items():
            if name.lower() not in UNTOLD_HEADERS:
                parts += ["-H", shlex.quote(f"{name}: {value}")]
        if self.body:
            parts += ["-d", shlex.quote(self.body.decode(errors="replace"))]
        return " ".join([*parts, shlex.quote(self.url)])


@dataclass(frozen=True, slots=True)
class Played:
    """What old consumers met."""

    exercises: tuple[Exercise, ...]
    complaints: tuple[Complaint, ...]


def play(
    document: Path, url: str, *, examples: int, folder: Path, deadline: float
) -> Played:
    """Send requests that *document* allows to *url*; *examples* for each operation.

    Raises NotPlayed when Schemathesis did not come to its end.
    """
    events = folder / "old-consumers.ndjson"
    ended = run_child(
        [
            sys.executable,
            "-m",
            "schemathesis.cli",
            "run",
            str(document),
            f"--url={url}",
            "--mode=positive",
            "--phases=examples,coverage,fuzzing,stateful",
            f"--max-examples={examples}",
            f"--checks={','.join(CHECKS)}",
            "--generation-deterministic",
            "--continue-on-failure",
            "--workers=1",
            "--suppress-health-check=all",
            f"--request-timeout={REQUEST_TIMEOUT}",
            "--report=ndjson",
            f"--report-ndjson-path={events}",
            # Requests are sent again to the baseline: a masked header is another one.
            "--output-sanitize=false",
            "--no-color",
        ],
        folder=folder,
        output=folder / "old-consumers.log",
        environment=child_environment(),
        deadline=deadline,
    )
    if ended.exit_code is None:
        raise NotPlayed(f"old consumers were not done after {deadline:g} s")
    if ended.exit_code not in (0, 1):
        raise NotPlayed("Schemathesis could not play old consumers", why=ended.tail(3))
    return read_events(events)


def read_events(events: Path) -> Played:
    """Return what an event file tells; raises NotPlayed when it breaks off."""
    sent: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    complaints: dict[tuple[str, str], list[Complaint]] = {}
    finished = False
    for kind, event in _events(events):
        finished = finished or kind == "EngineFinished"
        if kind != "ScenarioFinished":
            continue
        recorder = event.get("recorder", {})
        interactions = recorder.get("interactions", {})
        for case_id, case in recorder.get("cases", {}).items():
            exchange = interactions.get(case_id)
            if exchange is None:
                continue
            operation = f"{case['value']['method']} {case['value']['path']}"
            sent[operation] += 1
            status = (exchange.get("response") or {}).get("status_code", 0)
            accepted[operation] += 200 <= status < 300
            for check in recorder.get("checks", {}).get(case_id, ()):
                if check["status"] == "success":
                    continue
                kept = complaints.setdefault((operation, check["name"]), [])
                if len(kept) < MOST_COMPLAINTS_EACH:
                    kept.append(_complaint(operation, case["value"], check, exchange))
    if not finished:
        raise NotPlayed("Schemathesis broke off before its end")
    return Played(
        exercises=tuple(
            Exercise(operation, count, accepted[operation])
            for operation, count in sorted(sent.items())
        ),
        complaints=tuple(one for each in complaints.values() for one in each),
    )


def _events(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise NotPlayed("Schemathesis wrote no events", why=str(error)) from error
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError as error:
            raise NotPlayed("Schemathesis broke off in the middle") from error
        yield from event.items()


def _complaint(
    operation: str, case: dict[str, Any], check: dict[str, Any], exchange: Any
) -> Complaint:
    request = exchange["request"]
    failure = check.get("failure_info", {}).get("failure", {})
    told = ": ".join(
        " ".join(str(failure.get(part, "")).split()) for part in ("title", "message")
    )
    told = DETAILS.split(told)[0].strip()
    response = exchange.get("response") or {}
    status = response.get("status_code", 0)
    kinds = response.get("headers", {}).get("content-type", [""])
    body = request.get("body")
    return Complaint(
        operation=operation,
        path=case["path"],
        check=check["name"],
        message=f"{told} (answered {status})" if status else told,
        method=request["method"],
        url=request["uri"],
        headers={
            name: values[0]
            for name, values in request.get("headers", {}).items()
            if name.lower() not in {"content-length", "host"}
        },
        body=base64.b64decode(body["$base64"]) if body else None,
        status=status,
        content_type=kinds[0],
    )
