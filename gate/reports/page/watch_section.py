"""Production after the promotion, as a page tells it."""

from gate.judges.load.words import count, milliseconds, percent
from gate.model.watch_evidence import Traffic, WatchEvidence
from gate.model.watch_weighing import SERVER_ERRORS
from gate.stats.quantiles import summary


def watch_rows(watch: WatchEvidence) -> tuple[tuple[str, str], ...]:
    """Return what production showed, as names and words."""
    good = sum(probe.good for probe in watch.probes)
    rows = [("health probes", f"{good:,} of {len(watch.probes):,} good")]
    if watch.traffic is not None:
        rows.append(("consumers met", _met(watch.traffic)))
    if watch.before is not None:
        rows.append(("of the old release", _met(watch.before)))
    if watch.promised is not None:
        failed, flows = watch.promised
        rows.append(("on staging", f"{failed:,} of {count(flows, 'flow')} failed"))
    if watch.crash_times:
        at = ", ".join(f"{each:.1f} s" for each in watch.crash_times)
        rows.append(("crashes", f"{len(watch.crash_times)}: at {at}"))
    return tuple(rows)


def _met(traffic: Traffic) -> str:
    """Say how many answers there were, how many were errors, and how fast they came."""
    total = len(traffic.answers)
    said = f"{count(total, 'answer')} in {traffic.seconds:.0f} s"
    if total:
        bad = sum(each.status >= SERVER_ERRORS for each in traffic.answers)
        said += f", {bad:,} server errors ({percent(bad / total)})"
    took = [each.service for each in traffic.answers if each.service is not None]
    if took:
        numbers = summary(took)
        said += f"; p50 {milliseconds(numbers.p50)}, p95 {milliseconds(numbers.p95)}"
    return f"{said}; the log is not whole: {traffic.lost}" if traffic.lost else said
