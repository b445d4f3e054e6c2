"""``gate report``: one run as an HTML page that stands alone."""

from collections.abc import Callable
from pathlib import Path

import click

from gate.cli.output_file import write_output
from gate.cli.telling import example, house, json_option
from gate.errors import UsageProblem
from gate.ledger.run_names import LATEST, run_named
from gate.reports.machine import SCHEMA
from gate.reports.machine import as_json as to_json
from gate.reports.page.account import Account, account_of
from gate.suites.run_folder import RunFolder

PAGE = "report.html"
EXAMPLES = """python -m gate report
  python -m gate report 20250102-030405-abcd --output report.html"""


@click.command(epilog=example(EXAMPLES))
@click.argument("run", default=LATEST, metavar="[RUN|latest]")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write there.  Default: report.html in the folder of the run.",
)
@json_option
def report(*, run: str, output: Path | None, as_json: bool) -> None:
    """Write RUN as one HTML file: the verdict, its reasons, the load with pictures.

    RUN may be the beginning of its name; without it, the last run that reached a
    verdict. The file needs nothing else, neither scripts nor a network; one that is
    there is replaced. Evidence that is gone is left out, and the page says so; where it
    was changed, this ends with 12.
    """
    as_html = _writer()
    here = house()
    records = here.records()
    chosen = run_named(records, run)
    folder = RunFolder(here.home / "runs" / chosen)
    own = [record for record in records if record.run == chosen]
    page = as_html(account_of(chosen, own, folder))
    folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = output or folder.path / PAGE
    write_output(written, page)
    if as_json:
        told = {"schema": SCHEMA, "run": chosen, "written": str(written)}
        click.echo(to_json(told))
    else:
        click.echo(f"run {chosen}, written: {written}")


def _writer() -> Callable[[Account], bytes]:
    """Return what makes the page; it needs packages that no other command needs."""
    try:
        from gate.reports.page.html import as_html  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("gate"):
            raise
        raise UsageProblem(
            "the report needs packages that are not installed",
            why=f"{error.name} is missing",
            advice='pip install "heroku-release-gate[report]"',
        ) from error
    return as_html
