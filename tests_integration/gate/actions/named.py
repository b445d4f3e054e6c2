"""How tests name the records of a run, in few words."""

from gate.ledger.records import (
    ActionConfirmed,
    ActionFailed,
    ActionIntended,
    ActionSent,
    Record,
)

Acted = ActionIntended | ActionSent | ActionConfirmed | ActionFailed
SAID = {
    ActionIntended: "will",
    ActionSent: "sent",
    ActionConfirmed: "did",
    ActionFailed: "failed to",
}


def name_of(record: Record) -> str:
    """How a test names a record: "will promote", "watch ended"."""
    return (
        f"{SAID[type(record)]} {record.deed}"
        if isinstance(record, Acted)
        else record.kind
    )
