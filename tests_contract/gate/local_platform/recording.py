"""A pytest plugin: every answer of every local platform in a run keeps the schema.

All platforms that the tests start, also by way of other processes, write down what
they were asked and what they answered.  When the run ends these exchanges are held
against Heroku's schema: one difference, and the run has failed.  A run of the whole
suite has also failed when a served link was never used, unless tests were skipped.
How often each was used is written to `.pytest_cache/d/hyper-schema/links.tsv`.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate.local_platform.control import EXCHANGES_VARIABLE

if TYPE_CHECKING:
    from tests_contract.gate.local_platform.judging import Judgement


def pytest_configure(config: pytest.Config) -> None:
    """Let this run's processes and their children record, unless an outer one does."""
    is_outer = not hasattr(config, "workerinput")
    if is_outer and EXCHANGES_VARIABLE not in os.environ:
        config.pluginmanager.register(Recording(config), "hyper-schema")


class Recording:
    """The exchanges of one run and what is said of them at its end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._told: list[str] = []
        self._folder = Path(tempfile.mkdtemp(prefix="gate-exchanges-"))
        os.environ[EXCHANGES_VARIABLE] = str(self._folder)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Check what was recorded; a difference fails a run that had passed."""
        if not any(self._folder.iterdir()):
            return
        # Only here, so that runs without a platform need not load all this.
        from tests_contract.gate.local_platform import hyper_schema, judging  # noqa: PLC0415

        path = hyper_schema.located()
        if path is None:
            self._told = ["not checked: Heroku's schema is not on this machine"]
            return
        schema = hyper_schema.HyperSchema.read(path)
        judgement = judging.judged(schema, self._folder)
        self._told = list(judgement.lines())
        failed = bool(judgement.complaints)
        if is_whole(self._config):
            failed |= bool(judgement.unused) and not self._skipped()
            self._told += [f"served, never used: {link}" for link in judgement.unused]
        if failed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self._write(judgement)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say how it went, in one line if all is well."""
        for line in self._told:
            terminalreporter.write_line(f"hyper-schema: {line}")

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind."""
        os.environ.pop(EXCHANGES_VARIABLE, None)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _skipped(self) -> bool:
        """Whether this machine lacks what some tests need, and they may have used."""
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        return reporter is None or bool(reporter.stats.get("skipped"))

    def _write(self, judgement: "Judgement") -> None:
        """Keep the table of links where pytest keeps what is between runs."""
        if self._config.pluginmanager.hasplugin("cacheprovider"):
            assert self._config.cache is not None
            table = self._config.cache.mkdir("hyper-schema") / "links.tsv"
            rows = (f"{times}\t{link}\n" for link, times in judgement.uses.items())
            table.write_text("".join(rows))


def is_whole(config: pytest.Config) -> bool:
    """Whether a run was asked for everything."""
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return everything and not (config.option.keyword or config.option.markexpr)
