"""Playing many histories, and what came of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from tests_unit.gate.protocol.oracle import judged
from tests_unit.gate.protocol.scenarios import History
from tests_unit.gate.protocol.world import play


@dataclass
class Sweep:
    """How many histories were played, how they ended, and which rules were broken."""

    played: int = 0
    processes: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    broken: dict[str, list[History]] = field(default_factory=dict)

    def play(self, histories: Iterable[History], *, until_broken: bool = False) -> None:
        """Play histories; or only until one of them breaks a rule."""
        for history in histories:
            world = play(history.scenario, history.faults)
            self.played += 1
            self.processes += world.processes
            self.ends[world.end] += 1
            for rule in judged(world):
                self.broken.setdefault(rule.partition(" ")[0], []).append(history)
            if until_broken and self.broken:
                return

    def add(self, other: "Sweep") -> None:
        """Take in what another has played."""
        self.played += other.played
        self.processes += other.processes
        self.ends += other.ends
        for rule, histories in other.broken.items():
            self.broken.setdefault(rule, []).extend(histories)

    @property
    def told(self) -> str:
        """What came of it, for a person; of each broken rule the simplest history."""
        ends = ", ".join(f"{end} {times}" for end, times in self.ends.most_common())
        lines = [f"{self.played} histories, {self.processes} processes: {ends}"]
        for rule, histories in self.broken.items():
            simplest = min(histories, key=_size)
            lines.append(f"{rule} broken {len(histories)} times, first by")
            lines.append(f"  play({_shown(simplest)})")
        return "\n".join(lines)


def _size(history: History) -> tuple[int, int]:
    return len(history.faults) + len(history.scenario.acts), len(_shown(history))


def _shown(history: History) -> str:
    scenario = history.scenario
    differs = [
        f"{each.name}={getattr(scenario, each.name)!s}"
        if each.name == "verdict"
        else f"{each.name}={getattr(scenario, each.name)!r}"
        for each in fields(scenario)
        if getattr(scenario, each.name) != each.default
    ]
    return f"Scenario({', '.join(differs)}), {history.faults}"
