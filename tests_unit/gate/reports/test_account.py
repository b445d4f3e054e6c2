"""What a page may tell of a stored run: exactly what was recorded, or that it is gone."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from gate.errors import EvidenceRefused
from gate.ledger.evidence_files import write_watch
from gate.ledger.records import EvidenceCollected, Record, RunClosed, WatchEnded
from gate.model.evidence import AppLog, Category
from gate.model.verdict import Judgement, Result
from gate.model.watch_evidence import WatchEvidence
from gate.reports.page.account import account_of
from gate.reports.page.html import as_html
from gate.suites.run_folder import RunFolder
from tests_unit.gate.fakes.good_run import (
    BARRIER,
    BUNDLE,
    EVIDENCE,
    POLICY,
    probes,
    subject,
)
from tests_unit.gate.fakes.stored_run import AT, judged

ABOUT = subject()
NAME = ABOUT.run
WATCHED = WatchEvidence(BARRIER, probes(), AppLog("shop-production"), 8.0)


@pytest.fixture
def stored(tmp_path: Path) -> tuple[RunFolder, list[Record]]:
    """A whole run as it lies on disk, and its records."""
    folder = RunFolder(tmp_path / "runs" / NAME)
    records, _ = judged(folder)
    _, digest = write_watch(folder.evidence, WATCHED)
    judgement = Judgement(Category.HEALTH, Result.PASSED, "all well")
    records.append(WatchEnded(NAME, AT, judgement, 8.0, digest))
    records.append(RunClosed(NAME, AT, 0, "promoted"))
    return folder, records


def test_a_stored_run_is_read_whole(stored: tuple[RunFolder, list[Record]]) -> None:
    """What was recorded, and the evidence that the records name."""
    folder, records = stored
    known = account_of(NAME, records, folder)
    assert known.bundle == BUNDLE
    assert known.subject == ABOUT
    assert (known.policy, known.watch, known.gaps) == (POLICY, WATCHED, ())
    assert {piece.evidence for piece in known.pieces} == {e.kind for e in EVIDENCE}


def test_a_piece_that_is_gone_leaves_a_gap(
    stored: tuple[RunFolder, list[Record]],
) -> None:
    """The page says so, and tells the rest."""
    folder, records = stored
    (folder.evidence / "load.json").unlink()
    known = account_of(NAME, records, folder)
    assert known.bundle == replace(BUNDLE, load=None)
    assert known.gaps == ("load.json cannot be shown: No such file or directory",)
    assert b"load.json cannot be shown" in as_html(known)


@pytest.mark.parametrize(
    "name", ["evidence/load.json", "evidence/watch.json", "policy.json"]
)
def test_a_piece_that_was_changed_is_refused(
    stored: tuple[RunFolder, list[Record]], name: str
) -> None:
    """It would put words into the mouth of the gate."""
    folder, records = stored
    path = folder.path / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(EvidenceRefused, match=path.name):
        account_of(NAME, records, folder)


def test_a_piece_of_another_gate_leaves_a_gap(
    stored: tuple[RunFolder, list[Record]],
) -> None:
    """It is what was recorded, and cannot be understood any more."""
    folder, records = stored
    foreign = b'{"kind": "load", "pairs": 3}'
    (folder.evidence / "load.json").write_bytes(foreign)
    digest = hashlib.sha256(foreign).hexdigest()
    other = EvidenceCollected(NAME, AT, "load", "load.json", digest)
    known = account_of(NAME, [*records, other], folder)
    assert known.bundle.load is None
    assert len(known.gaps) == 1
    assert "load.json was written by another gate" in known.gaps[0]
