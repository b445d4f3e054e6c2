"""What a person takes upon them on the command line, as "NAME: REASON"."""

from gate.errors import UsageProblem
from gate.model.rollback import Consent


def consent_of(text: str | None, *, as_in: str) -> Consent | None:
    """Return what a person says as "NAME: REASON"; None: nobody has said anything.

    Raises UsageProblem, *as_in* this example, where either is missing.
    """
    if text is None:
        return None
    name, _, reason = text.partition(":")
    consent = Consent(name.strip(), reason.strip())
    if not consent.stands:
        raise UsageProblem(
            f"{text!r} does not say who takes it upon them, and why",
            advice=f"say it as {as_in}",
        )
    return consent
