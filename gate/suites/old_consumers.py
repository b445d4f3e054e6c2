"""Old consumers, played in a child process: the order to it, and its account.

Schemathesis must not share a process with Locust, and may take long or die.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from gate.ledger.encoding import to_json
from gate.model.evidence import Exercise, LiveBreak, Trial
from gate.suites.child_process import run_child
from gate.suites.consumers.job import JOB, TOLD, Ended, Job, Told
from gate.suites.consumers.secrecy import hidden, secret_parts
from gate.suites.environment import child_environment, named

EVENTS = "old-consumers.ndjson"


@dataclass(frozen=True, slots=True)
class Played:
    """What old consumers met, and the *trouble* that kept them from more."""

    exercises: tuple[Exercise, ...] = ()
    breaks: tuple[LiveBreak, ...] = ()
    trials: tuple[Trial, ...] = ()
    unrepeated: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    compared: bool = False
    trouble: str = ""


def play(job: Job, folder: Path) -> Played:
    """Do *job* in a child process; its files go to *folder*.

    Where the child does not come to its end, what it told so far still counts, and
    the trouble says what happened.
    """
    order, events = folder / "old-consumers.json", folder / EVENTS
    secrets = named(job.plan.headers.values())
    order.write_bytes(to_json(JOB, job, indent=1))
    events.unlink(missing_ok=True)
    ended = run_child(
        [sys.executable, "-m", "gate.suites.consumers.child", str(order), str(events)],
        folder=folder,
        output=folder / "old-consumers.log",
        environment=child_environment(
            {
                **secrets,
                "HYPOTHESIS_STORAGE_DIRECTORY": str(_tables()),
            }
        ),
        deadline=job.plan.deadline,
    )
    if ended.exit_code is None:
        return read(
            events, f"old consumers were not done after {job.plan.deadline:g} s"
        )
    if ended.exit_code:
        parts = {part: n for n, v in secrets.items() for part in secret_parts(v)}
        last_words = hidden(ended.tail(3), parts)
        return read(events, f"old consumers broke down: {last_words}")
    return read(events)


def _tables() -> Path:
    """Where Hypothesis keeps its tables of Unicode, which take a second to make."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "heroku-release-gate" / "hypothesis"


def read(events: Path, trouble: str = "") -> Played:
    """Return what an event file tells; *trouble* is known already.

    An account that breaks off before its end is trouble in itself.
    """
    told: list[Told] = []
    try:
        for line in events.read_bytes().splitlines():
            told.append(TOLD.validate_json(line))  # noqa: PERF401 - keeps what came
    except OSError:
        trouble = trouble or "old consumers told nothing"
    except ValidationError:
        trouble = trouble or "old consumers broke off in the middle of their account"
    last = next((each.ended for each in told if each.ended), None)
    if last is None:
        trouble = trouble or "old consumers broke off before their end"
        last = Ended(0, 0)
    return Played(
        exercises=tuple(each.exercise for each in told if each.exercise),
        breaks=tuple(each.broken for each in told if each.broken),
        trials=tuple(each.trial for each in told if each.trial),
        unrepeated=tuple(each.unrepeated for each in told if each.unrepeated),
        unsettled=tuple(each.unsettled for each in told if each.unsettled),
        compared=last.compared > 0,
        trouble="; ".join(each for each in (trouble, last.trouble) if each),
    )
