"""The command line: parse, call the gatekeeper, print, exit with a documented code."""

import os
import signal
import sys
import traceback
from types import FrameType

import click

from gate.cli.check import check
from gate.cli.contract import contract
from gate.cli.deploy import deploy
from gate.cli.explain import explain
from gate.cli.local import local
from gate.cli.promote import promote
from gate.cli.rollback import rollback
from gate.cli.status import status
from gate.cli.telling import EXIT_CODES, tell_error
from gate.errors import ExitCode, GateError, UsageProblem


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
    epilog=f"\b\nExample:\n  python -m gate promote\n\n{EXIT_CODES}",
)
@click.version_option(package_name="heroku-release-gate", prog_name="gate")
def gate() -> None:
    """Decide whether a release may leave staging: promote, block or roll back."""


for command in (deploy, check, promote, rollback, status, explain, contract, local):
    gate.add_command(command)


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; no exception leaves here."""
    signal.signal(signal.SIGTERM, _interrupt)
    as_json = "--json" in (sys.argv[1:] if arguments is None else arguments)
    try:
        code = gate.main(arguments, prog_name="gate", standalone_mode=False)
        return int(code or 0)
    except click.ClickException as error:
        if as_json:
            tell_error(UsageProblem(error.format_message()), as_json=True)
        else:
            error.show()
        return ExitCode.USAGE
    except GateError as error:
        tell_error(error, as_json=as_json)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("gate: interrupted; see: python -m gate status", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DEFECT
    except Exception as error:  # noqa: BLE001 - the last line of defence tells all
        traceback.print_exc()
        tell_error(
            GateError(
                f"a defect in the gate: {type(error).__name__}",
                why=str(error),
                advice="nothing was promoted after this; please report the lines above",
            ),
            as_json=as_json,
        )
        return ExitCode.DEFECT


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
