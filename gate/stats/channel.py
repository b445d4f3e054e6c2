"""What every metric's comparison can do, seen from the monitor."""

from gate.stats.asked import Metric
from gate.stats.events import Crash, Flow, Usage
from gate.stats.readings import Reading


class Channel:
    """One metric: takes in events, and tells its evidence in both directions.

    What a metric does not listen to, it leaves alone.
    """

    metric: Metric

    def flow(self, flow: Flow) -> None:
        """Take in a flow."""

    def usage(self, usage: Usage) -> None:
        """Take in what a dyno has used."""

    def crash(self, crash: Crash) -> None:
        """Take in a crash."""

    def told(self) -> bool:
        """Whether anything that it needs is told at all."""
        return True

    def evidence(self) -> float:
        """Return an e-value for "worse", or one that was true a moment ago: cheap."""
        raise NotImplementedError

    def upheld(self) -> float:
        """Return the e-value for "worse" now, lowered by every doubt."""
        raise NotImplementedError

    def suspicion(self) -> float:
        """Return the e-value above which nothing passes: that of its worst part."""
        return self.upheld()

    def passed(self) -> bool:
        """Whether the margin is excluded now, or the metric may stay unanswered."""
        raise NotImplementedError

    def reading(self, *, worse: bool) -> Reading:
        """Return what is known; *worse*: it has been decided that this is."""
        raise NotImplementedError
