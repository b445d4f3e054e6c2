"""How long something took, as people say it, and as records tell it."""

from datetime import datetime

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
UNITS = ((DAY, "days"), (HOUR, "h"), (MINUTE, "min"))


def moment(at: str) -> datetime | None:
    """Return a moment that RFC 3339 text names; None: it names none with an offset."""
    try:
        told = datetime.fromisoformat(at)
    except ValueError:
        return None
    return told if told.tzinfo is not None else None


def seconds_between(begin: str, end: str) -> float | None:
    """Return the seconds from one moment to the next; None: not known.

    Clocks are set back, and two machines have two: less than nothing is not known.
    """
    first, last = moment(begin), moment(end)
    if first is None or last is None or last < first:
        return None
    return (last - first).total_seconds()


def spell(seconds: float) -> str:
    """Return a duration in one unit: ``38 s``, ``4.5 min``, ``2.1 days``."""
    for size, unit in UNITS:
        if seconds >= 2 * size:
            return f"{_short(seconds / size)} {unit}"
    return f"{_short(seconds)} s"


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")
