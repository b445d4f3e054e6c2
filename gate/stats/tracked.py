"""A metric whose evidence is that of one track."""

from typing import Generic

from gate.stats.channel import Channel
from gate.stats.track import Item, Track


class Tracked(Channel, Generic[Item]):
    """One comparison over the run; what has not lasted yet holds back a pass."""

    _track: Track[Item]

    def evidence(self) -> float:
        """Return the evidence for "worse", before doubts."""
        return self._track.evidence

    def upheld(self) -> float:
        """Return the evidence that stands up to doubt."""
        return self._track.upheld()

    def suspicion(self) -> float:
        """Return the evidence that holds back a pass."""
        return self._track.suspicion()
