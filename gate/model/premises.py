"""The apps that the gate stands between."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Premises:
    """A pipeline and its apps by name.

    *platform* is where they live: an address, or a machine and a folder of it; empty: it
    is not told. *baseline* is the app on which production's slug runs beside the
    candidate; empty where there is none. *components* are the apps that the guarded one
    calls, by the name that tests know them by.
    """

    pipeline: str
    staging: str
    production: str
    baseline: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""


def named_twice(*apps: str) -> Iterable[str]:
    """Return which apps are given more than one part; production must not be loaded."""
    return [app for app, times in Counter(filter(None, apps)).items() if times > 1]
