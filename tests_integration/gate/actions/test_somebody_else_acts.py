"""A foreign release in between, at every step of a promotion: a table of its ends."""

from collections.abc import Iterator
from typing import Any

import pytest

from gate.errors import ExitCode
from tests_integration.gate.actions.bad_input import Bursting
from tests_unit.gate.protocol.estate import COLLEAGUE, PRODUCTION
from tests_unit.gate.protocol.world import Scenario

STANDING = {
    ExitCode.PASSED: "the new release serves",
    ExitCode.ROLLED_BACK: "the old release serves",
    ExitCode.HELD: "held",
}

# Somebody else acts. Production serves A, and B is promoted. Each cell: the exit code,
# and the slug that is live then; F is of the colleague, who also sets a config var, goes
# back to A, promotes B by hand, deploys C on staging, and fails to deploy X.

B_IS_GOOD = """
after               deploys  configures  undoes  promotes-by-hand  restages  fails-to-deploy
run-opened          0B       0B          0B      22B               0B        0B
rollback-planned    75F      0B          0B      75B               75A       0B
candidate-bound     75F      75A         75A     75B               75A       0B
verdict-reached     75F      75A         75A     75B               75A       0B
will-promote        22B      0B          0B      0B                0B        0B
sent-promote        22F      0B          22A     0B                0B        0B
did-promote         22F      0B          22A     0B                0B        0B
watch-ended         22F      0B          22A     0B                0B        0B
"""
B_IS_BAD = """
after               deploys  configures  undoes  promotes-by-hand  restages  fails-to-deploy
run-opened          20F      20A         20A     22B               20A       20A
rollback-planned    75F      20A         20A     75B               75A       20A
candidate-bound     75F      75A         75A     75B               75A       20A
verdict-reached     75F      75A         75A     75B               75A       20A
will-promote        22A      20A         20A     20A               20A       20A
sent-promote        22F      20A         22A     20A               20A       20A
did-promote         22F      20A         22A     20A               20A       20A
watch-ended         22F      20A         20A     20A               20A       20A
slug-rejected       22F      20A         20A     20A               20A       20A
will-roll-back      22A      20A         20A     20A               20A       20A
did-roll-back       22F      20A         20A     20A               20A       20A
"""


def cells(table: str, bad: str) -> Iterator[Any]:
    """Yield a case for each cell."""
    head, *rows = [line.split() for line in table.strip().splitlines()]
    for row in rows:
        for act, cell in zip(head[1:], row[1:], strict=True):
            words = (row[0].replace("-", " "), act.replace("-", " "))
            yield pytest.param(*words, bad, cell, id=f"{bad}-{act}-after-{row[0]}")


@pytest.mark.parametrize(
    ("after", "act", "bad", "cell"), [*cells(B_IS_GOOD, ""), *cells(B_IS_BAD, "B")]
)
def test_somebody_else_acts_right_after_a_step(
    after: str, act: str, bad: str, cell: str
) -> None:
    """Before the promotion it is not begun; after it nobody is undone; none is lost."""
    world = Bursting(
        Scenario(act, bad=bad), after=after, burst=lambda w: w.heroku.colleague(act)
    )
    end = world.promoted()
    assert f"{end.code}{end.live}" == cell, end
    assert world.bursts
    assert not end.open
    if end.code == ExitCode.TRY_AGAIN:
        assert end.sent == ""
        assert end.standing != STANDING[ExitCode.PASSED]
    elif end.sent:
        assert end.standing == STANDING[ExitCode(end.code)], end
        assert end.sent.count("promote B") == 1
    by_others = [
        m for m in world.heroku.places[PRODUCTION].releases if m.by == COLLEAGUE
    ]
    covered = [m for m in by_others if m.letter == "F" and end.live != "F"]
    if covered and after != "run opened":  # then it was what B was compared with
        assert "released by somebody else, and covered" in end.says
