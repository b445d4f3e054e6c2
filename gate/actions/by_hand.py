"""A rollback that a person asks for: of any app, to a release that they choose."""

from collections.abc import Iterable

from gate.actions.acting import Acting, Outcome
from gate.actions.closing import await_settled, require_nothing_covered
from gate.actions.roll_back import proved, roll_back, shown_of
from gate.actions.waiting import LONGEST_PAUSE
from gate.actions.writing import Settling, failed
from gate.errors import ExitCode, Held, UsageProblem
from gate.ledger.journal import Write
from gate.model.release import Release
from gate.model.rollback import Against


def roll_back_by_hand(
    acting: Acting, bad: Release, restore: Release, against: Iterable[Against]
) -> Outcome:
    """Put the slug of *restore* in the place of *bad*, and say what speaks *against* it.

    Raises what `roll_back` does, UsageProblem where there is no slug to restore, and Held
    where a release of somebody else was covered.
    """
    if restore.slug is None:
        raise UsageProblem(f"{restore.name} holds no slug to go back to")
    serves = roll_back(acting, bad, restore.slug)
    await_settled(acting)
    require_nothing_covered(
        acting, bad.app, put=(bad.slug,), back=restore.slug, above=bad.version
    )
    says = f"{serves.name} serves the slug of {restore.name}, not {bad.name}'s"
    but = "".join(f"; but {each.says}" for each in against)
    return Outcome(ExitCode.PASSED, f"rolled back: {says}{but}")


def came_of(acting: Acting, begun: tuple[Write, ...]) -> Outcome:
    """Return what came of a rollback that was asked for; it is not asked for again.

    Waits until it shows or cannot take effect any more. Raises as `roll_back` does.
    """
    intent, settling = begun[-1].intent, Settling(acting, begun[-1])
    while True:
        over = settling.over
        restored = shown_of(acting, begun)
        live = acting.platform.current_release(intent.app)
        if restored is None and live is not None and live.slug is not None:
            restored = live if live.slug.id == intent.slug else None
        if restored is not None and proved(acting, restored, intent.replaces):
            says = f"rolled back: {restored.name} serves in place of {intent.replaces}"
            return Outcome(ExitCode.PASSED, says)
        if over:
            break
        acting.clock.wait(LONGEST_PAUSE)
    name = live.name if live else "nothing"
    last = acting.journal().writes("roll back", intent.app)[-1]
    if last.confirmed is not None:
        raise Held(
            f"{last.confirmed.release} was released in place of {intent.replaces}, "
            f"and now {name} is live",
            why=live.description if live else "",
            advice="a person is needed: look who released it, and whether it is wanted",
        )
    failed(acting, intent, "it never took effect")
    says = f"the rollback of {intent.app} never took effect: {name} is live"
    return Outcome(ExitCode.INTERRUPTED, says)
