"""``gate status``, ``history`` and ``metrics``: what the ledger knows, told."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gate.cli import gate
from gate.ledger.lease import lease
from gate.ledger.records import HoldAcknowledged
from gate.ledger.store import Ledger
from tests_unit.gate.fakes.project import Project
from tests_unit.gate.fakes.told_runs import PRODUCTION, Kind, told

SETTINGS = f"""[tool.gate]
pipeline = "shop"
staging = "shop-staging"
production = "{PRODUCTION}"
"""
RUNS: tuple[Kind, ...] = ("kept", "blocked", "taken back", "kept", "open")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project of which the ledger holds a run for each of the last five days."""
    project = Project.at(tmp_path_factory.mktemp("shop"))
    project.commit({"pyproject.toml": SETTINGS})
    ledger = Ledger(project.root / ".gate" / "ledger.db")
    begin = datetime.now(UTC) - timedelta(days=len(RUNS))
    for number, kind in enumerate(RUNS):
        for record in told(kind, number, begin + timedelta(days=number)):
            ledger.append(record)
    ledger.close()
    return project


@pytest.fixture(autouse=True)
def _inside(shop: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(shop.root)
    yield


def said(*words: str) -> str:
    """What a command prints that must end well."""
    done = CliRunner().invoke(gate, list(words), prog_name="gate")
    assert done.exit_code == 0, done.output
    return done.output


def document(*words: str) -> Any:
    """The one document that it prints where one is asked for."""
    return json.loads(said(*words, "--json"))


@pytest.mark.parametrize("command", ["status", "history"])
def test_an_open_run_is_told_with_the_command_that_goes_on_with_it(
    command: str,
) -> None:
    """It is the newest, and what is not known is named."""
    text = said(command)
    first = text.splitlines()[0]
    assert first.startswith("run-4")
    assert "open" in first
    assert "python -m gate resume" in text
    newest = document(command)["runs"][0]
    assert (newest["run"], newest["exit_code"]) == ("run-4", None)
    assert newest["next"] == "python -m gate resume"
    assert newest["unconfirmed"] == f"promote on {PRODUCTION}"


@pytest.mark.parametrize("command", ["status", "history"])
def test_a_run_that_is_under_way_is_told_as_that(shop: Project, command: str) -> None:
    """By whom, and without advice: to resume it would have to wait for its end."""
    with lease(shop.root / ".gate" / "lease", holder="gate promote"):
        text = said(command)
        newest = document(command)["runs"][0]
    holder = f"under way: gate promote (process {os.getpid()})"
    assert holder in text
    assert "gate resume" not in text
    assert (newest["says"], newest["next"]) == (holder, "")


def test_the_history_tells_each_run_the_newest_first() -> None:
    """With its commit, how it ended and how long that took; --last: not all."""
    runs = document("history")["runs"]
    assert [each["says"] for each in runs[1:]] == [*reversed(RUNS[:-1])]
    assert [each["exit_code"] for each in runs] == [None, 0, 20, 10, 0]
    assert {each["seconds"] for each in runs[1:]} == {300.0}
    assert len(document("history", "--last", "2")["runs"]) == 2
    told_last = said("history").splitlines()
    assert any("run-3" in line and "exit 0  5 min" in line for line in told_last)


def test_the_measures_are_told_with_their_counts() -> None:
    """Three deployments, of which one failed and the next one mended it."""
    text = said("metrics")
    assert "3 in 5 days: 0.6 a day" in text
    assert "median 61 min of 3" in text
    assert "33 % (1 of 3)" in text
    assert "median 2 min of 1" in text
    assert "1 as bad" in text
    assert "python -m gate resume" in text
    told_all = document("metrics")
    assert told_all["production"] == PRODUCTION
    assert told_all["deployment_frequency"]["count"] == 3
    assert told_all["change_fail_rate"] == {"rate": 1 / 3, "count": 1, "of": 3}
    assert told_all["failed_deployment_recovery_time"]["median_seconds"] == 120
    assert told_all["deployment_rework_rate"]["count"] == 1
    assert told_all["blocked"]["bad"] == 1


def test_of_the_last_day_there_is_less() -> None:
    """And where there is nothing, that is what it says."""
    told_last = document("metrics", "--days", "1")
    assert told_last["deployment_frequency"] == {"count": 0, "per_day": None}
    assert said("metrics", "--days", "1").count("not enough data") == 5


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """The ledger of another project: a run was held, and one was blocked since."""
    project = Project.at(tmp_path)
    project.commit({"pyproject.toml": SETTINGS})
    monkeypatch.chdir(project.root)
    ledger = Ledger(project.root / ".gate" / "ledger.db")
    begin = datetime(2025, 1, 2, tzinfo=UTC)
    for number, kind in enumerate(("held", "blocked")):
        for record in told(kind, number, begin + timedelta(days=number)):
            ledger.append(record)
    yield ledger
    ledger.close()


def test_a_hold_has_a_line_in_the_status_however_old_it_is(held: Ledger) -> None:
    """Until a person has seen it."""
    line = "held since 2025-01-02 00:05 UTC: run run-0: held"
    assert f"{line}; more: python -m gate resume\n" in said("status", "--last", "1")
    (hold,) = document("status", "--last", "1")["held"]
    assert (hold["run"], hold["says"]) == ("run-0", "held")
    held.append(HoldAcknowledged("run-0", "", "Ada", "it was mine"))
    assert "held since" not in said("status")
    assert document("status")["held"] == []


def test_the_history_tells_who_has_seen_a_hold(held: Ledger) -> None:
    """It stays a run that was held."""
    held.append(HoldAcknowledged("run-0", "", "Ada", "it was mine"))
    assert "    held, acknowledged by Ada: it was mine\n" in said("history")
    blocked, first = document("history")["runs"]
    assert (first["exit_code"], first["standing"]) == (22, "held")
    assert first["acknowledged"] == "Ada: it was mine"
    assert blocked["acknowledged"] == ""
    exported = said("ledger", "export").splitlines()[-1]
    assert json.loads(exported)["kind"] == "hold acknowledged"


@pytest.mark.parametrize("command", ["status", "history", "metrics"])
def test_without_a_run_there_is_nothing_to_tell(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no error."""
    monkeypatch.chdir(Project.at(tmp_path).root)
    text = said(command)
    assert "no run yet" in text or "not enough data" in text
