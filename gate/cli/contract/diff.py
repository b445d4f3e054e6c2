"""``gate contract diff``: who breaks between two documents, with the payloads."""

import io
import sys
from datetime import date, datetime
from importlib import metadata
from pathlib import Path

import click

from gate.cli.contract.documents import Source, placed, places, read
from gate.cli.telling import EXIT_CODES, json_option
from gate.errors import ExitCode, UsageProblem
from gate.judges.grading import grade
from gate.model.plan import ContractPlan
from gate.openapi import Level, compare
from gate.openapi.documents.operations import operations_of
from gate.reports.contract_diff import Diff, diff_document
from gate.reports.contract_markdown import markdown
from gate.reports.contract_text import show_diff
from gate.reports.machine import as_json as to_json
from gate.reports.sarif import sarif
from gate.settings import contract_plan

LEVELS = {level.words.replace(" ", "-"): level for level in Level}
EXAMPLES = """\b
Example:
  python -m gate contract diff old.json new.json
  python -m gate contract diff https://orders.example.org/openapi.json openapi.yaml
  git show main:openapi.yaml | python -m gate contract diff - openapi.yaml
  python -m gate contract diff old.json new.json --markdown --output comment.md
  python -m gate contract diff old.json new.json --fail-on may-break --show notice

\b
Here, 0 says that nothing was found at the level of --fail-on or above, and 10 that
something was."""

level = click.Choice(list(LEVELS))


@click.command(epilog=f"{EXAMPLES}\n\n{EXIT_CODES}")
@click.argument("old")
@click.argument("new")
@json_option
@click.option("--markdown", "as_markdown", is_flag=True, help="For a pull request.")
@click.option("--sarif", "as_sarif", is_flag=True, help="SARIF 2.1.0, for scanners.")
@click.option("--output", metavar="FILE", help="Write there, not to stdout.")
@click.option(
    "--fail-on",
    type=level,
    default="undecided",
    show_default=True,
    help="Exit with 10 from this level upwards.",
)
@click.option(
    "--show",
    type=level,
    default="may-break",
    show_default=True,
    help="List levels down to this one (text and Markdown).",
)
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day that acceptances and sunset dates are held against.  Default: today.",
)
@click.option("--no-settings", is_flag=True, help="Ignore [tool.gate.contract].")
def diff(
    *, old: str, new: str, output: str | None, day: datetime | None, **options: object
) -> None:
    """Tell which consumers of the document OLD break under NEW, and prove it.

    Each is a file, a URL, or - for standard input; JSON or YAML, OpenAPI 3.  A $ref
    is followed to files beside the document, never over the network.

    Inside a project, levels and accept of [tool.gate.contract] in pyproject.toml count.
    What could neither be proved a break nor compatible is undecided, and fails too.
    """
    form = _form(options)
    plan = ContractPlan() if options["no_settings"] else contract_plan(Path.cwd())
    today = (day.date() if day else date.today()).isoformat()  # noqa: DTZ011 - the user's day
    before, after = read(old, new)
    documents = before.document, after.document
    found = [placed(each, *documents) for each in compare(*documents, today)]
    graded = grade(found, plan, today)
    operations = len(operations_of(before.document).all)
    report = Diff(before.name, after.name, operations, graded)
    least = LEVELS[str(options["show"])]
    if output is None and form == "text":
        show_diff(report, sys.stdout, least=least)
    else:
        _put(_written(report, form, least, (before, after)), output)
    worst = LEVELS[str(options["fail_on"])]
    fails = any(graded.standing(each) for each in Level if each <= worst)
    if fails is (report.result == "compatible"):
        said = "fails" if fails else "passes"
        click.echo(f"{said} all the same: --fail-on {options['fail_on']}", err=True)
    click.get_current_context().exit(
        int(ExitCode.BLOCKED if fails else ExitCode.PASSED)
    )


def _form(options: dict[str, object]) -> str:
    asked = [form for form in ("json", "markdown", "sarif") if options[f"as_{form}"]]
    if len(asked) > 1:
        raise UsageProblem(
            f"{' and '.join(f'--{form}' for form in asked)} exclude each other",
            advice="ask for one of them; run it again for another",
        )
    return asked[0] if asked else "text"


def _written(
    report: Diff, form: str, least: Level, sources: tuple[Source, Source]
) -> str:
    match form:
        case "json":
            return to_json(diff_document(report)) + "\n"
        case "markdown":
            return markdown(report, least=least)
        case "sarif":
            version = metadata.version("heroku-release-gate")
            changes = [each.change for each in report.graded.changes]
            return to_json(sarif(report, version, places(changes, *sources))) + "\n"
        case _:
            text = io.StringIO()
            show_diff(report, text, least=least)
            return text.getvalue()


def _put(text: str, output: str | None) -> None:
    """Write the report; a lone surrogate of a payload stays the escape that JSON has."""
    octets = text.encode("utf-8", "backslashreplace")
    if output is None:
        sys.stdout.buffer.write(octets)
        return
    try:
        Path(output).write_bytes(octets)
    except OSError as error:
        raise UsageProblem(
            f"{output} cannot be written",
            why=error.strerror or str(error),
            advice="name a file in a folder that is there and writable",
        ) from error
    click.echo(f"written: {output}", err=True)
