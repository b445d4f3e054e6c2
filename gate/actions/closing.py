"""Before a run ends: nothing of it is under way any more, and it has covered nobody.

Nothing prevents that a release of somebody else is covered: the platform compares
nothing before it writes. But it is not kept quiet.
"""

from collections.abc import Iterator

from gate.actions.acting import Acting
from gate.actions.waiting import LOOK_BACK, growing_pauses
from gate.actions.writing import Settling, is_one_of
from gate.errors import Held
from gate.ledger.journal import Journal, Write
from gate.model.release import Release, ReleaseStatus, Slug


def await_settled(acting: Acting) -> None:
    """Wait until no request of this run can take effect any more that was not seen."""
    settling = Settling(acting, *_unseen(acting.journal()))
    pauses = growing_pauses()
    while not settling.over:
        acting.clock.wait(next(pauses))


def require_nothing_covered(
    acting: Acting,
    app: str,
    *,
    put: tuple[Slug | None, ...],
    back: Slug | None,
    above: int,
) -> None:
    """Raise Held when a release of somebody else lies covered by one of this run.

    The run has *put* a slug there (which may be told by several ids), or *back* where
    it had been; what is not *above* that version was there before.
    """
    releases = [
        each
        for each in acting.platform.releases(app, limit=LOOK_BACK)
        if each.version > above
    ]
    own = {each.version for each in _own(acting, app, releases, put)}
    for release in releases:
        foreign = release.slug is not None and not is_one_of(release.slug, *put, back)
        lived = release.status is ReleaseStatus.SUCCEEDED
        covered = release.version < max(own, default=0)
        if foreign and lived and covered and release.version not in own:
            raise Held(
                f"{release.name} was released by somebody else, and covered by this run",
                why=release.description,
                advice="a person is needed: look whether it is still wanted, and "
                "release it again",
            )


def _own(
    acting: Acting, app: str, releases: list[Release], put: tuple[Slug | None, ...]
) -> Iterator[Release]:
    """Yield the releases that this run has made, or may have.

    A promotion that was adopted may be somebody else's of the same slug, and the own one
    have come later: then each of that slug may be of this run.
    """
    journal = acting.journal()
    promotions = journal.writes("promote", app)
    writes = [*promotions, *journal.writes("roll back", app)]
    versions = {w.confirmed.version for w in writes if w.confirmed is not None}
    marks = {w.intent.mark for w in writes if w.intent.mark}
    unsure = any(w.confirmed is not None and w.confirmed.adopted for w in promotions)
    for release in releases:
        if (
            release.version in versions
            or release.description in marks
            or (unsure and is_one_of(release.slug, *put))
        ):
            yield release


def _unseen(journal: Journal) -> list[Write]:
    """Return the writes whose own effect may be still to come.

    A promotion that was adopted bears no mark: it may be somebody else's of the same
    slug. A rollback is found by its mark, and is its own.
    """
    found = [write for write in journal.writes("roll back") if write.open]
    promotion = journal.promotion
    if promotion is None or promotion.confirmed is None:
        return found
    return [*found, promotion] if promotion.confirmed.adopted else found
