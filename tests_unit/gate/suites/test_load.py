"""What a load run's samples tell, also when there are not enough of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from gate.model.plan import LoadPlan
from gate.suites.load import collect_load, read_samples
from tests_unit.gate.fakes.good_run import subject

END = {"end": True, "reason": "time"}


def sample(arm: str, pair: int, ms: float, **changes: Any) -> dict[str, Any]:
    """One request of one arm, as the driver writes it."""
    return {
        "arm": arm,
        "pair": pair,
        "k": 0,
        "phase": "serial",
        "method": "GET",
        "name": "/orders",
        "ms": ms,
        "error": None,
        **changes,
    }


def written(tmp_path: Path, *rows: Any) -> Path:
    """A file of samples; a row of text stands for itself."""
    path = tmp_path / "samples.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_both_arms_are_told_apart(tmp_path: Path) -> None:
    """Requests, and the middle and the slow end of their latencies."""
    told = read_samples(
        written(
            tmp_path,
            *[sample("candidate", n, 30.0) for n in range(4)],
            *[sample("baseline", n, 20.0) for n in range(3)],
            END,
        )
    )
    assert told.trouble == ""
    candidate, baseline = told.totals("candidate"), told.totals("baseline")
    assert (candidate.requests, baseline.requests) == (4, 3)
    assert (candidate.median, baseline.median) == (30.0, 20.0)


def test_errors_are_counted_by_kind_and_do_not_count_as_fast(tmp_path: Path) -> None:
    """A quick 500 does not improve the latency."""
    told = read_samples(
        written(
            tmp_path,
            sample("candidate", 0, 30.0),
            sample("candidate", 1, 1.0, error="500"),
            sample("candidate", 2, 1.0, error="500"),
            END,
        )
    )
    totals = told.totals("candidate")
    assert totals.errors == {"GET /orders: 500": 2}
    assert totals.median == 30.0


@pytest.mark.parametrize(
    ("rows", "trouble"),
    [
        ([], "cut short"),
        ([sample("candidate", 0, 5.0)], "cut short"),
        ([sample("candidate", 0, 5.0), '{"arm": "cand'], "cut short"),
        ([{"end": True, "reason": "signal"}], "it ended: signal"),
    ],
)
def test_a_run_without_its_end_cannot_be_trusted(
    tmp_path: Path, rows: list[Any], trouble: str
) -> None:
    """Killed, cut off, or ended for another reason than time."""
    assert trouble in read_samples(written(tmp_path, *rows)).trouble


def test_no_file_is_no_samples(tmp_path: Path) -> None:
    """Locust never came to write one."""
    told = read_samples(tmp_path / "none.jsonl")
    assert told.trouble == "Locust wrote no samples"
    assert told.totals("candidate").requests == 0


def test_a_project_without_a_locustfile_is_told_where_to_name_it(
    tmp_path: Path,
) -> None:
    """Nothing is started, and it is not an empty success."""
    told = collect_load(subject(), LoadPlan(file="no/such.py"), tmp_path, tmp_path)
    assert "no/such.py" in told.trouble
    assert "[tool.gate.load] file" in told.trouble
    assert told.candidate.requests == 0
