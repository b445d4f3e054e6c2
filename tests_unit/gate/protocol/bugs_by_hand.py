"""Bugs seeded into a rollback by hand, each of which its tests must see."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from gate import gatekeeper
from gate.actions import by_hand, resume, roll_back
from gate.actions.acting import Acting, Outcome
from gate.errors import ExitCode, PlatformUnavailable
from gate.ledger.journal import Write
from gate.model.platform import Platform
from gate.model.release import Release, Slug
from tests_unit.gate.protocol.bugs import undoes_anybody
from tests_unit.gate.protocol.heroku import Heroku

Patch = pytest.MonkeyPatch


def asked_for_again_on_resume(patch: Patch) -> None:
    def came_of(acting: Acting, begun: tuple[Write, ...]) -> Outcome:
        asked = begun[0].intent
        version = int(asked.replaces.rpartition("v")[2])
        bad = acting.platform.release(asked.app, version)
        serves = roll_back.roll_back(acting, bad, Slug(asked.slug, None, None))
        by_hand._settle(acting, asked.app)
        return Outcome(ExitCode.PASSED, f"{serves.name} serves")

    patch.setattr(resume, "came_of", came_of)


def repeated_blindly(patch: Patch) -> None:
    """What was not answered is asked for once more in the same breath."""
    real = Heroku.release_slug

    def release(self: Heroku, app: str, slug_id: str, *, description: str) -> Release:
        try:
            return real(self, app, slug_id, description=description)
        except PlatformUnavailable:
            return real(self, app, slug_id, description=description)

    patch.setattr(Heroku, "release_slug", release)


def past_the_baseline(patch: Patch) -> None:
    """The oldest release that there is, instead of the last that served."""

    def oldest(platform: Platform, bad: Release, *_: Any) -> Release:
        return platform.release(bad.app, 1)

    patch.setattr(gatekeeper, "release_to_restore", oldest)


def covers_in_silence(patch: Patch) -> None:
    patch.setattr(by_hand, "require_nothing_covered", lambda *_, **__: None)


def not_waited_for(patch: Patch) -> None:
    patch.setattr(by_hand, "_settle", lambda *_: None)


def given_up_at_once(patch: Patch) -> None:
    """What does not show yet is recorded as failed."""

    class Settled:
        over = True

        def __init__(self, *_: Any) -> None:
            pass

    patch.setattr(by_hand, "Settling", Settled)


def closed_unseen(patch: Patch) -> None:
    patch.setattr(by_hand, "_open_until_seen", lambda *_: nullcontext())


def taken_for_done(patch: Patch) -> None:
    """A request that took effect is what serves, whatever has come since."""
    real = by_hand._restored

    def restored(
        acting: Acting, bad: Release, restore: Slug, proven: Release | None
    ) -> Release | None:
        return proven or real(acting, bad, restore, proven)

    patch.setattr(by_hand, "_restored", restored)


BUGS: tuple[Callable[[Patch], None], ...] = (
    asked_for_again_on_resume,
    repeated_blindly,
    past_the_baseline,
    undoes_anybody,
    covers_in_silence,
    not_waited_for,
    given_up_at_once,
    closed_unseen,
    taken_for_done,
)
