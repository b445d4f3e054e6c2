"""What is told of production when a run is broken off by whoever has started it."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from gate.errors import Unresolved
from gate.ledger.records import RunClosed
from gate.model.ending import Standing
from tests_unit.gate.protocol.estate import PRODUCTION, commit
from tests_unit.gate.protocol.port import Fault, Kind, Port
from tests_unit.gate.protocol.world import CANDIDATE, Moment, Scenario, World

T = TypeVar("T")
KEPT = Scenario("kept", staging="CB")


class Impatient(Port):
    """Interrupted at an effect, and at the next one that is not a record once more."""

    def do(self, kind: Kind, name: str, effect: Callable[[], T]) -> T:
        if self.struck and kind != "ledger":
            raise KeyboardInterrupt
        return super().do(kind, name, effect)


def interrupted(port: type[Port]) -> Iterator[tuple[str, str, Moment]]:
    """Interrupt a promotion at each effect; yield what is told, and what held then."""
    whole = World(KEPT)
    whole.process("promote", None)
    for number in range(1, len(whole.effects) + 1):
        world = World(KEPT)
        try:
            world.gate(port(Fault(number, "signalled"))).promote(commit(CANDIDATE))
        except Unresolved as error:
            yield error.standing, error.known, world.moment()
        except KeyboardInterrupt:
            for record in world.rows:
                if isinstance(record, RunClosed) and record.exit_code == 130:
                    yield record.standing, record.known, world.moment()


def test_whoever_interrupts_is_told_what_serves() -> None:
    """Before the promotion the old release, which is asked; after it, what is live."""
    seen = set()
    for standing, known, moment in interrupted(Port):
        assert f"{PRODUCTION} v{moment.version}" in known
        assert (standing == Standing.HELD) == (
            moment.live == "B" or "may still" in known
        )
        seen.add((standing, known.partition(";")[2]))
    assert (Standing.HELD, " it was not watched") in seen
    assert any(standing == Standing.OLD_SERVES for standing, _ in seen)


def test_an_interrupt_that_comes_again_cuts_the_look_short() -> None:
    """What is known without a look is recorded all the same."""
    assert {(standing, known) for standing, known, _ in interrupted(Impatient)} == {
        (Standing.HELD, "it was not asked; this run has sent nothing to it"),
        (Standing.HELD, "what became of it was not asked any more"),
    }
