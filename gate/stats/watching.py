"""Production after a release, weighed against what was seen before it.

Nothing runs beside production, so the comparison is one in time: what is seen must
exceed a bound of what was seen before, by estimate with a margin. It tells gross
changes only.
"""

import math
from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gate.stats.counts import more_events, more_often, more_than, upper_bound
from gate.stats.crashes import RATES, SOUND
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
MOST_UNSEEN: Final = 0.2
MAY_BE_SLOW: Final = 1 / 3
"""Share of spans: a fine release has bad moments too."""
STEPS: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7)
"""How far alternatives lie from a bound towards 1, near ones for much traffic."""
CRASHES_OF_A_POOR_APP: Final = 1 / 60
POOR_RATES: Final = (1 / 2, 1 / 10, 1 / 30)
"""Per second; nobody keeps an app in production that crashes oftener."""
LIKELY: Final = 10.0
"""Evidence after which somebody should look, whatever is kept."""


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

    *errors* is a share of answers beyond those that failed before, *slower* a relative
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
        """What proves it: a mean is enough only where one of its parts is."""
        if not self.worse:
            return ()
        return tuple(s for s, e in self.e_values.items() if e >= self.enough)


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
    how many were bad, of how many, by what was asked for. Half of the false alarms is
    left for the bounds of what was seen before (a union bound), so that 2/false_alarms
    is enough.
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


def errors_beyond(new: Showing, old: Showing | None, margin: float) -> bool:
    """Whether errors above what is allowed are sure, be they new or not."""
    bound = errors_allowed(old, margin)
    return _beyond(new.failed, new.answers, bound) >= 1 / (1 - CONFIDENCE)


def crashes_beyond(new: Showing, old: Showing | None) -> bool:
    """Whether there is more than chance would have it, though not enough to be sure."""
    return _crashes(new, old) >= LIKELY


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
    """Against "no more fail than may have failed before", once the margin is exceeded.

    What is known of before does not grow any more, so that bounds of it are sharper
    than a test that weighs both counts.
    """
    margin = margins.errors
    if margin is None or not new.failed:
        return 1.0
    before = [(old.failed, old.answers)] if old is not None else []
    known = [each for each in (*before, promised or (0, 0)) if each[1]]
    usual = max((failed / answers for failed, answers in known), default=0.0)
    if new.failed / new.answers < usual + margin:
        return 0.0
    bounds = [_assumed(*each, confidence) for each in before]
    bounds += [_assumed(*each, confidence) for each in (promised,) if each and each[0]]
    return _beyond(new.failed, new.answers, max(margin, *bounds, 0.0))


def _beyond(events: int, trials: int, bound: float) -> float:
    """E-value against "an event happens in at most *bound* of the trials".

    A mean of likelihood ratios, as in `counts.more_than`, of alternatives that come
    nearer to the bound.
    """
    if bound <= 0 or bound >= 1:
        return LARGEST if events and bound <= 0 else 1.0
    total, most = 0.0, math.log(LARGEST)
    for step in STEPS:
        share = bound + step * (1 - bound)
        exponent = events * math.log(share / bound)
        exponent += (trials - events) * math.log((1 - share) / (1 - bound))
        total += math.exp(min(exponent, most))
    return min(total / len(STEPS), LARGEST)


def _assumed(failed: int, answers: int, confidence: float) -> float:
    """How many errors are put down to what was there before.

    Few answers bound hardly anything; they are not to make every disaster likely, and
    least of all those without one failure.
    """
    bound = upper_bound(failed, answers, confidence=confidence)
    return min(bound, MOST_ASSUMED if failed else MOST_UNSEEN) if answers else 0.0


def _probes(probes: Sequence[tuple[int, int]], margin: float) -> float:
    """Against "no more are bad": of all together, and of each kind on its own.

    What one path shows is not thinned out by the others.
    """
    together = sum(bad for bad, _ in probes), sum(count for _, count in probes)
    streams = (together, *probes) if len(probes) > 1 else (together,)
    return sum(more_than(*each, bound=margin) for each in streams) / len(streams)


def _crashes(new: Showing, old: Showing | None) -> float:
    """Against one crash a week, or as many as before where there were some.

    What crashed once in a short while may be rather bad; more than one crash a minute
    is put down to it only as far as that was seen.
    """
    if old is None or not old.crashes or min(old.seconds, new.seconds) <= 0:
        return more_often(new.crashes, new.seconds, usual=SOUND, rates=RATES)
    share = new.seconds / (new.seconds + old.seconds)
    usual = max(CRASHES_OF_A_POOR_APP, old.crashes / old.seconds)
    relative = more_events(new.crashes, old.crashes, share=share)
    oftener = more_often(new.crashes, new.seconds, usual=usual, rates=POOR_RATES)
    return (relative + oftener) / 2


def _slower(new: Showing, old: Showing | None, margins: Margins) -> float:
    """Against "at most `MAY_BE_SLOW` of the spans are slow"."""
    if margins.slower is None or old is None:
        return 1.0
    limit = slow_limit(old, margins.slower)
    if limit is None:
        return 1.0
    slow = sum(level > limit for level in new.levels)
    return more_than(slow, len(new.levels), bound=MAY_BE_SLOW)
