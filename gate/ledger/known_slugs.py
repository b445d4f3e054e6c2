"""Which slugs have served in production and were judged there, as the ledger has it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gate.ledger.records import (
    CandidateBound,
    Record,
    RollbackPlanned,
    RunClosed,
    SlugRejected,
    VerdictReached,
)
from gate.model.ending import Standing
from gate.model.evidence import Category
from gate.model.release import Slug
from gate.model.rollback import NOT_FORTH, RollbackPlan
from gate.model.subject import Subject
from gate.model.verdict import Result, Verdict


@dataclass(frozen=True, slots=True)
class Doubt:
    """A run that judged the way back to a slug unsafe.

    *rehearsed*: it saw the slug's code fail on what the candidate left. Else *because*
    says what spoke against it before it came to that.
    """

    run: str
    rehearsed: bool
    because: str = ""


@dataclass(frozen=True, slots=True)
class KnownSlugs:
    """The last word on each slug: the run that saw it serve, rejected or doubted it.

    A slug is known by its id and by its checksum. It may have served and be doubted:
    what was promoted since may have left it a database that it cannot live with.
    """

    served: dict[str, str] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)
    doubted: dict[str, Doubt] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[Record]) -> "KnownSlugs":
        """Return what *records* say, oldest first.

        A plan names a slug to go back to only after it was seen to serve.
        A slug that was rejected, and then judged once more and kept, is good again. So
        is one that was doubted, also when a later run finds the way back to it safe.
        """
        known = cls()
        subjects: dict[str, Subject] = {}
        plans: dict[str, RollbackPlan] = {}
        for record in records:
            match record:
                case CandidateBound():
                    subjects[record.run] = record.subject
                case RollbackPlanned():
                    plans[record.run] = record.plan
                    if record.plan.slug:
                        known.served[record.plan.slug] = record.run
                case VerdictReached() if record.run in plans:
                    subject, plan = subjects.get(record.run), plans[record.run]
                    known._weigh(record, plan, _gone_back_to(plan, subject))
                case SlugRejected():
                    bad = Slug(record.slug, record.checksum or None, record.commit)
                    known.rejected.update(dict.fromkeys(_names(bad), record.run))
                case RunClosed(standing=Standing.NEW_SERVES) if record.run in subjects:
                    slug = subjects[record.run].candidate.slug
                    known.served.update(dict.fromkeys(_names(slug), record.run))
                    known._clear(slug)
        return known

    def served_in(self, slug: Slug | None) -> str:
        """Return the run that saw it serve in production; empty: none did."""
        return next((self.served[n] for n in _names(slug) if n in self.served), "")

    def rejected_in(self, slug: Slug | None) -> str:
        """Return the run that rejected it; empty: none did, or it was kept since."""
        return next((self.rejected[n] for n in _names(slug) if n in self.rejected), "")

    def doubted_in(self, slug: Slug | None) -> Doubt | None:
        """Return the doubt about going back to it; null: none, or none any more."""
        return next((self.doubted[n] for n in _names(slug) if n in self.doubted), None)

    def _weigh(self, reached: VerdictReached, plan: RollbackPlan, to: Slug) -> None:
        """Doubt, or trust again, the slug that the way back of a run leads *to*."""
        result = _result(reached.verdict)
        for name in _names(to):
            if result is Result.PASSED:
                self.doubted.pop(name, None)
            elif _doubts(reached.verdict, result):
                because = "; ".join(each.says for each in plan.because)
                rehearsed = bool(plan.slug)  # where a plan is unsafe, it names none
                self.doubted[name] = Doubt(reached.run, rehearsed, because)

    def _clear(self, slug: Slug | None) -> None:
        for name in _names(slug):
            self.rejected.pop(name, None)
            self.doubted.pop(name, None)


def _gone_back_to(plan: RollbackPlan, subject: Subject | None) -> Slug:
    """Return the slug that a plan was about; an unsafe one names none itself."""
    baseline = subject.baseline if subject else None
    if baseline is not None and baseline.slug is not None:
        return baseline.slug
    return Slug(plan.slug, None, None)


def _result(verdict: Verdict) -> Result | None:
    rows = (row for row in verdict.rows if row.category is Category.ROLLBACK)
    return next((row.result for row in rows), None)


def _doubts(verdict: Verdict, result: Result | None) -> bool:
    """Whether the old release was found wanting, not the candidate's own return."""
    if result is Result.ACCEPTED:
        return True
    found = (each for each in verdict.because if each.category is Category.ROLLBACK)
    return any(each.rule != NOT_FORTH for each in found)


def _names(slug: Slug | None) -> Iterator[str]:
    if slug is not None:
        yield from filter(None, (slug.id, slug.checksum))
