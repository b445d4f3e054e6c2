"""``gate calibrate``: how often this gate is wrong here, and what it can see."""

import sys
import time
from pathlib import Path

import click
from pydantic import TypeAdapter

from gate.calibrating import calibrate
from gate.cli.telling import example, house, json_option, quiet_option
from gate.judges.calibrating import Trial
from gate.ledger.calibration_file import FILE
from gate.model.calibration import Calibration
from gate.reports.calibration import show_calibration
from gate.reports.machine import WORDS
from gate.reports.machine import as_json as to_json
from gate.reports.terminal import Progress
from gate.wiring import gatekeeper

CALIBRATION = TypeAdapter(Calibration)


@click.command("calibrate", epilog=example("python -m gate calibrate --runs 20"))
@click.option("--runs", default=20, show_default=True, type=click.IntRange(1, 10_000))
@json_option
@quiet_option
def calibrate_here(*, runs: int, as_json: bool, quiet: bool) -> None:
    """Judge what runs on staging against itself, and tell what that shows.

    The rate of false alarms with its exact interval, the noise from run to run, what
    the runs could exclude, and settings that would have passed. Staging's slug is
    released on the baseline app for it (its release command runs there), and the slug
    that was there is put back. The result is kept, and verdicts tell it from then on;
    one that is kept already is replaced, unless it is of the same release and settings
    and rests on more runs. Ctrl-C ends it with what was measured by then (exit code
    130).
    """
    here = house()
    progress = None if quiet else Progress()
    listeners = (progress,) if progress else ()
    if progress is not None:
        longest = here.settings.load.longest
        progress.say(f"{runs} runs, each of at most {longest:g} s of load")
    with gatekeeper(here, "calibrate", listeners=listeners) as keeper:
        found, kept = calibrate(keeper, runs, _Telling(progress, runs))
    if as_json:
        document = CALIBRATION.dump_python(found, mode="json")
        head = {"schema": 1, "outcome": WORDS[found.exit_code], "kept": kept == found}
        click.echo(to_json({**head, **document}))
    else:
        show_calibration(found, here.settings.load, sys.stdout)
        click.echo(_told(found, kept, here.home / FILE))
    click.get_current_context().exit(int(found.exit_code))


def _told(found: Calibration, kept: Calibration, path: Path) -> str:
    """Say which calibration verdicts tell from now on."""
    if kept == found:
        return f"kept in {path}; verdicts tell it from now on"
    return (
        f"not kept: {path} has more runs of the same release and settings, and verdicts "
        f"tell those ({kept.words}); move it away to have it replaced"
    )


class _Telling:
    """Says after each run how it came out, and how long the rest may take."""

    def __init__(self, progress: Progress | None, runs: int) -> None:
        self._progress = progress
        self._runs = runs
        self._done = 0
        self._began = time.monotonic()

    def __call__(self, trial: Trial) -> None:
        self._done += 1
        if self._progress is None:
            return
        each = (time.monotonic() - self._began) / self._done
        left = each * (self._runs - self._done)
        rest = f"; about {left / 60:.0f} min left" if left > 60 else ""
        self._progress.say(
            f"run {self._done} of {self._runs}: {trial.judgement.result.value} "
            f"after {trial.seconds:.0f} s of load{rest}",
            waiting=f"run {self._done + 1} of {self._runs}",
        )
