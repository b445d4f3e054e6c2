"""For every run of the suites: their order, their workers, and a check at the end."""

import gc
import os

import pytest

LONG = (
    "gate/acceptance/",
    "ledger/test_two_at_once.py",
    "gate/postgresql/",
    "protocol_processes/test_signals.py",
    "local_platform/test_kill_points.py",
    "protocol/test_replay.py",
    "protocol/test_fault_schedules.py",
    "workflows/test_running_workflows.py",
    "load/test_live.py",
    "stats/test_false_alarms.py",
    "cli/test_rehearse.py",
)
"""Tests of tens of seconds, the longest first; each stays in one worker."""


def pytest_configure(config: pytest.Config) -> None:
    """Check what local platforms answer; runs that the gate prepares judge an app."""
    if not config.option.gate_run:
        plugin = "tests_contract.gate.local_platform.recording"
        config.pluginmanager.import_plugin(plugin)


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: much of the time is spent waiting for processes."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """The longest tests first in each worker: nobody waits for one in the end."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    long: dict[str, list[pytest.Item]] = {name: [] for name in LONG}
    short: list[pytest.Item] = []
    for item in items:
        name = next((name for name in LONG if name in item.nodeid), None)
        (short if name is None else long[name]).append(item)
    share = -(-len(short) // workers)
    items.clear()
    for worker in range(workers):
        for name in _of(worker, workers):
            items += long[name]
        items += short[worker * share : (worker + 1) * share]


def _of(worker: int, workers: int) -> tuple[str, ...]:
    """Return which long ones a worker begins with; the longest leaves no time for more."""
    if workers == 1:
        return LONG
    return LONG[worker :: workers - 1] if worker else LONG[:1]


def pytest_collection_finish() -> None:
    """Garbage is not looked for in what stays to the end anyway."""
    gc.freeze()
