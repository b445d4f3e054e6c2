"""Which run is meant by what somebody types."""

from collections.abc import Sequence

from gate.errors import UsageProblem
from gate.ledger.records import Record, VerdictReached

LATEST = "latest"
MOST_NAMED = 5


def run_named(records: Sequence[Record], name: str, *, judged: bool = False) -> str:
    """Return the run whose name begins so; ``latest``: the last that reached a verdict.

    *judged*: no other will do. Raises UsageProblem where it is none, or several.
    """
    verdicts = [each.run for each in records if isinstance(each, VerdictReached)]
    if name == LATEST and verdicts:
        return verdicts[-1]
    if name == LATEST:
        raise UsageProblem(
            "no run has reached a verdict yet",
            advice="run: python -m gate promote, or: python -m gate status",
        )
    found = list(dict.fromkeys(r.run for r in records if r.run.startswith(name)))
    found = [name] if name in found else found
    fitting = [each for each in found if each in verdicts or not judged]
    if len(fitting) > 1:
        raise UsageProblem(
            f"{len(fitting)} runs begin with {name}",
            why=", ".join(fitting[-MOST_NAMED:]),
            advice="give more of the name, or say: latest",
        )
    if not fitting:
        raise UsageProblem(
            f"run {name} reached no verdict" if found else f"there is no run {name}",
            why="only a verdict can be judged again" if found else "",
            advice="see: python -m gate status",
        )
    return fitting[0]
