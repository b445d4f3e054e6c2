"""A calibration told to a person: false alarms, noise, and what can be excluded."""

from collections.abc import Iterator
from typing import TextIO

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from gate.judges.load.words import amount, count, percent
from gate.model.calibration import Calibration, Exclusion, Spread
from gate.model.load_questions import asked_of
from gate.model.plan import LoadPlan
from gate.reports.plain_text import plain
from gate.reports.terminal import console
from gate.stats.asked import Asked


def show_calibration(found: Calibration, plan: LoadPlan, file: TextIO) -> None:
    """Print all that was found, the answer first and what to do about it last."""
    asked = asked_of(plan, paired=True)
    out = console(file)
    for line in _headline(found):
        out.print(Text(plain(line)), soft_wrap=True)
    out.print(_excluded(found.exclusions, asked))
    if found.spreads:
        out.print(_noise(found.spreads))
    for line in _advice(found):
        out.print(Text(plain(line)), soft_wrap=True)


def _headline(found: Calibration) -> Iterator[str]:
    done = count(found.runs, "run")
    if found.runs < found.asked_runs:
        done = f"{done} of {found.asked_runs}, interrupted"
    yield (
        f"{found.release} against itself: {done}; {count(found.requests, 'request')} in "
        f"{found.seconds:g} s in the middle one; {count(found.machine.cores, 'core')}"
    )
    yield (
        f"false alarms: {found.alarms} of {found.runs} "
        f"(95 %: {percent(found.lowest)} to {percent(found.highest, up=True)})"
    )
    because = ", ".join(f"{rule} {times}×" for rule, times in found.because.items())
    yield f"passed: {found.passed} of {found.runs}" + (
        f"; {because}" if because else ""
    )


def _excluded(exclusions: tuple[Exclusion, ...], asked: Asked) -> Table:
    table = Table(box=SIMPLE, title=None)
    headings = (
        "excluded",
        "asked",
        "in half the runs",
        "in nine of ten runs",
        "undecided in",
    )
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for each in exclusions:
        told = (
            "nothing" if value is None else amount(each.metric, value, asked, up=True)
            for value in (each.median, each.most)
        )
        margin = amount(each.metric, each.asked, asked)
        table.add_row(each.metric.value, margin, *told, str(each.undecided))
    return table


def _noise(spreads: tuple[Spread, ...]) -> Table:
    table = Table(box=SIMPLE, title=None)
    for heading in ("noise from run to run", "alone", "beside the baseline", "runs"):
        table.add_column(heading, overflow="fold")
    for each in spreads:
        table.add_row(
            f"{each.quantile}, {each.part}",
            f"± {percent(each.alone)}",
            f"± {percent(each.paired)}",
            str(each.runs),
        )
    return table


def _advice(found: Calibration) -> Iterator[str]:
    if found.suggestions:
        yield "with this in [tool.gate.load], nine runs in ten would have been decided:"
    yield from (f"    {each}" for each in found.suggestions)
