"""What every action has at hand."""

from dataclasses import dataclass
from typing import NamedTuple

from gate.errors import ExitCode
from gate.ledger.chronicle import Chronicle
from gate.model.evidence import BarrierEvidence
from gate.model.plan import Plans
from gate.model.platform import Platform
from gate.model.premises import Premises
from gate.model.release import Release
from gate.suites.barrier import await_release


class Outcome(NamedTuple):
    """What an action came to: an exit code, and one sentence for a person.

    *last_words* is the end of the log of a release that does not serve.
    """

    exit_code: ExitCode
    says: str
    last_words: str = ""


@dataclass(frozen=True, slots=True)
class Acting:
    """The platform, the apps, and the ledger of one run."""

    platform: Platform
    premises: Premises
    plans: Plans
    run: Chronicle

    def await_serving(self, release: Release) -> BarrierEvidence:
        """Wait until only *release* serves on its app."""
        url = self.platform.app(release.app).web_url
        return await_release(self.platform, release, url, self.plans.health)
