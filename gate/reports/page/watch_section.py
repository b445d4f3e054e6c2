"""Production after the promotion, as a page tells it."""

from dataclasses import dataclass

from gate.judges.load.words import count, milliseconds, percent
from gate.model.verdict import Finding
from gate.model.watch_evidence import Traffic, WatchEvidence
from gate.reports.page.account import Account
from gate.stats.quantiles import summary

SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class WatchSection:
    """How the watch came out, and what production showed: (name, words)."""

    result: str
    seen: str
    seconds: float
    findings: tuple[Finding, ...]
    rows: tuple[tuple[str, str], ...]


def watch_section(account: Account) -> WatchSection | None:
    """Return what is shown; None where production was not watched."""
    watched = account.watched
    if watched is None:
        return None
    judgement = watched.judgement
    rows = _rows(account.watch) if account.watch else ()
    return WatchSection(
        judgement.result.value,
        judgement.seen,
        watched.seconds,
        judgement.findings,
        rows,
    )


def _rows(watch: WatchEvidence) -> tuple[tuple[str, str], ...]:
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
        bad = sum(each.status >= SERVER_ERROR for each in traffic.answers)
        said += f", {bad:,} server errors ({percent(bad / total)})"
    took = [each.service for each in traffic.answers if each.service is not None]
    if took:
        numbers = summary(took)
        said += f"; p50 {milliseconds(numbers.p50)}, p95 {milliseconds(numbers.p95)}"
    return f"{said}; the log is not whole: {traffic.lost}" if traffic.lost else said
