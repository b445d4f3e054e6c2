"""Evidence of a watch in the numbers that the statistics weigh.

What counts against a release: 5xx answers and the H codes of an app's fault. Not what
consumers did (H26 to H33, 499), and not maintenance or faults of the platform (H24,
H80 to H83, H99): these are not counted as answers at all.
"""

from collections.abc import Iterable, Mapping

from gate.model.evidence import Evidence, LoadEvidence, Probe
from gate.model.plan import WatchPlan
from gate.model.questions import RELATIVE, SHARE, question
from gate.model.watch_evidence import Answered, Traffic, WatchEvidence
from gate.stats.events import Flow
from gate.stats.watching import Margins, Showing, Tally

CONSUMERS_CODES = frozenset({"H26", "H27", "H28", "H31", "H32", "H33"})
PLATFORMS_CODES = frozenset({"H24", "H80", "H81", "H82", "H83", "H99"})
CLIENT_CLOSED = 499
SERVER_ERRORS = 500
QUOTA_CODES = ("R10", "R14", "R15")


def margins_of(plan: WatchPlan, good_rate: float) -> Margins:
    """Return what a watch must exclude; *good_rate* is demanded of probes."""
    errors, slower = question(plan.errors, SHARE), question(plan.slower, RELATIVE)
    return Margins(
        errors=errors.value if errors else None,
        slower=slower.value if slower else None,
        probes=1 - good_rate,
        false_alarms=plan.false_alarms,
    )


def counts(answered: Answered) -> bool:
    """Whether an answer says anything of the release."""
    nobodys = CONSUMERS_CODES | PLATFORMS_CODES
    return answered.code not in nobodys and answered.status != CLIENT_CLOSED


def failed(answered: Answered) -> bool:
    """Whether an answer that counts speaks against the release."""
    return answered.status >= SERVER_ERRORS or bool(answered.code)


def left_waiting(answered: Answered | None, patience: float) -> bool:
    """Whether a release is why a probe got no answer within *patience* seconds.

    *answered* is the router's word on it; null: it has none, so that the request never
    came there. It was the release where the router had nothing to give until the probe
    went away, and was not where it had a good answer in time.
    """
    if answered is None:
        return False
    if answered.status == CLIENT_CLOSED:
        return True
    late = (answered.service or 0.0) >= 1000 * patience
    return late or (counts(answered) and failed(answered))


def count(tally: Tally, answered: Answered) -> None:
    """Add an answer to a tally, if it counts."""
    if counts(answered):
        tally.add(answered.at, failed=failed(answered), service=answered.service)


def promised_by(load: Evidence | None) -> tuple[int, int] | None:
    """Return how many flows the candidate failed, of how many; null: none ran."""
    events = load.events if isinstance(load, LoadEvidence) else ()
    flows = [event for event in events if isinstance(event, Flow)]
    bad = sum(flow.candidate_failed for flow in flows)
    return (bad, len(flows)) if flows else None


def before_of(traffic: Traffic | None) -> Showing | None:
    """Return what the old release showed; null: it was not looked at."""
    if traffic is None:
        return None
    # Long since warm: nothing of it is left out.
    tally = Tally(float("-inf"))
    for answered in traffic.answers:
        count(tally, answered)
    last = max((each.at for each in traffic.answers), default=0.0)
    return tally.showing(crashes=traffic.crashes, seconds=traffic.seconds, until=last)


def after_of(watch: WatchEvidence) -> Showing:
    """Return what the new release showed."""
    tally = Tally(watch.began)
    for answered in watch.traffic.answers if watch.traffic else ():
        count(tally, answered)
    return tally.showing(
        crashes=len(watch.log.crashes),
        seconds=watch.seconds,
        until=watch.began + watch.seconds,
    )


def bad_by_path(probes: Iterable[Probe]) -> list[tuple[int, int]]:
    """Return how many probes were bad, of how many, for each path."""
    asked: dict[str, list[bool]] = {}
    for probe in probes:
        asked.setdefault(probe.path, []).append(not probe.good)
    return [(sum(bad), len(bad)) for bad in asked.values()]


def new_quota_codes(told: Mapping[str, int], before: Traffic | None) -> dict[str, int]:
    """Return the boot and memory errors that the old release did not have."""
    had = before.codes if before else {}
    return {
        code: told[code] for code in QUOTA_CODES if told.get(code) and not had.get(code)
    }
