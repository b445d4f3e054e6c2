"""What pytest reports, kept by category: the gate's own account of its tests."""

from dataclasses import dataclass, field
from typing import Protocol

from gate.model.evidence import Case, CaseRun, Category, Completion, Outcome

CATEGORY_PROPERTY = "gate_category"
MEASURED_PROPERTY = "gate_measured"
MOST_MESSAGE = 2_000


class Report(Protocol):
    """The part of pytest's TestReport that is needed here."""

    nodeid: str
    user_properties: list[tuple[str, object]]

    @property
    def when(self) -> str:
        """The phase: setup, call or teardown."""

    @property
    def outcome(self) -> str:
        """How the phase ended: passed, failed or skipped."""

    @property
    def longreprtext(self) -> str:
        """What went wrong, in full."""


@dataclass(slots=True)
class CaseRecorder:
    """Collects cases while the tests run, also from the workers of pytest-xdist."""

    _cases: dict[Category, dict[str, Case]] = field(default_factory=dict)
    _broken: dict[Category, str] = field(default_factory=dict)

    def note(self, report: Report, *, skip_reason: str = "") -> None:
        """Take one phase of one test into account; the worst phase counts."""
        properties = dict(report.user_properties)
        name = properties.get(CATEGORY_PROPERTY)
        if not isinstance(name, str):
            return
        outcome = _outcome(report)
        if outcome is None:
            return
        cases = self._cases.setdefault(Category(name), {})
        before = cases.get(report.nodeid)
        if before is not None and before.outcome is Outcome.FAILED:
            return
        message = skip_reason if outcome is Outcome.SKIPPED else report.longreprtext
        cases[report.nodeid] = Case(
            report.nodeid,
            outcome,
            message[-MOST_MESSAGE:] if outcome is not Outcome.PASSED else "",
            measured=bool(properties.get(MEASURED_PROPERTY)),
        )

    def note_broken(self, category: Category, trouble: str) -> None:
        """Take into account that tests of a category could not even be collected."""
        self._broken.setdefault(category, trouble[-MOST_MESSAGE:])

    def run(self, category: Category) -> CaseRun:
        """Return what is known of a category, its cases in order of their names."""
        cases = self._cases.get(category, {})
        trouble = self._broken.get(category, "")
        return CaseRun(
            Completion.CRASHED if trouble else Completion.COMPLETE,
            tuple(cases[name] for name in sorted(cases)),
            trouble,
        )


def _outcome(report: Report) -> Outcome | None:
    """A test has passed when its call did; it has failed when any phase did."""
    match report.outcome:
        case "failed":
            return Outcome.FAILED
        case "skipped":
            return Outcome.SKIPPED
        case _ if report.when == "call":
            return Outcome.PASSED
        case _:
            return None
