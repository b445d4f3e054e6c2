"""For every run of the suites: their order, their workers, and a check at the end."""

import gc
import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Check what local platforms answer; runs that the gate prepares judge an app."""
    if not config.option.gate_run:
        plugin = "tests_contract.gate.local_platform.recording"
        config.pluginmanager.import_plugin(plugin)


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: much of the time is spent waiting for processes."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest test first, so that nobody waits for it in the end."""
    items.sort(key=lambda item: "/acceptance/" not in item.nodeid)


def pytest_collection_finish() -> None:
    """Garbage is not looked for in what stays to the end anyway."""
    gc.freeze()
