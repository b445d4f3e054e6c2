"""The acceptance table: what a change does, what stops it, and how that ends."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum


class Serves(StrEnum):
    """What answers at an app's address after a promotion has ended."""

    NEW = "the row's commit"
    OLD = "the commit that production ran before"
    SOMETHING_ELSE = "something else"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a promotion ends: its exit code, what serves where, what happened there."""

    words: str
    exit_code: int
    staging: Serves
    production: Serves
    production_moves: bool = False
    judged: bool = True


PROMOTED = Ending("promoted", 0, Serves.NEW, Serves.NEW, production_moves=True)
BLOCKED = Ending("blocked", 10, Serves.NEW, Serves.OLD)
UNDECIDED = Ending("blocked, evidence wanting", 11, Serves.NEW, Serves.OLD)
ROLLED_BACK = Ending("staging rolled back", 20, Serves.OLD, Serves.OLD)
TAKEN_BACK = Ending(
    "production rolled back", 20, Serves.NEW, Serves.OLD, production_moves=True
)
REFUSED = Ending("refused as rejected", 10, Serves.NEW, Serves.OLD, judged=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One change and its fate.

    *patches* are commits on top of what production runs; none: an empty commit; null:
    the commit of the row before, once more. *stopped_by* names the category that must
    be red, by a finding of *rule*; categories in *also* may be red with it, and no
    other.
    """

    change: str
    patches: tuple[str, ...] | None
    ending: Ending
    stopped_by: str = ""
    rule: str = ""
    also: AbstractSet[str] = frozenset()
    fail_fast: bool = False
    production_config: Mapping[str, str] = field(default_factory=dict)
    pricing_is_down: bool = False


FIRST = Row("the first release of all", (), PROMOTED)

STOPPED_EARLY = (
    FIRST,
    Row("a good change", ("good",), PROMOTED),
    Row(
        "a crash on boot",
        ("crash-on-boot",),
        ROLLED_BACK,
        "health",
        "health/release-does-not-serve",
    ),
    Row(
        "500 from readiness",
        ("readiness-500",),
        ROLLED_BACK,
        "health",
        "health/bad-answers",
        # Other suites ask for readiness too, and may be first to tell.
        also={"contract", "integration"},
        fail_fast=True,
    ),
    Row(
        "a response field removed",
        ("response-field-removed",),
        BLOCKED,
        "contract",
        "contract/",
        fail_fast=True,
    ),
    Row(
        "a new required input",
        ("new-required-input",),
        BLOCKED,
        "contract",
        "contract/",
        fail_fast=True,
    ),
    Row(
        "a failing unit test",
        ("unit-test-fails",),
        BLOCKED,
        "unit",
        "unit/test-failed",
        fail_fast=True,
    ),
    Row(
        "new code without a test",
        ("new-code-untested",),
        BLOCKED,
        "unit",
        "unit/changed-lines-untested",
        fail_fast=True,
    ),
    Row(
        "all unit tests skipped",
        ("unit-tests-skipped",),
        BLOCKED,
        "unit",
        "unit/all-skipped",
        fail_fast=True,
    ),
    Row(
        "the pricing call hangs",
        ("pricing-call-hangs",),
        ROLLED_BACK,
        "integration",
        "integration/test-failed",
        fail_fast=True,
    ),
)

STOPPED_LATE = (
    Row(
        "pricing is down for both releases",
        (),
        UNDECIDED,
        "evidence",
        "evidence/fails-on-baseline-too",
        pricing_is_down=True,
    ),
    Row(
        "the pricing call fails",
        ("pricing-call-broken",),
        ROLLED_BACK,
        "integration",
        "integration/test-failed",
        # Nobody can order any more: old consumers and shoppers notice it too.
        also={"contract", "load"},
    ),
    Row(
        "1 MB leaks with each request",
        ("memory-leak",),
        ROLLED_BACK,
        "load",
        "load/memory",
    ),
    Row(
        "workers exit at random",
        ("worker-exits",),
        ROLLED_BACK,
        "load",
        "load/",  # the first death in the log, or errors, whichever tells more sooner
        # Whoever asks meets a dead worker now and then.
        also={"contract", "integration", "health"},
    ),
    Row(
        "50 ms more for each request",
        ("slower-by-50-ms",),
        ROLLED_BACK,
        "load",
        "load/slower",
    ),
    Row(
        "a config var of production breaks it",
        ("config-var-breaks",),
        TAKEN_BACK,
        "watch",
        "health/bad-answers",
        production_config={"CATALOGUE_LIMIT": "many"},
    ),
    Row("the rejected commit once more", None, REFUSED),
    Row(
        "its fix",
        ("config-var-breaks", "config-var-fixed"),
        PROMOTED,
        production_config={"CATALOGUE_LIMIT": "many"},
    ),
)

# Groups run side by side, each in a clone of its own; in a group rows follow each other.
GROUPS = (STOPPED_EARLY, STOPPED_LATE)
