"""Which of the lines changed since production's commit no unit test executed.

coverage.py says which lines ran, diff-cover which changed. The range is two-dot, from
production's commit: a merge base (three-dot) would hide lines that production has
and the candidate undoes.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import CoverageException, NoDataError

from gate.errors import GateError
from gate.model.evidence import ChangedLines, MissedLines
from gate.suites.child_process import run_child
from gate.suites.coverage_meter import measurable
from gate.suites.environment import child_environment

PATIENCE = 60.0


class NotMeasured(GateError):
    """Changed lines could not be measured; the message says why."""


def write_report(data: Path, root: Path, source: Sequence[str], report: Path) -> None:
    """Combine the coverage data beside *data* and write a Cobertura report.

    Raises NotMeasured when the tests executed nothing of *source*.
    """
    coverage = Coverage(
        data_file=str(data),
        source=[measurable(root, path) for path in source],
        config_file=False,
        messages=False,
    )
    try:
        coverage.combine([str(data.parent)], keep=True)
        coverage.xml_report(outfile=str(report), ignore_errors=True)
    except NoDataError as error:
        raise NotMeasured(
            "unit tests executed no line of " + ", ".join(source)
        ) from error
    except CoverageException as error:
        raise NotMeasured("coverage could not be read", why=str(error)) from error


def measure(
    root: Path, report: Path, *, since: str, source: Sequence[str]
) -> ChangedLines:
    """Return the changed lines of *source* in *root* since a commit.

    Raises NotMeasured when diff-cover cannot say.
    """
    outcome = report.with_name("changed-lines.json")
    ended = run_child(
        [
            sys.executable,
            "-m",
            "diff_cover.diff_cover_tool",
            str(report),
            f"--compare-branch={since}",
            "--diff-range-notation=..",
            f"--format=json:{outcome}",
            "--quiet",
        ],
        folder=root,
        output=report.with_name("diff-cover.log"),
        environment=child_environment(),
        deadline=PATIENCE,
    )
    if ended.exit_code != 0:
        raise NotMeasured("changed lines could not be measured", why=ended.tail(3))
    told = json.loads(outcome.read_text())
    roots = tuple(f"{path.rstrip('/')}/" for path in source)
    stats = {
        path: each
        for path, each in told.get("src_stats", {}).items()
        if path.startswith(roots) or path in source
    }
    missed = tuple(
        MissedLines(path, tuple(each["violation_lines"]))
        for path, each in sorted(stats.items())
        if each["violation_lines"]
    )
    changed = sum(
        len(each["covered_lines"]) + len(each["violation_lines"])
        for each in stats.values()
    )
    return ChangedLines(since=since, changed=changed, missed=missed)
