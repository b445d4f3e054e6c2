"""What the gate measures itself, as a fixture's value and as an item of its own."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from gate.model.evidence import (
    AppLog,
    BarrierEvidence,
    Category,
    EvidenceBundle,
    PlatformEvidence,
)
from gate.model.policy import Limits
from gate.model.verdict import Judgement, Result
from gate.pytest_plugin.selection import MARK
from gate.suites.case_recorder import CATEGORY_PROPERTY, MEASURED_PROPERTY
from gate.suites.run_folder import RunFolder

MEASURED = (Category.HEALTH, Category.CONTRACT, Category.LOAD)


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement and what it came to."""

    judgement: Judgement

    def check(self) -> None:
        """Fail the test, with the findings as its message, unless it passed."""
        __tracebackhide__ = True
        if self.judgement.result is Result.PASSED:
            return
        told = [
            f"{f.rule}: {f.summary}" + (f"\n{f.example}" if f.example else "")
            for f in self.judgement.findings
        ]
        pytest.fail("\n".join(told) or self.judgement.seen, pytrace=False)


def measure(category: Category, folder: RunFolder, root: Path) -> Measured:
    """Take the measurement of a category, write it as evidence, and judge it.

    The platform's own account is judged when the run ends; here it is taken as clean.
    """
    # Late, because most processes measure nothing.
    from gate.judges import judge_category  # noqa: PLC0415
    from gate.suites.measuring import take  # noqa: PLC0415

    evidence = take(category, folder, root)
    subject = folder.subject()
    bundle = EvidenceBundle.of(
        (
            BarrierEvidence(subject.candidate.name, True, "as told", "as told"),
            evidence,
            PlatformEvidence(AppLog(subject.candidate.app), None),
        )
    )
    limits = Limits.of(folder.plans())
    return Measured(judge_category(category, bundle, limits, subject.candidate_url))


class MeasuredItem(pytest.Item):
    """A suite that no test of the project asks for by its fixture."""

    category: Category
    folder: RunFolder

    @classmethod
    def of(
        cls, session: pytest.Session, category: Category, folder: RunFolder
    ) -> "MeasuredItem":
        """Return the item of a category, marked as the gate's."""
        item: MeasuredItem = cls.from_parent(session, name=f"gate::{category.value}")
        item.category = category
        item.folder = folder
        item.user_properties += [
            (CATEGORY_PROPERTY, category.value),
            (MEASURED_PROPERTY, True),
        ]
        item.add_marker(MARK)
        item.add_marker(category.value)
        return item

    def runtest(self) -> None:
        """Measure, and fail when it did not pass."""
        measure(self.category, self.folder, self.config.rootpath).check()

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say what this item is."""
        return self.config.rootpath, None, f"gate measures {self.category.value}"
