"""Are these numbers positive more often, and larger when they are?"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from math import copysign, isfinite, tanh

STAKES = (0.1, 0.3, 1.0, 3.0)
LARGEST = 1e300
"""Evidence is capped here, so that it stays a finite number. A cap only lowers it."""


class SymmetryTest:
    """A bet against "each number is as likely negative as positive", fed one by one.

    The null hypothesis: given the past and the size of the next number, that number
    is positive with probability at most 1/2. It needs no variance, no distribution
    and no sample size planned ahead. While it holds, `maximum` reaches 1/alpha with
    probability at most alpha, however often one looks (Ville's inequality).

    Each number's sign is bet on, staked by the rank of its size among the sizes seen
    so far; the bets are averaged over four stakes and over all starting points, so
    that a change which comes late is found as well. An e-value version of the
    signed-rank test: Vovk & Wang, "Nonparametric e-tests of symmetry"
    (arXiv 2208.08925); starting points as in Shin, Ramdas & Rinaldo, "E-detectors"
    (arXiv 2203.03532), weighted to keep a probability of false alarm.

    `since` is how many numbers were fed before the positive ones began to prevail (the
    last reset of a CUSUM of the second stake's bets; Page, Biometrika 41, 1954).
    """

    __slots__ = ("_fed", "_rise", "_sizes", "_wealth", "e_value", "maximum", "since")

    def __init__(self) -> None:
        self._sizes: list[float] = []
        self._wealth = (0.0, 0.0, 0.0, 0.0)
        self._fed = 0
        self._rise = 1.0
        self.since = 0
        self.e_value = 1.0
        self.maximum = 1.0

    @property
    def count(self) -> int:
        """How many numbers were bet on; zeros are not."""
        return len(self._sizes)

    def feed(self, value: float) -> float:
        """Bet on one more number and return the e-value after it.

        Raises ValueError for a number that is not finite.
        """
        if not isfinite(value):
            raise ValueError(f"cannot bet on {value}: only finite numbers have a sign")
        self._fed += 1
        if value == 0:
            return self.e_value
        stake = copysign(self._stake(abs(value)), value)
        step = len(self._sizes)
        start = 1 / (step * (step + 1))
        # Written out: a loop takes half as long again, and nothing in a run costs more.
        timid, wary, bold, rash = STAKES
        first, second, third, fourth = self._wealth
        bet = 1 + tanh(wary * stake)
        first = (1 + tanh(timid * stake)) * (first + start)
        second = bet * (second + start)
        third = (1 + tanh(bold * stake)) * (third + start)
        fourth = (1 + tanh(rash * stake)) * (fourth + start)
        if first + second + third + fourth > LARGEST:
            wealth = first, second, third, fourth
            first, second, third, fourth = (min(each, LARGEST) for each in wealth)
        self._wealth = first, second, third, fourth
        rise = bet * self._rise if self._rise > 1 else bet
        if rise <= 1:
            self.since = self._fed
        elif rise > LARGEST:
            rise = LARGEST
        self._rise = rise
        # What the starting points still to come hold back: sum of 1/(i(i+1)), i > step.
        unspent = 1 / (step + 1)
        e_value = (first + second + third + fourth) / len(STAKES) + unspent
        self.e_value = e_value
        self.maximum = max(self.maximum, e_value)
        return e_value

    def feed_all(self, values: Iterable[float]) -> "SymmetryTest":
        """Bet on each number in turn."""
        for value in values:
            self.feed(value)
        return self

    def _stake(self, size: float) -> float:
        """Mid-rank of a size among those seen, itself included, scaled to (0, 1.5)."""
        sizes = self._sizes
        smaller = bisect_left(sizes, size)
        not_larger = bisect_right(sizes, size, smaller)
        sizes.insert(not_larger, size)
        if len(sizes) == 1:
            return 1.0
        equal = not_larger - smaller + 1
        return 1.5 * (smaller + (equal + 1) / 2) / (len(sizes) + 1)
