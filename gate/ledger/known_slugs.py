"""Which slugs have served in production and were judged there, as the ledger has it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gate.ledger.records import (
    CandidateBound,
    Record,
    RollbackPlanned,
    RunClosed,
    SlugRejected,
)
from gate.model.ending import Standing
from gate.model.release import Slug
from gate.model.subject import Subject


@dataclass(frozen=True, slots=True)
class KnownSlugs:
    """The last word on each slug: the run that saw it serve, or that rejected it.

    A slug is known by its id and by its checksum.
    """

    served: dict[str, str] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[Record]) -> "KnownSlugs":
        """Return what *records* say, oldest first.

        A plan names a slug to go back to only after it was seen to serve.
        A slug that was rejected, and then judged once more and kept, is good again.
        """
        known = cls()
        subjects: dict[str, Subject] = {}
        for record in records:
            match record:
                case CandidateBound():
                    subjects[record.run] = record.subject
                case RollbackPlanned() if record.plan.slug:
                    known.served[record.plan.slug] = record.run
                case SlugRejected():
                    bad = Slug(record.slug, record.checksum or None, record.commit)
                    known._mark(bad, known.rejected, record.run)
                case RunClosed(standing=Standing.NEW_SERVES) if record.run in subjects:
                    slug = subjects[record.run].candidate.slug
                    known._mark(slug, known.served, record.run)
                    known._clear(slug)
        return known

    def served_in(self, slug: Slug | None) -> str:
        """Return the run that saw it serve in production; empty: none did."""
        return next((self.served[n] for n in _names(slug) if n in self.served), "")

    def rejected_in(self, slug: Slug | None) -> str:
        """Return the run that rejected it; empty: none did, or it was kept since."""
        return next((self.rejected[n] for n in _names(slug) if n in self.rejected), "")

    def _mark(self, slug: Slug | None, into: dict[str, str], run: str) -> None:
        into.update(dict.fromkeys(_names(slug), run))

    def _clear(self, slug: Slug | None) -> None:
        for name in _names(slug):
            self.rejected.pop(name, None)


def _names(slug: Slug | None) -> Iterator[str]:
    if slug is not None:
        yield slug.id
    if slug is not None and slug.checksum:
        yield slug.checksum
