"""The journals of all runs, from one reading of the ledger."""

from collections.abc import Iterable

from gate.ledger.journal import Journal
from gate.ledger.records import Record


def journals(
    records: Iterable[Record], production: str | None = None
) -> tuple[Journal, ...]:
    """Return one journal for each run that was opened, the newest first.

    Of one *production* app alone, where it is named: several pipelines may share a
    ledger.
    """
    runs: dict[str, list[Record]] = {}
    for record in records:
        runs.setdefault(record.run, []).append(record)
    found = (Journal.of(run) for run in reversed(runs.values()))
    return tuple(
        each
        for each in found
        if each.opened is not None and production in (None, each.opened.production)
    )
