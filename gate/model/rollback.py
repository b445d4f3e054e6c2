"""The way back from a promotion: known, and tried, before anything is changed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

NOT_FORTH = "rollback/candidate-does-not-return"
"""The rule that speaks against the candidate, not against the old release."""


class WayBack(StrEnum):
    """What a rollback would come to; *unsafe* blocks unless a person accepts it."""

    SAFE = "safe"
    SAFE_WITH_TODAYS_CONFIG = "safe with today's config"
    UNSAFE = "unsafe"
    NONE_NEEDED = "nothing to go back to"
    """The first release of an app: before it nothing served."""


@dataclass(frozen=True, slots=True)
class Against:
    """One thing that makes a way back unsafe.

    *rule* is a stable id such as ``rollback/slug-gone``, *advice* what to do next,
    *shown_by* the command that shows it.
    """

    rule: str
    says: str
    advice: str = ""
    shown_by: str = ""


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """Which release a rollback of *app* would restore, and what speaks against it.

    *replaces* is what it would be taken back from, by name: what is live, or, before a
    promotion, the candidate on staging. *target* is the release to go back
    to, by name, and *slug* its slug's id: empty where it must not be restored. Both are
    empty where there is none. *because* says why it is unsafe. *differs* names what a
    rollback would not bring back or would meet otherwise: config vars by name alone,
    add-ons, process types. *verified* says how it is known that the target serves.
    """

    app: str
    replaces: str
    target: str
    slug: str
    way: WayBack
    because: tuple[Against, ...] = ()
    differs: tuple[str, ...] = ()
    verified: str = ""

    @property
    def words(self) -> str:
        """From what to what it leads, as people say it."""
        here = self.replaces.startswith(f"{self.app} ")
        to = f" back to {self.target}" if self.target else ""
        return f"from {'' if here else 'the promotion of '}{self.replaces}{to}"


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a rehearsal: which release was to serve, whether it did, how soon.

    *seconds* are from the request to release it until it served, verified. *troubles*
    are what its own checks said against it, each one line. *log* is the end of its log
    where it did not serve.
    """

    release: str
    commit: str
    seconds: float
    serves: bool
    seen: str
    troubles: tuple[str, ...] = ()
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Staging went from the candidate to the old release and back.

    *back* is the old release on whatever the candidate did to the database, *forth*
    the candidate again; null: it did not come to that. *broken* says why a rehearsal
    could not be done at all, which is nobody's regression; empty: it was done.
    """

    back: Stop | None
    forth: Stop | None
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """A person's word that an unsafe way back is accepted, and why."""

    name: str
    reason: str

    @property
    def stands(self) -> bool:
        """Whether both say anything; else it is no consent."""
        return all(any(map(str.isalnum, said)) for said in (self.name, self.reason))


@dataclass(frozen=True, slots=True)
class RollbackEvidence:
    """The plan, and the rehearsal where the change called for one.

    *calls_for* names what in the change calls for a rehearsal, such as a migration;
    it is empty where there is no release to rehearse a rollback to.
    """

    plan: RollbackPlan
    calls_for: tuple[str, ...] = ()
    rehearsal: Rehearsal | None = None
    consent: Consent | None = None
    kind: Literal["rollback"] = "rollback"

    @property
    def restore(self) -> str:
        """The id of the slug that a rollback may put back; empty: none.

        Nor is one put back that was seen to fail on what the candidate leaves behind,
        whatever a person accepts: that would make it worse.
        """
        back = self.rehearsal.back if self.rehearsal else None
        fails = back is not None and (not back.serves or bool(back.troubles))
        return "" if fails else self.plan.slug
