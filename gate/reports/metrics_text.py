"""The measures of delivery, told to a person and to a machine."""

from typing import Any

from gate.reports.durations import spell
from gate.reports.metrics import Measures, Share, Times

NOTHING = "not enough data"


def metrics_lines(measures: Measures) -> list[tuple[str, str]]:
    """Return each measure as its name and what it came to."""
    lines = [
        ("deployment frequency", _frequency(measures)),
        ("change lead time", _times(measures.lead_time, "without a known commit time")),
        ("change fail rate", _share(measures.fail_rate)),
        (
            "failed deployment recovery time",
            _times(measures.recovery_time, "not recovered"),
        ),
        ("deployment rework rate", _share(measures.rework_rate)),
        ("blocked, and no deployment", _blocked(measures)),
    ]
    if measures.unfinished:
        told = f"{measures.unfinished}; bring them to their end: python -m gate resume"
        lines.append(("open runs", told))
    return lines


def metrics_document(measures: Measures) -> dict[str, Any]:
    """Return the measures as plain data; what there is not enough data for is null."""
    return {
        "days": round(measures.days, 3),
        "deployment_frequency": {
            "count": measures.deployments,
            "per_day": measures.per_day,
        },
        "change_lead_time": _document(measures.lead_time),
        "change_fail_rate": _rate(measures.fail_rate),
        "failed_deployment_recovery_time": _document(measures.recovery_time),
        "deployment_rework_rate": _rate(measures.rework_rate),
        "blocked": {
            "bad": measures.blocked,
            "insufficient": measures.undecided,
            "came_to_nothing": measures.came_to_nothing,
        },
        "open": measures.unfinished,
    }


def _document(times: Times) -> dict[str, Any]:
    return {
        "median_seconds": times.median,
        "count": times.count,
        "unknown": times.unknown,
    }


def _rate(share: Share) -> dict[str, Any]:
    return {"rate": share.rate, "count": share.count, "of": share.out_of}


def _frequency(measures: Measures) -> str:
    rate = measures.per_day
    if rate is None:
        return f"{measures.deployments}: {NOTHING}"
    return f"{measures.deployments} in {measures.days:.0f} days: {rate:.2g} a day"


def _blocked(measures: Measures) -> str:
    return (
        f"{measures.blocked} as bad, {measures.undecided} for want of evidence, "
        f"{measures.came_to_nothing} came to nothing"
    )


def _times(times: Times, unknown: str) -> str:
    more = f"; {times.unknown} {unknown}" if times.unknown else ""
    if times.median is None:
        return f"{NOTHING}{more}"
    return f"median {spell(times.median)} of {times.count}{more}"


def _share(share: Share) -> str:
    if share.rate is None:
        return NOTHING
    return f"{share.rate:.0%} ({share.count} of {share.out_of})".replace("%", " %")
