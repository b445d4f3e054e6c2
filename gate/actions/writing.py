"""What both writes to production have in common: an intent, and when it is settled."""

from gate.actions.acting import Acting
from gate.ledger.chronicle import now
from gate.ledger.journal import Write
from gate.ledger.records import (
    ActionConfirmed,
    ActionFailed,
    ActionIntended,
    ActionSent,
    ActionUnanswered,
    Deed,
)
from gate.model.release import Release, Slug


def intend(
    acting: Acting,
    deed: Deed,
    app: str,
    *,
    replaces: str,
    puts: str,
    slug: str,
    floor: int,
    mark: str = "",
) -> ActionIntended:
    """Record that a write is about to be sent, durably; return what was recorded."""
    intent = ActionIntended(
        acting.run.run,
        now(),
        deed,
        app,
        replaces,
        puts,
        slug=slug,
        floor=floor,
        mark=mark,
    )
    acting.run.append(intent)
    return intent


def sent(acting: Acting, intent: ActionIntended, reference: str) -> ActionSent:
    """Record that the write was answered, as *reference*; return what was recorded."""
    answered = ActionSent(
        acting.run.run, now(), intent.deed, intent.app, reference, intent.mark
    )
    acting.run.append(answered)
    return answered


def unanswered(acting: Acting, intent: ActionIntended) -> ActionUnanswered:
    """Record that no answer to the write comes any more; return what was recorded."""
    clock = acting.clock
    given_up = ActionUnanswered(
        acting.run.run,
        now(),
        intent.deed,
        intent.app,
        intent.mark,
        clock.boot,
        clock.ticks(),
    )
    acting.run.append(given_up)
    return given_up


def confirm(
    acting: Acting, intent: ActionIntended, release: Release, *, adopted: bool = False
) -> Release:
    """Record that the write has made *release*; return it."""
    acting.run.append(
        ActionConfirmed(
            acting.run.run,
            now(),
            intent.deed,
            intent.app,
            release.name,
            release.version,
            adopted,
            intent.mark,
        )
    )
    return release


def failed(acting: Acting, intent: ActionIntended, why: str) -> None:
    """Record that the write came to nothing and will not any more."""
    acting.run.append(
        ActionFailed(acting.run.run, now(), intent.deed, intent.app, why, intent.mark)
    )


class Settling:
    """Until when a write whose answer was lost may still take effect.

    Counted by a clock that cannot be set back from when it was given up, and not from its
    intent: the request may have left long after that. Where that was not recorded, or on
    another start of a machine, it is now.
    """

    def __init__(self, acting: Acting, *writes: Write) -> None:
        self._clock = acting.clock
        settle = acting.plans.promotion.settle
        begun = [self._begun(acting, write) for write in writes]
        self._ends = max(begun, default=self._clock.ticks() - settle) + settle

    @property
    def over(self) -> bool:
        """Whether none of the writes can take effect any more."""
        return self._clock.ticks() >= self._ends

    def _begun(self, acting: Acting, write: Write) -> float:
        given_up = write.unanswered
        if given_up is None or given_up.boot != acting.clock.boot:
            given_up = unanswered(acting, write.intent)
        return min(given_up.ticks, acting.clock.ticks())


def is_one_of(slug: Slug | None, *slugs: Slug | None) -> bool:
    """Return whether a slug is the same artefact as any of *slugs*."""
    return any(same_slug(slug, each) for each in slugs)


def same_slug(one: Slug | None, other: Slug | None) -> bool:
    """Return whether two slugs are one artefact: by id, else by checksum."""
    if one is None or other is None:
        return False
    if one.id == other.id:
        return True
    return one.checksum is not None and one.checksum == other.checksum
