"""Bugs seeded into the protocol, each of which its tests must see.

Each takes one rule out, as somebody might who finds it superfluous.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from gate import gatekeeper
from gate.actions import (
    closing,
    promote,
    protocol,
    resume,
    roll_back,
    standing,
    way_back,
    writing,
)
from gate.actions.acting import Acting, Outcome
from gate.errors import (
    ExitCode,
    MovedMeanwhile,
    PlatformUnavailable,
    PromotionFailed,
)
from gate.ledger import journal
from gate.ledger.chronicle import now
from gate.ledger.journal import Write
from gate.ledger.records import ActionConfirmed, ActionIntended, WatchEnded
from gate.model.evidence import Category
from gate.model.release import Release, Slug
from gate.model.rollback import RollbackPlan, WayBack
from gate.model.subject import Subject
from gate.model.verdict import Action, Judgement, Result
from tests_unit.gate.protocol.heroku import Heroku

Patch = pytest.MonkeyPatch


class _Deaf:
    """A chronicle that keeps nothing."""

    def __init__(self, run: str) -> None:
        self.run = run

    def append(self, record: object) -> None:
        pass


def intent_after_the_request(patch: Patch) -> None:
    def intend(acting: Any, *given: Any, **named: Any) -> ActionIntended:
        return writing.intend(
            replace(acting, run=_Deaf(acting.run.run)), *given, **named
        )

    real = promote._send

    def send(acting: Acting, subject: Subject, intent: ActionIntended) -> None:
        answered: list[Any] = []
        platform = acting.platform

        class First:
            def __getattr__(self, name: str) -> Any:
                return getattr(platform, name)

            def promote(self, **named: Any) -> Any:
                try:
                    answered.append(platform.promote(**named))
                finally:
                    acting.run.append(intent)
                return answered[0]

        real(replace(acting, platform=First()), subject, intent)

    patch.setattr(promote, "intend", intend)
    patch.setattr(promote, "_send", send)


def _asked(acting: Acting, subject: Subject, source: Release) -> Any:
    return acting.platform.promote(
        pipeline_id=subject.pinned.pipeline_id,
        source=source,
        source_app_id=subject.pinned.staging_id,
        target_id=subject.pinned.production_id,
    )


def repeated_blindly(patch: Patch) -> None:
    real = promote._send

    def send(acting: Acting, subject: Subject, intent: ActionIntended) -> None:
        try:
            sent = _asked(acting, subject, subject.candidate)
        except PlatformUnavailable:
            real(acting, subject, intent)
        else:
            promote.sent(acting, intent, sent.id)

    patch.setattr(promote, "_send", send)


def sent_again_on_resume(patch: Patch) -> None:
    real = protocol.landed

    def landed(acting: Acting, subject: Subject, write: Write) -> Release:
        if write.sent is None and write.confirmed is None:
            _asked(acting, subject, subject.candidate)
        return real(acting, subject, write)

    patch.setattr(protocol, "landed", landed)


class _Settled:
    over = True

    def __init__(self, acting: Acting, *writes: Write) -> None:
        pass


def promotion_not_waited_for(patch: Patch) -> None:
    patch.setattr(promote, "Settling", _Settled)


def ends_not_waited_for(patch: Patch) -> None:
    patch.setattr(closing, "Settling", _Settled)


def whatever_runs_on_staging(patch: Patch) -> None:
    real = promote._send

    def send(acting: Acting, subject: Subject, intent: ActionIntended) -> None:
        live = acting.platform.current_release(subject.candidate.app)
        assert live is not None
        real(acting, replace(subject, candidate=live), intent)

    patch.setattr(promote, "_send", send)


def not_compared(patch: Patch) -> None:
    patch.setattr(promote, "nothing_moved", lambda *_: None)


def back_to_the_previous_one(patch: Patch) -> None:
    real = protocol.roll_back

    def previous(acting: Acting, bad: Release, restore: Slug) -> Release:
        good = [r for r in acting.platform.releases(bad.app) if r.status == "succeeded"]
        return real(acting, bad, good[1].slug or restore)

    patch.setattr(protocol, "roll_back", previous)


def undoes_anybody(patch: Patch) -> None:
    """No guard: what is live is replaced, whatever it is."""
    real = roll_back._restored

    def restored(acting: Acting, bad: Release, restore: Slug) -> Release | None:
        live = acting.platform.current_release(bad.app)
        return real(acting, bad if live is None else live, restore)

    patch.setattr(roll_back, "_restored", restored)


def guards_by_release(patch: Patch) -> None:
    real = roll_back._restored

    def restored(acting: Acting, bad: Release, restore: Slug) -> Release | None:
        live = acting.platform.current_release(bad.app)
        same = live and roll_back.same_slug(live.slug, bad.slug)
        if live is not None and same and live.id != bad.id:
            raise MovedMeanwhile(f"{live.name} is live")
        return real(acting, bad, restore)

    patch.setattr(roll_back, "_restored", restored)


def rolls_back_by_release(patch: Patch) -> None:
    """As `heroku rollback` does: the config vars of then come back too."""
    real = Heroku.release_slug

    def release(self: Heroku, app: str, slug_id: str, *, description: str) -> Release:
        place = self.place(app)
        old = [m for m in place.releases if m.slug is not None and m.slug.id == slug_id]
        place.config = dict(old[0].config) if old else place.config
        return real(self, app, slug_id, description=description)

    patch.setattr(Heroku, "release_slug", release)


def newest_instead_of_current(patch: Patch) -> None:
    def current(self: Heroku, app: str) -> Release | None:
        self.called()
        place = self.look(app)
        if not place.releases:
            return None
        return self._shown(place, place.releases[-1], whole=True)

    patch.setattr(Heroku, "current_release", current)


def failed_command_is_rolled_back(patch: Patch) -> None:
    real = promote._came_to_nothing

    def nothing(acting: Acting, intent: ActionIntended, why: str) -> PromotionFailed:
        subject = acting.journal().subject
        assert subject is not None
        if subject.baseline is not None and subject.baseline.slug is not None:
            old = subject.baseline
            roll_back._write(acting, old, subject.baseline.slug, floor=0, attempt=1)
        return real(acting, intent, why)

    patch.setattr(promote, "_came_to_nothing", nothing)


def begins_anew(patch: Patch) -> None:
    over = Outcome(ExitCode.INTERRUPTED, "it is over")
    patch.setattr(gatekeeper, "settle", lambda _: over)


def leaves_others_runs(patch: Patch) -> None:
    """A new promotion does not bring the old one to its end first."""
    real, resumed = gatekeeper.Gatekeeper.promote, gatekeeper.Gatekeeper.resume

    def alone(self: Any, *given: Any, **named: Any) -> Any:
        gatekeeper.Gatekeeper.resume = lambda _: ()  # type: ignore[method-assign]
        try:
            return real(self, *given, **named)
        finally:
            gatekeeper.Gatekeeper.resume = resumed  # type: ignore[method-assign, assignment]

    patch.setattr(gatekeeper.Gatekeeper, "promote", alone)


def covers_in_silence(patch: Patch) -> None:
    patch.setattr(protocol, "require_nothing_covered", lambda *_, **__: None)


def no_closing_look(patch: Patch) -> None:
    def at_the_end(acting: Acting, outcome: Outcome) -> standing.Stands:
        kept = outcome.exit_code is ExitCode.PASSED
        return standing.in_production(acting, kept=kept)

    patch.setattr(gatekeeper, "at_the_end", at_the_end)


def watch_not_repeated(patch: Patch) -> None:
    real = resume.finish

    def finish(acting: Acting) -> Outcome:
        seen = acting.journal()
        write = seen.promotion
        if seen.watched is None and write is not None and write.confirmed is not None:
            said = Judgement(Category.HEALTH, Result.PASSED, "it was watched")
            acting.run.append(WatchEnded(acting.run.run, now(), said, 8.0))
        return real(acting)

    patch.setattr(resume, "finish", finish)


def confirmed_unseen(patch: Patch) -> None:
    real = promote.sent

    def sent(acting: Acting, intent: ActionIntended, reference: str) -> None:
        real(acting, intent, reference)
        version = intent.floor + 1
        acting.run.append(
            ActionConfirmed(
                acting.run.run,
                now(),
                intent.deed,
                intent.app,
                f"v{version}",
                version,
            )
        )

    patch.setattr(promote, "sent", sent)


def silence_is_a_refusal(patch: Patch) -> None:
    def send(acting: Acting, subject: Subject, intent: ActionIntended) -> None:
        try:
            sent = _asked(acting, subject, subject.candidate)
        except PlatformUnavailable as error:
            writing.failed(acting, intent, str(error))
            raise
        promote.sent(acting, intent, sent.id)

    patch.setattr(promote, "_send", send)


def cannot_tell_is_a_pass(patch: Patch) -> None:
    real = protocol._follows

    def follows(*given: Any) -> Action:
        found = real(*given)
        return Action.PROMOTE if found is Action.BLOCK else found

    patch.setattr(protocol, "_follows", follows)


def broken_off_is_over(patch: Patch) -> None:
    """A run that was broken off is closed, whatever it has at stake."""
    patch.setattr(journal.Journal, "at_stake", False)


def floor_after_the_look(patch: Patch) -> None:
    real = roll_back._write

    def write(
        acting: Acting, live: Release, restore: Slug, *, floor: int, attempt: int
    ) -> Release | None:
        newest = acting.platform.releases(live.app, limit=1)
        floor = newest[0].version
        return real(acting, live, restore, floor=floor, attempt=attempt)

    patch.setattr(roll_back, "_write", write)


def confirmed_by_slug(patch: Patch) -> None:
    """The restored slug is live: so the request must have been answered."""
    real = roll_back._restored

    def restored(acting: Acting, bad: Release, restore: Slug) -> Release | None:
        found = real(acting, bad, restore)
        for write in acting.journal().writes("roll back", bad.app):
            if found is not None and write.open:
                writing.confirm(acting, write.intent, found, adopted=True)
        return found

    patch.setattr(roll_back, "_restored", restored)


def the_last_is_meant(patch: Patch) -> None:
    """Of two requests the second is confirmed, whichever was found."""
    patch.setattr(journal, "_about", lambda *_: -1)


def old_one_is_taken_for_good(patch: Patch) -> None:
    def plan(
        acting: Acting, app: str, live: Release | None, candidate: Release
    ) -> RollbackPlan:
        if live is None or live.slug is None:
            return RollbackPlan(app, candidate.name, "", "", WayBack.NONE_NEEDED)
        safe = WayBack.SAFE
        return RollbackPlan(app, candidate.name, live.name, live.slug.id, safe)

    patch.setattr(way_back, "plan_rollback", plan)


BUGS: tuple[Callable[[Patch], None], ...] = (
    intent_after_the_request,
    repeated_blindly,
    sent_again_on_resume,
    promotion_not_waited_for,
    ends_not_waited_for,
    whatever_runs_on_staging,
    not_compared,
    back_to_the_previous_one,
    undoes_anybody,
    guards_by_release,
    rolls_back_by_release,
    newest_instead_of_current,
    failed_command_is_rolled_back,
    begins_anew,
    leaves_others_runs,
    covers_in_silence,
    no_closing_look,
    watch_not_repeated,
    confirmed_unseen,
    silence_is_a_refusal,
    cannot_tell_is_a_pass,
    broken_off_is_over,
    floor_after_the_look,
    confirmed_by_slug,
    the_last_is_meant,
    old_one_is_taken_for_good,
)


@contextmanager
def seeded(bug: Callable[[Patch], None]) -> Iterator[None]:
    """Have a bug for as long as the context lasts."""
    with pytest.MonkeyPatch.context() as patch:
        bug(patch)
        yield
