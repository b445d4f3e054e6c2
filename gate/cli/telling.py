"""How commands speak: results to stdout, progress to stderr, JSON when asked."""

import io
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import click

from gate.errors import EXIT_CODE_MEANINGS, GateError, OutputLost, UsageProblem
from gate.house import House
from gate.ledger.store import Listener
from gate.model.ending import Ending
from gate.reports.machine import as_json as to_json
from gate.reports.machine import ending_document, error_document
from gate.reports.terminal import Progress, show_ending, show_error

F = TypeVar("F", bound=Callable[..., object])

EXIT_CODES = "\b\nExit codes:\n" + "\n".join(
    f"  {code.value:>3}  {meaning}" for code, meaning in EXIT_CODE_MEANINGS.items()
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document to stdout."
)
quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="No progress, only the result."
)


def example(text: str) -> str:
    """Return the end of a command's help: an example, and the exit codes."""
    return f"\b\nExample:\n  {text}\n\n{EXIT_CODES}"


def house(stated: Mapping[str, str] | None = None) -> House:
    """Return the house around the current folder, with what this command *stated*."""
    return House.around(Path.cwd(), stated)


def progress(*, quiet: bool) -> tuple[Listener, ...]:
    """Return the listeners that tell a run while it goes on."""
    return () if quiet else (Progress(),)


def tell(ending: Ending, *, as_json: bool) -> None:
    """Print how a run ended, and leave with its exit code."""
    if as_json:
        click.echo(to_json(ending_document(ending)))
    else:
        show_ending(ending, sys.stdout)
    click.get_current_context().exit(int(ending.exit_code))


def tell_error(error: GateError, *, as_json: bool) -> None:
    """Print what went wrong, to stderr, or as a document where one was asked for."""
    if as_json:
        click.echo(to_json(error_document(error)))
    else:
        show_error(error, sys.stderr)


def open_streams() -> None:
    """Make sure that there is something to speak to, and no character it cannot take.

    Raises UsageProblem where stdout is closed: a result that nobody can read is none.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - open to the end
    if sys.stdout is None:
        raise UsageProblem(
            "cannot write to stdout",
            why="it is closed",
            advice="leave it open, or send it to a file or to /dev/null",
        )
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def flush() -> None:
    """Write what waits for stdout; raises OutputLost where it cannot be written."""
    try:
        sys.stdout.flush()
    except OSError as error:
        raise output_lost(error) from error


def output_lost(error: OSError) -> OutputLost:
    """Return what to say of a stdout that takes no more, and write nothing else to it.

    Else Python itself would try again at its end, and complain.
    """
    silence()
    return OutputLost(
        "cannot write to stdout",
        why=(error.strerror or str(error)).lower(),
        advice="make room there, and run it again",
    )


def silence() -> None:
    """Let go of what still waits for stdout: nobody reads it any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
