"""What a run's recorded exchanges say: differences, and which links were used."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests_contract.gate.local_platform.emulation import served
from tests_contract.gate.local_platform.hyper_schema import (
    Complaint,
    HyperSchema,
    Link,
)

MOST_SHOWN = 20


@dataclass(frozen=True)
class Judgement:
    """One difference of each kind, and how often each served link was used."""

    exchanges: int
    complaints: list[Complaint]
    uses: dict[Link, int]

    @property
    def unused(self) -> list[Link]:
        """Links that are served and were never used."""
        return [link for link, times in self.uses.items() if not times]

    def lines(self) -> Iterator[str]:
        """What a person is told."""
        used = len(self.uses) - len(self.unused)
        yield (
            f"{self.exchanges} different exchanges, {len(self.complaints)} kinds of "
            f"differences; {used} of {len(self.uses)} served links used"
        )
        yield from map(str, self.complaints[:MOST_SHOWN])


def judged(schema: HyperSchema, folder: Path) -> Judgement:
    """Hold all exchanges in a folder against the schema.

    Those that are equal to the letter, as polls are, count once.
    """
    lines = {line for file in folder.glob("*.jsonl") for line in _lines(file)}
    complaints: dict[tuple[str, str, str], Complaint] = {}
    uses: Counter[Link] = Counter()
    for line in lines:
        exchange = json.loads(line)
        uses.update(schema.exercised(exchange))
        for found in schema.complaints(exchange):
            complaints.setdefault(found.kind, found)
    links = {link: uses[link] for link in served(schema)}
    return Judgement(len(lines), list(complaints.values()), links)


def _lines(file: Path) -> Iterator[str]:
    """The whole lines of a file; a killed platform may leave half of one."""
    with file.open() as lines:
        yield from (line for line in lines if line.endswith("\n"))
