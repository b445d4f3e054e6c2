"""One flow of a load run: what each arm did in its turn, and both as one line."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from locust.exception import CatchResponseError

UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
IDENTIFIER = re.compile(rf"/(\d+|{UUID}|[0-9a-fA-F]{{16,}})(?=/|$)")


class Unanswered(OSError):
    """A request that was given up on our side: not sent, too slow, or too long."""


@dataclass(slots=True)
class Answer:
    """One request and how it went; *ms* is how long it took, *at* when it ended."""

    route: str
    ms: float
    at: float
    error: str = ""
    request_id: str = ""


@dataclass(slots=True)
class Turn:
    """What one arm did in one flow.

    *left* is the host that it wanted to ask although it is not the arm's own;
    *raised* is how the task itself failed; *asked* is the request under way,
    *unanswered*: one was not answered in time.
    """

    arm: str
    answers: list[Answer] = field(default_factory=list)
    raised: str = ""
    left: str = ""
    request_id: str = ""
    asked: tuple[str, str, float] | None = None
    unanswered: bool = False

    @contextmanager
    def asking(self, method: str, url: str) -> Iterator[None]:
        """Wait for the answer to a request."""
        self.asked = method, url, time.perf_counter()
        try:
            yield
        finally:
            self.asked = None

    @property
    def waited(self) -> float:
        """For how many seconds the request under way has waited; 0: none is."""
        return time.perf_counter() - self.asked[2] if self.asked else 0.0

    def give_up(self, at: float, patience: float) -> None:
        """Count the request under way as not answered, within *patience* or less."""
        if self.asked:
            (method, url, _), waited = self.asked, self.waited
            error = f"not answered within {int(min(waited, patience))} s"
            ms = round(waited * 1000, 3)
            told = Answer(route_of(method, url), ms, at, error, self.request_id)
            self.answers.append(told)

    @property
    def failed(self) -> bool:
        """Whether a request or the task itself failed."""
        return bool(self.raised) or any(answer.error for answer in self.answers)

    def errors(self) -> list[tuple[str, str, str]]:
        """Return arm, what went wrong and the request's id, for each error."""
        told = [
            (self.arm, f"{answer.route}: {answer.error}", answer.request_id)
            for answer in self.answers
            if answer.error
        ]
        return [*told, (self.arm, self.raised, "")] if self.raised else told


def flow_of(turns: Mapping[str, Turn]) -> dict[str, Any]:
    """Return what both turns come to: steps done alike, failures, requests, errors."""
    nothing = Turn("baseline")
    candidate, baseline = turns["candidate"], turns.get("baseline", nothing)
    errors = [*candidate.errors(), *baseline.errors()]
    return {
        "steps": _alike(candidate.answers, turns.get("baseline")),
        "route": _first_failed(candidate, baseline),
        "candidate_failed": candidate.failed,
        "baseline_failed": baseline.failed,
        "candidate_requests": len(candidate.answers),
        "baseline_requests": len(baseline.answers),
        **({"errors": errors} if errors else {}),
    }


def _first_failed(*turns: Turn) -> str:
    places = [
        (place, answer.route)
        for turn in turns
        for place, answer in enumerate(turn.answers)
        if answer.error
    ]
    return min(places)[1] if places else ""


def _alike(
    answers: Sequence[Answer], baseline: Turn | None
) -> list[tuple[str, float, float | None]]:
    steps: list[tuple[str, float, float | None]] = []
    if baseline is None:
        for answer in answers:
            if answer.error:
                break
            steps.append((answer.route, answer.ms, None))
        return steps
    for ours, theirs in zip(answers, baseline.answers, strict=False):
        if ours.error or theirs.error or ours.route != theirs.route:
            break
        steps.append((ours.route, ours.ms, theirs.ms))
    return steps


def route_of(method: str, name: str) -> str:
    """Return the method and the path without query and identifiers."""
    path = urlsplit(name).path or "/" if "://" in name else name.partition("?")[0]
    return f"{method} {IDENTIFIER.sub('/{id}', path)}"


def in_short(error: BaseException | str | None, status: int = 0) -> str:
    """Return what went wrong on one line of at most 200 characters; empty: nothing."""
    if not error:
        return ""
    if status >= 400 and not isinstance(error, CatchResponseError):
        return f"HTTP {status}"
    plain = isinstance(error, str | CatchResponseError | Unanswered)
    told = [] if plain else [type(error).__name__]
    told += [text] if (text := " ".join(str(error).split())) else []
    return ": ".join(told)[:200]
