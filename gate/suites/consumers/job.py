"""What the child is asked to do, and the lines in which it tells what it saw."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import TypeAdapter

from gate.model.evidence import Exercise, LiveBreak, Trial
from gate.model.plan import ContractPlan
from gate.model.reading import DEFERRED


@dataclass(frozen=True, slots=True)
class Job:
    """The two documents as files, the two addresses, and how to ask.

    *control* is empty where no baseline runs beside the candidate; *new* where the
    candidate has no document; *hooks* where the team has none. *day* is today.
    """

    __pydantic_config__: ClassVar = DEFERRED

    old: str
    new: str
    candidate: str
    control: str
    plan: ContractPlan
    hooks: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """The last line: how many requests were drawn, how many went to both.

    *trouble* says what kept the child from seeing everything.
    """

    sent: int
    compared: int
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the child's account; one of the members is set.

    *unrepeated* names a difference that did not show again, *unsettled* one of which
    nobody can tell whether the release makes it.
    """

    __pydantic_config__: ClassVar = DEFERRED

    exercise: Exercise | None = None
    broken: LiveBreak | None = None
    unrepeated: str | None = None
    unsettled: str | None = None
    trial: Trial | None = None
    ended: Ended | None = None


JOB: TypeAdapter[Job] = TypeAdapter(Job)
TOLD: TypeAdapter[Told] = TypeAdapter(Told)
