"""The acceptance table, row by row, on real commits of the app and a real platform."""

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests_integration.gate.acceptance.plant import Seen, planted
from tests_integration.gate.acceptance.table import GROUPS, Row


@pytest.mark.timeout(1200)
def test_every_row_ends_as_the_table_says(
    tmp_path: Path,
    subtests: pytest.Subtests,
    capfd: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    """Each change is promoted or stopped as the table says, and the right slug serves."""
    with ExitStack() as stack:
        ended: dict[Future[Seen], Row] = {}
        for number, rows in enumerate(GROUPS, 1):
            plant = stack.enter_context(planted(tmp_path / f"group-{number}"))
            line = ThreadPoolExecutor(1)
            stack.callback(line.shutdown, cancel_futures=True)
            ended |= {line.submit(plant.take, row): row for row in rows}
        for future in as_completed(ended):
            row = ended[future]
            with subtests.test(row.change):
                seen = future.result()
                with capfd.disabled():
                    tell(row, seen)
                record_property(row.change, f"{seen.seconds:.1f} s")
                check(row, seen)


def tell(row: Row, seen: Seen) -> None:
    """Write the row's line to the terminal, also from a worker of pytest-xdist."""
    red = ", ".join(sorted(seen.failed)) or "-"
    line = f"{seen.seconds:6.1f} s  {row.change:<38} {red:<28} {seen.exit_code:>3}"
    sys.stderr.write(f"\n{line}  {row.ending.words}")
    sys.stderr.flush()


def check(row: Row, seen: Seen) -> None:
    """Compare what was seen with the row."""
    want = row.ending
    assert seen.exit_code == want.exit_code, f"not {want.words}:\n{seen.told}"
    assert (seen.staging, seen.production) == (want.staging, want.production), seen.told
    assert seen.production_moved == want.production_moves, seen.told
    assert bool(seen.results) == want.judged, seen.told
    if row.stopped_by == "evidence":
        assert "insufficient" in seen.results.values(), seen.told
        assert not seen.failed, seen.told
    elif row.stopped_by:
        assert row.stopped_by in seen.failed, seen.told
        assert seen.failed <= {row.stopped_by} | row.also, seen.told
    if row.rule:
        assert any(rule.startswith(row.rule) for rule in seen.rules), seen.told
