"""Evidence as files: whole or not there, and the same when read back."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings

from gate.errors import StateDamaged
from gate.ledger.evidence_files import (
    WATCH,
    read_evidence,
    read_subject,
    write_evidence,
    write_subject,
    write_watch,
    write_whole,
)
from gate.model.evidence import (
    Case,
    CaseRun,
    Completion,
    Evidence,
    Outcome,
)
from gate.model.subject import Subject
from gate.model.watch_evidence import WatchEvidence
from tests_unit.gate.fakes.anything import any_of
from tests_unit.gate.fakes.good_run import EVIDENCE, UNIT

KINDS = get_args(Evidence)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where evidence lies."""
    return tmp_path_factory.mktemp("evidence")


@settings(max_examples=60, deadline=None)
@given(evidence=any_of(*KINDS))
def test_evidence_reads_back_as_it_was_written(
    folder: Path, evidence: Evidence
) -> None:
    """Whatever a suite saw; the digest is that of the file."""
    path, digest = write_evidence(folder, evidence)
    assert path.name == f"{evidence.kind}.json"
    assert read_evidence(path) == evidence
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


@settings(max_examples=30, deadline=None)
@given(subject=any_of(Subject))
def test_a_subject_reads_back_as_it_was_written(folder: Path, subject: Subject) -> None:
    """A suite in a child process is about the same release."""
    path = folder / "subject.json"
    write_subject(path, subject)
    assert read_subject(path) == subject


@settings(max_examples=30, deadline=None)
@given(watch=any_of(WatchEvidence))
def test_a_watch_reads_back_as_it_was_written(
    folder: Path, watch: WatchEvidence
) -> None:
    """Also what production showed can be replayed."""
    path, _ = write_watch(folder, watch)
    assert WATCH.validate_json(path.read_bytes()) == watch


def test_equal_evidence_has_an_equal_digest(tmp_path: Path) -> None:
    """And other evidence another one."""
    assert write_evidence(tmp_path, UNIT) == write_evidence(tmp_path, UNIT)
    other = replace(UNIT, trouble="x")
    assert write_evidence(tmp_path, UNIT) != write_evidence(tmp_path, other)


@pytest.mark.parametrize("evidence", EVIDENCE, ids=lambda evidence: evidence.kind)
def test_cut_off_evidence_is_damaged(tmp_path: Path, evidence: Evidence) -> None:
    """At whatever byte; it is never read as less evidence."""
    path, _ = write_evidence(tmp_path, evidence)
    whole = path.read_bytes()
    for size in range(0, len(whole) - 1, max(1, len(whole) // 40)):
        path.write_bytes(whole[:size])
        with pytest.raises(StateDamaged, match="cannot be read"):
            read_evidence(path)


@pytest.mark.parametrize("text", ["{}", "[]", '{"kind": "rumour"}', "null", "\x00"])
def test_what_is_not_evidence_is_damaged(tmp_path: Path, text: str) -> None:
    """It says which file, and why."""
    path = tmp_path / "unit.json"
    path.write_text(text)
    with pytest.raises(StateDamaged) as caught:
        read_evidence(path)
    assert str(path) in caught.value.what
    assert caught.value.why


def test_evidence_that_is_not_there_is_damaged(tmp_path: Path) -> None:
    """A file that a record names has to exist."""
    with pytest.raises(StateDamaged):
        read_evidence(tmp_path / "unit.json")
    with pytest.raises(StateDamaged):
        read_subject(tmp_path / "subject.json")


def test_a_write_that_breaks_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers see the whole old content until the whole new one is there."""
    path = tmp_path / "unit.json"
    write_whole(path, b"old")

    def full(_: int) -> None:
        assert path.read_bytes() == b"old"
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"


def test_an_unfinished_file_is_not_taken_for_evidence(tmp_path: Path) -> None:
    """Its name begins with a dot until it is whole."""
    path, _ = write_evidence(tmp_path, UNIT)
    assert json.loads(path.read_text())["kind"] == "unit"
    assert [each.name for each in tmp_path.iterdir()] == ["unit.json"]


def test_text_that_is_no_unicode_does_not_stop_the_gate(tmp_path: Path) -> None:
    """A lone surrogate out of an app's JSON is told, if not to the letter."""
    run = CaseRun(Completion.COMPLETE, (Case("t", Outcome.FAILED, "seen: \ud800"),))
    path, _ = write_evidence(tmp_path, replace(UNIT, run=run))
    told = read_evidence(path)
    assert told.run.having(Outcome.FAILED)[0].message.startswith("seen: ")  # type: ignore[union-attr]
