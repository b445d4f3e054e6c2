"""The command line: parse, call the gatekeeper, print, exit with a documented code."""

import errno
import signal
import sys
import traceback

import click

from gate import interrupts
from gate.cli.late import Late
from gate.cli.telling import (
    EXIT_CODES,
    flush,
    open_streams,
    output_lost,
    silence,
    tell_error,
)
from gate.errors import ExitCode, GateError, Held, Unresolved, UsageProblem
from gate.reports.plain_text import plain
from gate.suites.child_process import end_children

COMMANDS = Late(
    {
        "deploy": "gate.cli.deploy:deploy",
        "check": "gate.cli.check:check",
        "promote": "gate.cli.promote:promote",
        "resume": "gate.cli.resume:resume",
        "rehearse": "gate.cli.rehearse:rehearse",
        "rollback": "gate.cli.rollback:rollback",
        "status": "gate.cli.status:status",
        "history": "gate.cli.history:history",
        "metrics": "gate.cli.metrics:metrics",
        "ledger": "gate.cli.ledger:ledger",
        "explain": "gate.cli.explain:explain",
        "replay": "gate.cli.replay:replay_run",
        "load": "gate.cli.load:load",
        "calibrate": "gate.cli.calibrate:calibrate_here",
        "report": "gate.cli.report:report",
        "contract": "gate.cli.contract:contract",
        "local": "gate.cli.local:local",
    }
)


@click.group(
    commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
    epilog=f"\b\nExample:\n  python -m gate promote\n\n{EXIT_CODES}",
)
@click.version_option(package_name="heroku-release-gate", prog_name="gate")
def gate() -> None:
    """Decide whether a release may leave staging: promote, block or roll back."""


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; no exception leaves here."""
    interrupts.listen(at_last=_end_children)
    given = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in given
    try:
        open_streams()
        code = gate.main(arguments, prog_name="gate", standalone_mode=False)
        flush()
        return int(code or 0)
    except click.ClickException as error:
        if as_json:
            tell_error(UsageProblem(error.format_message()), as_json=True)
        else:
            error.show()
        return ExitCode.USAGE
    except GateError as error:
        if interrupts.settled():
            _end_children()
        tell_error(error, as_json=as_json and sys.stdout is not None)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        return _interrupted(error, given)
    except SystemExit:  # how click and rich say that nobody reads stdout any more
        silence()
        return ExitCode.UNAVAILABLE
    except Exception as error:  # noqa: BLE001 - the last line of defence tells all
        return _last_words(error, given)


def _last_words(error: Exception, given: list[str]) -> int:
    as_json = "--json" in given
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        told: GateError = output_lost(error)
        as_json = False
    else:
        traceback.print_exc()
        done = "" if _is_about_documents(given) else "nothing was promoted after this; "
        told = GateError(
            f"a defect in the gate: {type(error).__name__}",
            why=str(error),
            advice=f"{done}please report the lines above",
        )
    tell_error(told, as_json=as_json)
    return told.exit_code


def _is_about_documents(given: list[str]) -> bool:
    """Whether no release is at stake: there is neither a run nor a promotion."""
    return given[:1] == ["contract"]


def _interrupted(error: BaseException, given: list[str]) -> int:
    """Say so; an end of the run that was being told already still counts."""
    interrupts.settled()
    _end_children()
    interrupt = error.__cause__ or error  # click's own error is made from it
    known = interrupt.__context__
    if isinstance(known, Held | Unresolved):
        tell_error(known, as_json="--json" in given)
        return known.exit_code
    told = "gate: interrupted"
    if not _is_about_documents(given):
        told += "; what was under way has ended; see: python -m gate status"
    for line in (told, *_notes(known), *_notes(interrupt)):
        print(plain(line), file=sys.stderr)
    return ExitCode.INTERRUPTED


def _notes(error: BaseException | None) -> tuple[str, ...]:
    """Return what a run has noted of production when it was broken off."""
    return tuple(getattr(error, "__notes__", ()))


def _end_children() -> None:
    end_children(signal.SIGKILL)
