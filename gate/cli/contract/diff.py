"""``gate contract diff``: who breaks between two documents, with the payloads."""

import io
import sys
from datetime import date, datetime
from importlib import metadata
from pathlib import Path

import click

from gate.cli.contract.documents import (
    Source,
    changed_keywords,
    placed,
    places,
    read,
    waiting,
)
from gate.cli.output_file import write_output
from gate.cli.telling import EXIT_CODES, json_option, output_lost, silence
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
  python -m gate contract diff <(git show v1:api.yaml) <(git show v2:api.yaml)
  python -m gate contract diff old.json new.json --markdown --output comment.md
  python -m gate contract diff old.json new.json --fail-on may-break --show notice

\b
Here, 0 says that nothing was found at the level of --fail-on or above, and 10 that
something was."""

STDOUT = "-"


class LevelChoice(click.Choice[str]):
    """A level, with a hyphen or as settings may spell it, with a space."""

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return it with a hyphen."""
        return super().convert(value.replace(" ", "-"), param, ctx)


level = LevelChoice(list(LEVELS))


@click.command(epilog=f"{EXAMPLES}\n\n{EXIT_CODES}")
@click.argument("old")
@click.argument("new")
@json_option
@click.option("--markdown", "as_markdown", is_flag=True, help="For a pull request.")
@click.option("--sarif", "as_sarif", is_flag=True, help="SARIF 2.1.0, for scanners.")
@click.option("--output", metavar="FILE", help="Write there; -: to stdout.")
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

    Each is a file, a pipe, a URL, or - for standard input; JSON or YAML, OpenAPI 3.
    A $ref is followed to files beside the document, never over the network.

    Inside a project, levels and accept of [tool.gate.contract] in pyproject.toml count.
    What could neither be proved a break nor compatible is undecided, and fails too.
    """
    form = _form(options)
    plan = ContractPlan() if options["no_settings"] else contract_plan(Path.cwd())
    today = (day.date() if day else date.today()).isoformat()  # noqa: DTZ011 - the user's day
    sources = read(old, new)
    _refuse_overwriting(output, sources)
    fail_on, least = LEVELS[str(options["fail_on"])], LEVELS[str(options["show"])]
    report = _compared(sources, plan, today, fail_on)
    to_stdout = output in {None, STDOUT}
    if to_stdout and form == "text" and sys.stdout.isatty():
        show_diff(report, sys.stdout, least=least)
    else:
        _put(_written(report, form, least, sources), output, form)
    click.get_current_context().exit(
        int(ExitCode.BLOCKED if report.fails else ExitCode.PASSED)
    )


def _compared(
    sources: tuple[Source, Source], plan: ContractPlan, today: str, fail_on: Level
) -> Diff:
    before, after = sources
    documents = before.document, after.document
    same = before.document is after.document
    with waiting("comparing", sum(each.size for each in sources)):
        found = () if same else compare(*documents, today)
        graded = grade([placed(each, *documents) for each in found], plan, today)
        return Diff(
            before.name,
            after.name,
            len(operations_of(before.document).all),
            graded,
            fail_on,
            changed_keywords(graded, *documents),
            same,
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


def _refuse_overwriting(output: str | None, sources: tuple[Source, Source]) -> None:
    """An earlier report is replaced, a document that was compared never."""
    if output in {None, STDOUT}:
        return
    for each in (file for source in sources for file in source.files):
        if Path(str(output)).exists() and each.exists() and each.samefile(str(output)):
            raise UsageProblem(
                f"{output} is one of the documents that are compared",
                why="the report would be written over it",
                advice="name another file for --output",
            )


def _put(text: str, output: str | None, form: str) -> None:
    """Write the report, for a machine as UTF-8, for a person as the terminal wants it.

    Whoever closes a pipe early (`| head`) has seen enough: the result stands. A lone
    surrogate of a payload stays the escape that JSON has.
    """
    if output in {None, STDOUT}:
        encoding = sys.stdout.encoding if form == "text" else "utf-8"
        try:
            sys.stdout.buffer.write(text.encode(encoding, "backslashreplace"))
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            silence()
        except OSError as error:
            raise output_lost(error) from error
        return
    write_output(Path(str(output)), text.encode("utf-8", "backslashreplace"))
    click.echo(f"written: {output}", err=True)
