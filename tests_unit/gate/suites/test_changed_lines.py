"""Changed lines: coverage.py and diff-cover on a real, tiny repository."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gate.model.evidence import ChangedLines, MissedLines
from gate.suites.changed_lines import NotMeasured, measure, write_report
from gate.suites.child_process import run_child
from gate.suites.environment import child_environment
from tests_unit.gate.fakes.project import Project

PRICES = """\
def net(price):
    return price


def gross(price):
    return price * 2
"""
CHANGED = """\
def net(price):
    return price + 0


def gross(price):
    if price < 0:
        return 0
    return price * 3
"""
METERED = """
import sys
from pathlib import Path
from gate.suites.coverage_meter import CoverageMeter
root, data, program, *source = sys.argv[1:]
meter = CoverageMeter(Path(root), source)
sys.path.insert(0, root)
exec(program)
meter.stop(Path(data))
"""


class Measured:
    """A project, and what its tests executed."""

    def __init__(self, folder: Path) -> None:
        self.project = Project.at(folder / "shop")
        self.data = folder / "scratch" / "coverage" / "data"
        self.report = folder / "scratch" / "coverage.xml"
        self.source: tuple[str, ...] = ("app",)

    def execute(self, program: str) -> None:
        """Execute lines of the app in a process that measures them."""
        ended = run_child(
            [
                sys.executable,
                "-c",
                METERED,
                str(self.project.root),
                str(self.data),
                program,
                *self.source,
            ],
            folder=Path(__file__).parents[3],
            output=self.data.with_name("log"),
            environment=child_environment(),
            deadline=60,
        )
        assert ended.exit_code == 0, ended.tail()

    def since(self, commit: str) -> ChangedLines:
        """The lines changed since a commit, and those not executed."""
        write_report(self.data, self.project.root, self.source, self.report)
        return measure(self.project.root, self.report, since=commit, source=self.source)


@pytest.fixture
def measured(tmp_path: Path) -> Measured:
    """A project with nothing in it."""
    return Measured(tmp_path)


def prices(text: str, **others: str) -> Mapping[str, str]:
    """The files of the app."""
    return {"app/__init__.py": "", "app/prices.py": text, **others}


def test_changed_lines_that_no_test_executed_are_found(measured: Measured) -> None:
    """By file and number; unchanged lines do not matter, executed or not."""
    before = measured.project.commit(prices(PRICES))
    measured.project.commit(prices(CHANGED))
    measured.execute("import app.prices; app.prices.gross(5)")
    told = measured.since(before)
    assert told == ChangedLines(before, 4, (MissedLines("app/prices.py", (2, 7)),))


def test_a_changed_file_that_is_never_imported_counts(measured: Measured) -> None:
    """New code that nothing touches is untested code."""
    before = measured.project.commit(prices(PRICES))
    measured.project.commit({"app/new.py": "a = 1\nb = 2\n"})
    measured.execute("import app.prices")
    told = measured.since(before)
    assert told.missed == (MissedLines("app/new.py", (1, 2)),)


def test_a_single_file_can_be_the_source(measured: Measured) -> None:
    """Then the files beside it do not matter."""
    measured.source = ("app/prices.py",)
    before = measured.project.commit(prices(PRICES))
    measured.project.commit({**prices(CHANGED), "app/new.py": "a = 1\n"})
    measured.execute("import app.prices; app.prices.gross(5)")
    told = measured.since(before)
    assert told.missed == (MissedLines("app/prices.py", (2, 7)),)


def test_several_processes_add_up(measured: Measured) -> None:
    """As with the workers of pytest-xdist: a line counts when any executed it."""
    before = measured.project.commit(prices(PRICES))
    measured.project.commit(prices(CHANGED))
    measured.execute("import app.prices; app.prices.gross(5)")
    measured.execute("import app.prices; app.prices.gross(-5); app.prices.net(1)")
    told = measured.since(before)
    assert (told.changed, told.missed) == (4, ())


def test_lines_that_production_has_and_the_candidate_undoes_count(
    measured: Measured,
) -> None:
    """The range is two-dot: from production's commit, not from where both parted."""
    root = measured.project.commit(prices(PRICES))
    production = measured.project.commit(prices(CHANGED))
    measured.project.git("checkout", "--quiet", "-b", "other", root)
    measured.project.commit({"README": "hello\n"})
    measured.execute("import app.prices")
    told = measured.since(production)
    assert told.missed == (MissedLines("app/prices.py", (2, 6)),)


def test_changes_outside_of_the_source_do_not_matter(measured: Measured) -> None:
    """Tests, documents and scripts are not released code."""
    before = measured.project.commit(prices(PRICES))
    measured.project.commit({"tests/test_x.py": "x = 1\n", "README.md": "hello\n"})
    measured.execute("import app.prices")
    told = measured.since(before)
    assert (told.changed, told.missed) == (0, ())


def test_tests_that_execute_nothing_of_the_source_measure_nothing(
    measured: Measured,
) -> None:
    """That is said: it is not the same as nothing missed."""
    before = measured.project.commit(prices(PRICES))
    measured.project.commit(prices(CHANGED))
    with pytest.raises(NotMeasured) as caught:
        measured.since(before)
    assert "app" in str(caught.value)


def test_an_unknown_commit_cannot_be_compared_with(measured: Measured) -> None:
    """It says why."""
    measured.project.commit(prices(PRICES))
    measured.execute("import app.prices")
    with pytest.raises(NotMeasured) as caught:
        measured.since("0" * 40)
    assert caught.value.why
