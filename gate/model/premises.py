"""The apps that the gate stands between."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Premises:
    """A pipeline and its apps by name.

    *baseline* is the app on which production's slug runs beside the candidate; empty
    where there is none. *components* are the apps that the guarded one
    calls, by the name that tests know them by.
    """

    pipeline: str
    staging: str
    production: str
    baseline: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
