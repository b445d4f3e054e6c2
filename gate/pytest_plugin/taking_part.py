"""The gate's part in one pytest process: alone, controller, worker or child."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import GateError
from gate.model.evidence import SUITES, Category
from gate.model.plan import Plans
from gate.pytest_plugin import fixtures
from gate.pytest_plugin.measured import MEASURED, MeasuredItem
from gate.pytest_plugin.selection import (
    MARK,
    PLUGIN,
    category_of,
    is_gate_run,
    prepared_run,
    selected,
)
from gate.settings import load
from gate.suites.case_recorder import CATEGORY_PROPERTY, CaseRecorder
from gate.suites.concluding import conclude_cases
from gate.suites.run_folder import RunFolder
from gate.suites.turns import turn

if TYPE_CHECKING:
    from gate.pytest_plugin.session import Session
    from gate.suites.coverage_meter import CoverageMeter

METER: pytest.StashKey["CoverageMeter"] = pytest.StashKey()
ALWAYS_RUNNABLE = frozenset({Category.UNIT})


def take_part(config: pytest.Config) -> None:
    """Register the gate's part; raises UsageError where this run cannot do without.

    Settings that cannot be read are no matter for a run that is not the gate's.
    """
    needed = prepared_run(config) or is_gate_run(config.option.markexpr)
    try:
        plugin = GatePlugin(config)
    except GateError as error:
        if needed:
            raise pytest.UsageError(_told(error)) from error
        return
    config.pluginmanager.register(plugin, PLUGIN)
    config.pluginmanager.register(fixtures, f"{PLUGIN}-fixtures")


def _told(error: GateError) -> str:
    return "\n".join(part for part in (str(error), error.advice) if part)


def begin_to_measure(config: pytest.Config, expression: str) -> None:
    """Measure which lines the unit tests of this process execute, from now on."""
    if not selected(expression, Category.UNIT):
        return
    # Late, because coverage.py is for the unit suite alone.
    from gate.suites.coverage_meter import CoverageMeter  # noqa: PLC0415

    try:
        plans = plans_of(config.rootpath, config.known_args_namespace.gate_run)
    except GateError:
        return  # told when the run is configured
    config.stash[METER] = CoverageMeter(config.rootpath, plans.unit.source)


def plans_of(root: Path, prepared: str | None) -> Plans:
    """Return the plans of the prepared run, or those that the project states."""
    return RunFolder(Path(prepared)).plans() if prepared else load(root).plans


class GatePlugin:
    """The gate's part in one pytest process: alone, controller, worker or child."""

    def __init__(self, config: pytest.Config) -> None:
        prepared = prepared_run(config)
        self.config = config
        self.root = config.rootpath
        self.is_worker = hasattr(config, "workerinput")
        self.active = bool(prepared) or is_gate_run(config.option.markexpr)
        self.folder = RunFolder(Path(prepared)) if prepared else None
        self.plans = plans_of(self.root, prepared)
        self.recorder = CaseRecorder()
        self.session: Session | None = None
        self.meter = config.stash.get(METER, None)
        self.summary = ""

    def wants(self, category: Category) -> bool:
        """Whether this run asks for a category."""
        return self.active and selected(self.config.option.markexpr, category)

    # Before the tests

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Find the candidate, unless the gate or a controller has done so.

        Who only lists tests (``--collect-only``) asks no platform for anything.
        """
        if not self.active or self.config.option.collectonly:
            return
        if self.folder is None:
            # Late, because a child or a worker needs neither platform nor ledger.
            from gate.pytest_plugin.session import Session  # noqa: PLC0415

            try:
                self.session = Session(self.root)
            except GateError as error:
                raise pytest.UsageError(_told(error)) from error
            self.folder = self.session.folder

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the prepared run to a worker of pytest-xdist."""
        if self.folder is not None:
            node.workerinput["gate_run"] = str(self.folder.path)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Mark the suites' tests; without a candidate leave out those that need one."""
        asked: set[str] = set()
        kept: list[pytest.Item] = []
        left: list[pytest.Item] = []
        for item in items:
            category = self._mark(item)
            asked |= set(getattr(item, "fixturenames", ()))
            needs_app = category is not None and category not in ALWAYS_RUNNABLE
            (left if needs_app and not self.active else kept).append(item)
        if left:
            self.config.hook.pytest_deselected(items=left)
        if self.active and self.folder is not None:
            kept += [
                MeasuredItem.of(session, category, self.folder)
                for category in MEASURED
                if self.wants(category) and f"gate_{category.value}" not in asked
            ]
        # Load goes last: it waits until nothing else runs.
        items[:] = sorted(kept, key=lambda i: i.get_closest_marker("load") is not None)

    def _mark(self, item: pytest.Item) -> Category | None:
        marks = [mark.name for mark in item.iter_markers()]
        category = category_of(item.path, marks, root=self.root, plans=self.plans)
        if category is not None:
            item.add_marker(MARK)
            item.add_marker(category.value)
            item.user_properties.append((CATEGORY_PROPERTY, category.value))
        return category

    # While they run

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Give each test its turn: load has it alone."""
        if not self.active or self.folder is None:
            return (yield)
        alone = item.get_closest_marker(Category.LOAD.value) is not None
        with turn(self.folder.scratch / "turn", alone=alone):
            return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the gate's own account of its tests."""
        reason = ""
        if report.skipped and isinstance(report.longrepr, tuple):
            reason = report.longrepr[2]
        self.recorder.note(report, skip_reason=reason)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A suite whose files cannot be imported is broken, not smaller."""
        if not report.failed:
            return
        path = self.root / report.nodeid.split("::")[0]
        category = category_of(path, (), root=self.root, plans=self.plans)
        if category is not None:
            self.recorder.note_broken(category, report.longreprtext)

    # After them

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Leave evidence; where this run is its own, judge it."""
        if self.meter is not None and self.folder is not None:
            self.meter.stop(self.folder.coverage)
        if self.folder is None or self.is_worker or not self.active:
            return
        wanted = [category for category in SUITES if self.wants(category)]
        for category in wanted:
            run = self.recorder.run(category)
            conclude_cases(category, run, self.folder, self.root)
        if self.session is None:
            return
        try:
            passed = self.session.conclude(wanted)
            self.summary = self.session.summary
        finally:
            self.session.close()
        if not passed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        """Print the verdict."""
        if self.summary:
            terminalreporter.section("release gate")
            terminalreporter.write(self.summary)
