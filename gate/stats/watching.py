"""Production after a release, weighed against what was seen before it.

Nothing runs beside production, so the comparison is one in time: it is made against
bounds of what was seen before, with a margin, and tells gross changes only.
"""

import math
from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gate.stats.counts import more_events, more_than, upper_bound
from gate.stats.quantiles import quantile
from gate.stats.symmetry import LARGEST

SPAN: Final = 0.5
"""Seconds; answers close to each other share their fate, so spans of them count."""
LEAST_IN_SPAN: Final = 3
LEAST_SPANS: Final = 10
WARM_UP: Final = 2.0
LAG: Final = 1.0
CONFIDENCE: Final = 0.95
MOST_ASSUMED: Final = 0.5
MAY_BE_SLOW: Final = 1 / 3
"""Share of spans: a fine release has bad moments too."""
CRASHES_OF_ANY_APP: Final = 1 / (7 * 86_400)
CRASH_RATES: Final = (1 / 10, 1 / 30, 1 / 100, 1 / 300)


class Sign(StrEnum):
    """What can show that a release is bad."""

    ERRORS = "errors"
    PROBES = "probes"
    CRASHES = "crashes"
    SLOWER = "slower"


WEIGHTS: Final = {
    Sign.ERRORS: 0.4,
    Sign.PROBES: 0.2,
    Sign.CRASHES: 0.25,
    Sign.SLOWER: 0.15,
}


@dataclass(frozen=True, slots=True)
class Margins:
    """What must be excluded; None: not asked.

    *errors* is a share of answers beyond what was seen before, *slower* a relative
    worsening, *probes* the share of probes that may be bad. *false_alarms* is the
    chance that a good release is called worse, by all signs and looks together.
    """

    errors: float | None = 0.05
    slower: float | None = 2.0
    probes: float = 0.05
    false_alarms: float = 0.01


@dataclass(frozen=True, slots=True)
class Showing:
    """What a release has shown: *failed* of *answers*, *crashes* in *seconds*.

    *levels* are the median milliseconds of spans of half a second.
    """

    failed: int = 0
    answers: int = 0
    crashes: int = 0
    seconds: float = 0.0
    levels: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighed:
    """The evidence that a release is bad.

    *e_values* are by sign; *e_value* is their weighted mean, an e-value under any
    dependence (Vovk & Wang, Ann. Statist. 49(3), 2021), and *enough* what it takes.
    """

    e_value: float
    enough: float
    e_values: Mapping[Sign, float]

    @property
    def worse(self) -> bool:
        """Whether that is proven."""
        return self.e_value >= self.enough

    @property
    def signs(self) -> tuple[Sign, ...]:
        """What proves it: the signs that would do alone, or else the strongest."""
        if not self.worse:
            return ()
        alone = tuple(s for s, e in self.e_values.items() if e >= self.enough)
        return alone or (max(self.e_values, key=self.e_values.__getitem__),)


class Tally:
    """Counts answers as they come; their order does not matter.

    *began* and the times of answers are on the same clock. What began to be served
    within the first `WARM_UP` seconds is not held against its speed.
    """

    def __init__(self, began: float) -> None:
        self.began = began
        self.failed = 0
        self.answers = 0
        self._spans: dict[int, list[float]] = {}

    def add(self, at: float, *, failed: bool, service: float | None) -> None:
        """Count one answer; *service* is in milliseconds, None: not told."""
        self.answers += 1
        self.failed += failed
        if not failed and service is not None and at >= self.began + WARM_UP:
            insort(self._spans.setdefault(int(at / SPAN), []), service)

    def showing(self, *, crashes: int, seconds: float, until: float) -> Showing:
        """Return what was shown; spans count that ended `LAG` before *until*."""
        last = int((until - LAG) / SPAN)
        levels = tuple(
            quantile(services, 0.5)
            for number, services in sorted(self._spans.items())
            if number < last and len(services) >= LEAST_IN_SPAN
        )
        return Showing(self.failed, self.answers, crashes, seconds, levels)


def weigh(
    new: Showing,
    old: Showing | None,
    *,
    promised: tuple[int, int] | None,
    probes: Sequence[tuple[int, int]],
    margins: Margins,
) -> Weighed:
    """Return the evidence that *new* is worse than *old* by more than the margins.

    *promised* is how many flows failed, of how many, before it was let in; *probes*
    how many were bad, of how many, by what was asked for. Half of the false alarms is left for the bounds of
    what was seen before (a union bound), so that 2/false_alarms is enough.
    """
    risk = margins.false_alarms / 2
    e_values = {
        Sign.ERRORS: _errors(new, old, promised, margins, 1 - risk / 2),
        Sign.PROBES: _probes(probes, margins.probes),
        Sign.CRASHES: _crashes(new, old),
        Sign.SLOWER: _slower(new, old, margins),
    }
    e_value = sum(WEIGHTS[sign] * each for sign, each in e_values.items())
    return Weighed(min(e_value, LARGEST), 1 / risk, e_values)


def errors_excluded(new: Showing) -> float:
    """Return above which share errors are excluded with 95 % confidence; 1: nothing."""
    return upper_bound(new.failed, new.answers, confidence=CONFIDENCE)


def errors_allowed(old: Showing | None, margin: float) -> float:
    """Return which share must be excluded: the margin beyond what *old* surely had."""
    if old is None or old.failed == 0:
        return margin
    fine = old.answers - old.failed
    least = 1 - upper_bound(fine, old.answers, confidence=0.995)
    return min(1.0, margin + least)


def slower_excluded(new: Showing, old: Showing, margin: float) -> bool:
    """Whether it is excluded that the majority of spans is slower by the margin."""
    limit = slow_limit(old, margin)
    if limit is None:
        return False
    fine = sum(level <= limit for level in new.levels)
    return more_than(fine, len(new.levels), bound=0.5) >= 1 / (1 - CONFIDENCE)


def slow_limit(old: Showing, margin: float) -> float | None:
    """Return beyond which milliseconds a span is slow; None: too little is known.

    Nine in ten spans of the old release stayed below the level that the margin is
    added to: its own bad moments are not held against the new one.
    """
    if len(old.levels) < LEAST_SPANS:
        return None
    return (1 + margin) * quantile(old.levels, 0.9)


def _errors(
    new: Showing,
    old: Showing | None,
    promised: tuple[int, int] | None,
    margins: Margins,
    confidence: float,
) -> float:
    if margins.errors is None:
        return 1.0
    before = [(old.failed, old.answers)] if old is not None else []
    known = [
        _assumed(*each, margins.errors, confidence)
        for each in (*before, promised or (0, 0))
    ]
    bound = min(1.0, margins.errors + max(known))
    return more_than(new.failed, new.answers, bound=bound)


def _assumed(failed: int, answers: int, margin: float, confidence: float) -> float:
    """How many errors are put down to what was there before.

    Few answers without one failure bound nothing and tell nothing: then the margin
    alone has to do, or else a handful of answers would make every disaster likely.
    """
    bound = upper_bound(failed, answers, confidence=confidence)
    if failed == 0 and bound > margin:
        return 0.0
    return min(bound, MOST_ASSUMED)


def _probes(probes: Sequence[tuple[int, int]], margin: float) -> float:
    """Against "no more are bad": of all together, and of each kind on its own.

    What one path shows is not thinned out by the others.
    """
    together = sum(bad for bad, _ in probes), sum(count for _, count in probes)
    streams = (together, *probes) if len(probes) > 1 else (together,)
    return sum(more_than(*each, bound=margin) for each in streams) / len(streams)


def _crashes(new: Showing, old: Showing | None) -> float:
    """Against a crash in seven days, or as many as before where there were some."""
    if old is not None and old.crashes and min(old.seconds, new.seconds) > 0:
        share = new.seconds / (new.seconds + old.seconds)
        return more_events(new.crashes, old.crashes, share=share)
    usual = CRASHES_OF_ANY_APP
    exponents = [
        new.crashes * math.log(rate / usual) - (rate - usual) * new.seconds
        for rate in CRASH_RATES
    ]
    most = math.log(LARGEST)
    total = sum(math.exp(min(exponent, most)) for exponent in exponents)
    return min(total / len(CRASH_RATES), LARGEST)


def _slower(new: Showing, old: Showing | None, margins: Margins) -> float:
    """Against "at most `MAY_BE_SLOW` of the spans are slow"."""
    if margins.slower is None or old is None:
        return 1.0
    limit = slow_limit(old, margins.slower)
    if limit is None:
        return 1.0
    slow = sum(level > limit for level in new.levels)
    return more_than(slow, len(new.levels), bound=MAY_BE_SLOW)
