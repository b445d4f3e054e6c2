"""Where the candidate never answers in the shape in which the baseline always does."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from gate.openapi import Document
from gate.suites.consumers.arms import NO_JSON, Met
from gate.suites.consumers.complaints import DIFFERS, Complaint
from gate.suites.consumers.exchange import Exchange, Kept
from gate.suites.consumers.shapes import Shape, contradictions, joined, shape, within
from gate.suites.consumers.silence import speaks_of

MOST_KEPT_EACH = 12
_NOT_JSON = frozenset({"something that is no JSON"})
Answered = tuple[str, int]


@dataclass(slots=True)
class _Shapes:
    """What one operation's answers of one status looked like on each side."""

    candidate: Shape = field(default_factory=dict)
    baseline: Shape = field(default_factory=dict)
    noise: set[str] = field(default_factory=set)
    exchanges: list[Exchange] = field(default_factory=list)


class Reshaping:
    """The shapes of both sides' answers; where *documents* speak, they may differ."""

    def __init__(self, documents: tuple[Document, ...]) -> None:
        self._documents = documents
        self._shapes: dict[Answered, _Shapes] = defaultdict(_Shapes)

    def unsteady(self, operation: str, one: Met, other: Met) -> None:
        """Learn what the baseline does not do twice in the same way."""
        if one.status == other.status:
            first, second = _shape(one), _shape(other)
            places = {*first, *second}
            noise = {each for each in places if first.get(each) != second.get(each)}
            self._shapes[operation, one.status].noise |= noise

    def compare(self, exchange: Exchange) -> None:
        """Look at one exchange that both sides answered with the same status."""
        ours, theirs = exchange.candidate, exchange.baseline
        if theirs is None or theirs.data is NO_JSON:
            return
        seen = self._shapes[exchange.operation, ours.status]
        here, there = _shape(ours), _shape(theirs)
        seen.candidate = joined((seen.candidate, here)) if seen.exchanges else here
        seen.baseline = joined((seen.baseline, there)) if seen.exchanges else there
        if len(seen.exchanges) < MOST_KEPT_EACH or contradictions(there, here):
            seen.exchanges = [*seen.exchanges[-MOST_KEPT_EACH:], exchange]

    def found(self) -> Iterator[Kept]:
        """Yield what differs, though no document speaks of the place."""
        for (operation, status), seen in self._shapes.items():
            yield from self._reshaped(operation, status, seen)

    def _reshaped(self, operation: str, status: int, seen: _Shapes) -> Iterator[Kept]:
        found = contradictions(seen.baseline, seen.candidate)
        for place, (was, now) in found.items():
            if any(within(place, each) for each in seen.noise):
                continue
            for exchange in seen.exchanges:
                media = exchange.candidate.media
                if place not in differences(exchange):
                    continue
                if any(
                    speaks_of(each, operation, status, media, place)
                    for each in self._documents
                ):
                    break
                said = (
                    f"{now} at {place or 'the top'} of an answer, where production's "
                )
                said += f"release answers with {was}"
                yield Kept(
                    Complaint(DIFFERS, said), exchange, shared=False, place=place
                )


def differences(exchange: Exchange) -> dict[str, tuple[str, str]]:
    """Return where the shapes of the two answers contradict each other."""
    ours, theirs = exchange.candidate, exchange.baseline
    if theirs is None or ours.response is None or theirs.data is NO_JSON:
        return {}
    return contradictions(_shape(theirs), _shape(ours))


def _shape(met: Met) -> Shape:
    return {"": _NOT_JSON} if met.data is NO_JSON else shape(met.data)
