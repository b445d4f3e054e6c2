"""Flows that failed, counted so that those of one cause count once."""

from dataclasses import dataclass, field

from gate.stats.counts import more_events

WINDOW = 0.2
"""Seconds: what fails within them may have one cause, so that they count once."""


@dataclass(slots=True)
class Failures:
    """Flows of both arms: tried, and in which only one arm failed, or both.

    *candidate_more* and *baseline_more* count windows: those in which more flows failed
    on that arm alone than on the other. The window under way is not among them.
    """

    tried: int = 0
    candidate_only: int = 0
    baseline_only: int = 0
    both: int = 0
    offset: int = 0
    candidate_more: int = 0
    baseline_more: int = 0
    _ahead: int = 0

    def add(self, *, candidate: bool, baseline: bool) -> None:
        """Count one flow."""
        self.tried += 1
        self._ahead += candidate - baseline
        if candidate and baseline:
            self.both += 1
        elif candidate:
            self.candidate_only += 1
        elif baseline:
            self.baseline_only += 1
            # It makes up for a failure of the candidate, but is no merit of it.
            self.offset += self.candidate_only > self.offset

    def close(self) -> None:
        """End a window."""
        self.candidate_more += self._ahead > 0
        self.baseline_more += self._ahead < 0
        self._ahead = 0

    @property
    def excess(self) -> float:
        """By how much of all flows the candidate fails more often."""
        return (self.candidate_only - self.baseline_only) / max(self.tried, 1)

    def evidence(self) -> float:
        """Return the e-value for "more often than the baseline".

        Under the null a window in which the arms differ is the candidate's in at most
        half of all cases, however many of its flows fail, and for whatever cause.
        """
        return more_events(self.candidate_more, self.baseline_more, share=0.5)


@dataclass(slots=True)
class Spread:
    """How far failures come in clusters: the mean size of one, beyond chance.

    The index of dispersion of an arm's failures in a window, which is 1 where each
    flow fails by itself (Cox & Lewis, "The statistical analysis of series of events",
    1966): sum of squares / sum - mean.
    """

    _windows: int = 0
    _window: int = -1
    _failed: list[int] = field(default_factory=lambda: [0, 0])
    _squares: int = 0
    _here: list[int] = field(default_factory=lambda: [0, 0])

    def add(self, window: int, *, candidate: bool, baseline: bool) -> None:
        """Count one flow of a window."""
        if window != self._window:
            self._window = window
            self._windows += 1
            self._here = [0, 0]
        if not (candidate or baseline):
            return
        for arm, failed in enumerate((candidate, baseline)):
            if failed:
                self._failed[arm] += 1
                self._squares += 2 * self._here[arm] + 1
                self._here[arm] += 1

    @property
    def size(self) -> float:
        """Flows that fail of one cause, on average; at least 1."""
        failed = sum(self._failed)
        if not failed:
            return 1.0
        mean = sum(each * each for each in self._failed) / (failed * self._windows)
        return max(self._squares / failed - mean, 1.0)
