"""The way back told: to what, how that is known, what differs, what speaks against it."""

from collections.abc import Iterator
from typing import Any, TextIO

from pydantic import TypeAdapter
from rich.text import Text

from gate.errors import ExitCode
from gate.model.rollback import RollbackPlan, WayBack
from gate.reports.machine import SCHEMA
from gate.reports.plain_text import plain
from gate.reports.terminal import console

PLAN = TypeAdapter(RollbackPlan)
STYLES = {WayBack.SAFE: "green", WayBack.UNSAFE: "bold red"}


def exit_code_of(plan: RollbackPlan) -> ExitCode:
    """Return how a command ends that only asks whether there is a way back."""
    return ExitCode.BLOCKED if plan.way is WayBack.UNSAFE else ExitCode.PASSED


def plan_document(plan: RollbackPlan) -> dict[str, Any]:
    """Return a plan as plain data."""
    code = exit_code_of(plan)
    return {
        "schema": SCHEMA,
        "outcome": plan.way.value,
        "exit_code": int(code),
        "plan": PLAN.dump_python(plan, mode="json"),
    }


def show_plan(plan: RollbackPlan, file: TextIO) -> None:
    """Print a plan; the first line says what it comes to."""
    out = console(file)
    first, *more = plan_lines(plan)
    out.print(Text(plain(first), style=STYLES.get(plan.way, "yellow")), soft_wrap=True)
    for line in more:
        out.print(Text(plain(f"  {line}")), soft_wrap=True)


def plan_lines(plan: RollbackPlan) -> Iterator[str]:
    """Yield what a plan says, line by line."""
    yield f"way back: {plan.words}: {plan.way.value}"
    if plan.verified:
        yield f"known: {plan.verified}"
    if plan.slug:
        yield f"slug: {plan.slug}, released with today's config vars"
    yield from (f"differs: {each}" for each in plan.differs)
    for each in plan.because:
        yield f"{each.rule}: {each.says}"
        if each.advice:
            yield f"    next: {each.advice}"
        if each.shown_by:
            yield f"    shown by: {each.shown_by}"
