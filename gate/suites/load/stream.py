"""What the load generator tells while it runs, one JSON object per line.

``begin`` says when the load began; then there is a line for each ``flow``, one whenever
it changes how many are ``under way`` for long, and each second one about the
``generator`` itself; ``end`` says why that was all. Without that one the run was cut
short. The generator writes them.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gate.model.evidence import Generator, SlowRequest
from gate.stats.events import BASELINE, CANDIDATE, Arm, Flow, Step, UnderWay
from gate.suites.load.generator.settings import GOOD_ENDS

MOST_ERROR_KINDS = 10
STOPPED = "stopped"


class LoadStream:
    """All that has been told so far; *began* is null before the load began (Unix).

    *reason* is why it ended, one word, empty while it has not. *slowest* are the
    slowest answers, told in the end.
    """

    def __init__(self) -> None:
        self.began: float | None = None
        self.reason = ""
        self.generator = Generator()
        self.slowest: tuple[SlowRequest, ...] = ()
        self._said = ""
        self._under_way: dict[str, tuple[int, int]] = {}
        self._error_ids: dict[str, str] = {}
        self._errors: dict[Arm, Counter[str]] = {
            CANDIDATE: Counter(),
            BASELINE: Counter(),
        }

    @property
    def trouble(self) -> str:
        """Why the run cannot be trusted; empty: it came to an end as it should."""
        if not self.reason:
            return "the load run was cut short"
        return "" if self.reason in GOOD_ENDS else self._said or self.reason

    def take(self, line: str) -> Flow | UnderWay | None:
        """Take in one line; return the event that it tells, if it does.

        A line that is damaged tells nothing: its flow is missed by its number.
        """
        try:
            row = json.loads(line)
            match row["kind"]:
                case "begin":
                    self.began = float(row["at"])
                case "flow" if self.began is not None:
                    return self._flow(row, self.began)
                case "under way" if self.began is not None:
                    return self._waiting(row, self.began)
                case "generator":
                    busy = max(self.generator.busy, _finite(row["busy"]))
                    self.generator = replace(self.generator, busy=busy)
                case "end":
                    self._end(row)
        except (ValueError, KeyError, TypeError, IndexError, OverflowError):
            return None
        return None

    def errors(self, arm: Arm) -> dict[str, int]:
        """Return what went wrong on one arm, the most frequent first."""
        return dict(self._errors[arm].most_common(MOST_ERROR_KINDS))

    @property
    def error_ids(self) -> dict[str, str]:
        """The id of the first request of the candidate to which each error happened."""
        most = self.errors(CANDIDATE)
        return {said: own for said, own in self._error_ids.items() if said in most}

    def _flow(self, row: Mapping[str, Any], began: float) -> Flow:
        """Round what is told, so that it reads the same when it was stored."""
        flow = Flow(
            at=_finite(row["at"] - began),
            number=int(row["number"]),
            users=int(row["users"]),
            steps=tuple(_step(step) for step in row["steps"]),
            candidate_failed=bool(row["candidate_failed"]),
            baseline_failed=bool(row["baseline_failed"]),
            candidate_requests=int(row["candidate_requests"]),
            baseline_requests=int(row["baseline_requests"]),
            late=_finite(row["late"]),
            worker=str(row["worker"]),
            route=str(row["route"]),
        )
        for arm, said, request_id in row.get("errors", ()):
            self._errors[arm][str(said)] += 1
            if arm == CANDIDATE and request_id:
                self._error_ids.setdefault(str(said), str(request_id))
        return flow

    def _waiting(self, row: Mapping[str, Any], began: float) -> UnderWay:
        """Add up what each worker tells of its own."""
        at = _finite(row["at"] - began)
        own = int(row[CANDIDATE]), int(row[BASELINE])
        self._under_way[str(row["worker"])] = own
        candidate, baseline = map(sum, zip(*self._under_way.values(), strict=True))
        return UnderWay(at, candidate, baseline)

    def _end(self, row: Mapping[str, Any]) -> None:
        self.reason, self._said = str(row["reason"]), str(row["said"])
        self.generator = Generator(
            workers=int(row["workers"]),
            busy=_finite(row["busy"]),
            late=_finite(row["late"]),
            rate=_finite(row["rate"]),
            lowered_from=_finite(row["lowered_from"]),
        )
        self.slowest = tuple(
            SlowRequest(
                arm=each["arm"],
                route=str(each["route"]),
                at=_finite(each["at"] - (self.began or 0.0)),
                ms=_finite(each["ms"]),
                request_id=str(each["request_id"]),
            )
            for each in row["slowest"]
        )


def _step(told: list[Any]) -> Step:
    route, candidate, baseline = told
    beside = None if baseline is None else _finite(baseline)
    return Step(str(route), _finite(candidate), beside)


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("not a number of seconds")
    return round(float(number), 3)
