"""The child process in which old consumers are played.

Usage: ``python -m gate.suites.consumers.child JOB EVENTS``. What it saw goes to EVENTS,
one JSON object a line (`gate.suites.consumers.job`), each as soon as it is known.
"""

import importlib.util
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from schemathesis.schemas import BaseSchema

from gate.errors import GateError
from gate.model.evidence import Exercise
from gate.model.plan import ContractPlan
from gate.openapi import Document, compare, parse
from gate.openapi.documents.operations import operations_of
from gate.openapi.traffic.admission import Admission
from gate.suites.consumers.arms import Arm, FellSilent
from gate.suites.consumers.budget import Budget
from gate.suites.consumers.confirming import Confirming, confirmed
from gate.suites.consumers.drawing import Drawing, Undrawable, load
from gate.suites.consumers.job import JOB, TOLD, Ended, Job, Told
from gate.suites.consumers.playing import SAFE, SAMPLES_EACH, Play
from gate.suites.consumers.secrecy import Secrets
from gate.suites.consumers.trials import Trials
from gate.suites.parent_process import end_with_parent

MOST_BREAKS = 100
CONFIRMED_UNTIL, TRIED_UNTIL = 0.85, 1.0
BY_SAFETY = "it may change data, and contract.unsafe is false"
BY_NAME = "contract.never names it"


class NotDrawn(GateError):
    """No request could be drawn from production's document."""


def main() -> int:
    """Read the job, do it, tell what was seen."""
    end_with_parent()
    job = JOB.validate_json(Path(sys.argv[1]).read_bytes())
    old = parse(Path(job.old).read_bytes())
    with Path(sys.argv[2]).open("wb") as sink:
        try:
            secrets = Secrets(job.plan.headers, os.environ, old, hooks=bool(job.hooks))
        except GateError as error:
            _tell(sink, Told(ended=Ended(0, 0, str(error))))
            return 0
        for told in Consumers(job, old, secrets).told():
            _tell(sink, told, secrets)
    return 0


class Consumers:
    """The old consumers of one job."""

    def __init__(self, job: Job, old: Document, secrets: Secrets) -> None:
        self._job = job
        self._old = old
        self._new = parse(Path(job.new).read_bytes()) if job.new else None
        self._secrets = secrets
        self._withheld = withheld(old, job.plan)
        self._trouble: list[str] = []
        drawn = job.plan.requests
        most = drawn + drawn // 2 + 1
        candidate = Arm("the candidate", job.candidate, secrets, most)
        control = None
        if job.control:
            also = SAMPLES_EACH * len(self._exercised())
            control = Arm(
                "the baseline", job.control, secrets, most + also, is_control=True
            )
        budget = Budget(drawn, job.plan.seconds)
        documents = old, self._new
        self._play = Play(candidate, control, documents, budget, secrets)

    def told(self) -> Iterator[Told]:
        """Play, confirm, try; yield each piece as soon as it is known."""
        play, budget = self._play, self._play.budget
        try:
            self._draw()
        except (FellSilent, NotDrawn) as error:
            self._trouble.append(str(error))
        for operation, why in play.telling.unchecked.items():
            said = "cannot be held against production's document"
            self._trouble.append(f"what {operation} answers {said}: {why}")
        yield from (Told(exercise=each) for each in self._exercises())
        budget.allow(0, CONFIRMED_UNTIL)
        new = None if self._new is None else Admission(self._new)
        confirming = Confirming(play, self._secrets, new)
        breaks = []
        for broken in confirmed(confirming, play, MOST_BREAKS):
            breaks.append(broken)
            yield Told(broken=broken)
        if confirming.unasked:
            unasked = ", ".join(dict.fromkeys(confirming.unasked))
            self._trouble.append(
                "there was no time, or there were too many, to see every difference "
                f"again: {unasked[:600]} (contract.seconds and contract.requests allow "
                "more)"
            )
        yield from (Told(unrepeated=each) for each in confirming.unrepeated)
        yield from (Told(unsettled=each) for each in confirming.unsettled)
        if self._new is not None:
            budget.allow(0, TRIED_UNTIL)
            changes = compare(self._old, self._new, self._job.day or None)
            documents = self._old, self._new
            trials = Trials(play, documents, self._secrets, self._withheld, breaks)
            yield from (Told(trial=each) for each in trials.run(changes))
        trouble = "; ".join(self._trouble)
        yield Told(ended=Ended(budget.sent, play.compared, trouble))

    def _draw(self) -> None:
        job = self._job
        if job.hooks:
            _load_hooks(Path(job.hooks), Path(job.plan.hooks))
        for reference, why in self._old.unfollowed.items():
            raise NotDrawn(
                "old consumers cannot be drawn from production's document: it refers to "
                f"{reference}",
                why=why,
            )
        unknown = _unknown(job.plan, self._old, self._new)
        if unknown:
            raise NotDrawn(
                f"contract.never names {unknown}, which neither document has: was "
                "another operation meant?"
            )
        try:
            schema: BaseSchema = load(self._old.root, job.candidate, job.plan)
            drawing = Drawing(schema, self._withheld, job.plan, self._play)
            drawing.run()
        except Undrawable as error:
            raise NotDrawn(
                "old consumers cannot be drawn from production's document",
                why=" ".join(str(error).split())[:300],
            ) from error
        if not self._play.budget.sent and drawing.undrawn:
            told = "; ".join(f"{k}: {v}" for k, v in sorted(drawing.undrawn.items()))
            raise NotDrawn("no request could be drawn", why=told[:600])

    def _exercises(self) -> Iterator[Exercise]:
        """Every documented operation, also those that nothing was sent to."""
        for operation in self._exercised():
            play = self._play
            yield Exercise(
                operation,
                play.sent[operation],
                play.accepted[operation],
                self._withheld.get(operation, ""),
                play.refused[operation],
                play.turned_away[operation],
            )

    def _exercised(self) -> list[str]:
        return sorted(each.name for each in operations_of(self._old).all)


def withheld(document: Document, plan: ContractPlan) -> dict[str, str]:
    """Return the operations that the team's settings forbid, each with the reason."""
    never = {_plain(each) for each in plan.never}
    found: dict[str, str] = {}
    for operation in operations_of(document).all:
        if _plain(operation.name) in never:
            found[operation.name] = BY_NAME
        elif not plan.unsafe and operation.method.upper() not in SAFE:
            found[operation.name] = BY_SAFETY
    return found


def _unknown(plan: ContractPlan, old: Document, new: Document | None) -> str:
    documents = [old] if new is None else [old, new]
    known = {_plain(op.name) for each in documents for op in operations_of(each).all}
    return ", ".join(each for each in plan.never if _plain(each) not in known)


def _plain(operation: str) -> str:
    """The name of an operation, whatever its path parameters are called."""
    method, _, path = operation.strip().partition(" ")
    return f"{method.upper()} {re.sub(r'{[^/{}]*}', '{}', path.strip())}"


def _load_hooks(path: Path, named: Path) -> None:
    """Run the team's file of Schemathesis hooks; raises NotDrawn when it fails.

    It may import what lies in the checkout, in which it is *named* so.
    """
    sys.path.insert(0, str(path.parents[len(named.parts) - 1]))
    spec = importlib.util.spec_from_file_location("contract_hooks", path)
    if spec is None or spec.loader is None:
        raise NotDrawn(f"contract.hooks: {path.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise NotDrawn(f"contract.hooks: {path.name} failed", why=why) from error


def _tell(sink: IO[bytes], told: Told, secrets: Secrets | None = None) -> None:
    plain = TOLD.dump_python(told, mode="json")
    line = json.dumps(secrets.without(plain) if secrets else plain, allow_nan=False)
    sink.write(line.encode() + b"\n")
    sink.flush()


if __name__ == "__main__":
    sys.exit(main())
