"""Numbers of a load run in words: what people read at the end of a run."""

import math

from gate.stats.asked import Asked, Metric

NAMES = {
    Metric.ERRORS: "errors",
    Metric.P50: "p50",
    Metric.P95: "p95",
    Metric.CPU: "CPU",
    Metric.MEMORY: "memory",
    Metric.CRASHES: "crashes",
}
MINUTE, HOUR = 60.0, 3600.0
MOST_MILLISECONDS = 10_000
LEAST_KIB = 0.1
MOST_ERRORS = 99.0
MOST_EVIDENCE = 1e6
FOREVER = 1e12  # seconds
NICE = (4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000)


def percent(value: float, *, up: bool = False) -> str:
    """Return a share in percent, with two digits; *up*: never less than it is."""
    return f"{_digits(100 * value, up=up)} %"


def amount(metric: Metric, value: float, asked: Asked, *, up: bool = False) -> str:
    """Return a value in the unit in which its metric was asked."""
    if not math.isfinite(value):
        return "any number"
    if metric is Metric.MEMORY:
        least = LEAST_KIB if up else value
        return f"{_digits(max(value, least), up=up)} KiB a request"
    if metric is Metric.CRASHES:
        return f"one in {span(1 / value)}" if value > 0 else "none"
    if limit_of(metric, asked) is not None:
        return f"{_digits(value, up=up)} ms"
    if metric is Metric.ERRORS:
        return percent(value, up=up)
    whole = math.ceil(100 * value - 1e-6) if up else round(100 * value)
    return f"{max(whole, 1) if up else whole} %"


def is_compared(metric: Metric, asked: Asked) -> bool:
    """Whether it is asked by how much the candidate is worse than the baseline."""
    margins = {Metric.P50: asked.p50, Metric.P95: asked.p95, Metric.CPU: asked.cpu}
    return margins.get(metric) is not None


def limit_of(metric: Metric, asked: Asked) -> float | None:
    """Return the latency, ms, above which a metric is to be excluded; None: no such."""
    return {Metric.P50: asked.p50_limit, Metric.P95: asked.p95_limit}.get(metric)


def ratio(worsening: float) -> str:
    """Return how many times as much something is that is worse by so much."""
    return f"about {times(worsening)}"


def times(worsening: float) -> str:
    """Return a relative worsening as a multiple of the baseline's."""
    return f"{_digits(1 + worsening)} times"


def strength(e_value: float) -> str:
    """Return evidence, as large as it means anything."""
    if e_value > MOST_EVIDENCE:
        return "more than a million"
    return _digits(e_value)


def span(seconds: float) -> str:
    """Return a duration, never longer than it is."""
    if not 0 <= seconds < FOREVER:
        return "an unknown time"
    if seconds >= HOUR:
        return f"{_below(seconds / HOUR)} h"
    if seconds >= 2 * MINUTE:
        return f"{_below(seconds / MINUTE)} min"
    return f"{_below(seconds)} s"


def milliseconds(value: float) -> str:
    """Return a latency; from ten seconds on in seconds."""
    if value >= MOST_MILLISECONDS:
        return f"{_digits(value / 1000)} s"
    return f"{_digits(value)} ms"


def pace(rate: float) -> str:
    """Return requests a second."""
    return f"{rate:g} request{'' if rate == 1 else 's'}/s"


def count(number: int, what: str) -> str:
    """Return a number of things, such as ``1,204 flows``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def joined(words: list[str]) -> str:
    """Return words as a list that can be spoken."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def wider(metric: Metric, value: float, asked: Asked) -> str:
    """Return a question, ready to be written, that a run like this would answer.

    *value* is what the run excluded: a tenth more than that is asked, or what people
    write that is next to it.
    """
    more = 1.1 * value
    match metric:
        case Metric.ERRORS:
            return f'"exclude > {_plain(min(100 * more, MOST_ERRORS))}%"'
        case Metric.P50 | Metric.P95 if limit_of(metric, asked) is not None:
            return f'"exclude > {_plain(more)} ms"'
        case Metric.P50 | Metric.P95:
            return f'"exclude > +{_round(100 * more)}%"'
        case Metric.CPU:
            return f'"exclude > +{_round(100 * more)}% per request"'
        case Metric.MEMORY:
            return f'"exclude > {_plain(max(more, LEAST_KIB))} KiB per request"'
        case Metric.CRASHES:
            return f'"exclude > {_plain(10 * more)} per 10 s"'


def _round(percents: float) -> int:
    return next((n for n in NICE if n >= percents), math.ceil(percents))


def _plain(value: float) -> str:
    return _digits(value, up=True).replace(",", "")


def _digits(value: float, *, up: bool = False) -> str:
    """Return a number with two digits at least; whole from ten on."""
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    size = abs(value)
    decimals = 0 if size >= 10 else max(0, 1 - math.floor(math.log10(size)))
    scale = 10.0**decimals
    scaled = value * scale
    whole = math.ceil(scaled - 1e-6) if up else round(scaled)
    text = f"{whole / scale:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def _below(value: float) -> str:
    whole = value >= 10
    return (
        f"{math.floor(value + 1e-6) if whole else math.floor(10 * value + 1e-6) / 10:g}"
    )
