"""How each suite is run: what a team sets in ``[tool.gate.<suite>]``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Interval, MinLen, Predicate

from gate.model.evidence import Category
from gate.model.questions import (
    CpuQuestion,
    CrashQuestion,
    ErrorQuestion,
    LatencyQuestion,
    MemoryQuestion,
    SlowerQuestion,
)
from gate.model.reading import STRICT


def _is_url_path(text: str) -> bool:
    return text.startswith("/") and text.isprintable() and " " not in text


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 65_536


UrlPath = Annotated[str, Predicate(_is_url_path)]
Address = Annotated[str, Predicate(_is_address)]
Share = Annotated[float, Interval(ge=0, le=1)]
Seconds = Annotated[float, Interval(gt=0, le=3600)]
Paths = Annotated[tuple[str, ...], MinLen(1)]
Accepted = Annotated[tuple[Annotated[int, Interval(ge=100, le=599)], ...], MinLen(1)]


@dataclass(frozen=True, slots=True)
class HealthPlan:
    """Which path is asked, what a good answer is, and for how long it must hold.

    *release_header*: the response header that names the release (``v12``), empty
    where the app has none. *boot* is how long the barrier waits.
    """

    __pydantic_config__: ClassVar = STRICT

    path: UrlPath = "/readyz"
    accept: Accepted = (200,)
    contains: str = ""
    probes: Annotated[int, Interval(ge=1, le=1000)] = 20
    hold: Seconds = 3.0
    timeout: Seconds = 5.0
    good_rate: Share = 0.95
    release_header: str = "X-Release"
    boot: Seconds = 90.0
    paths: Paths = ("tests_integration/app/test_health.py",)
    deadline: Seconds = 120.0


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """Where unit tests live, and which sources they must execute when changed."""

    __pydantic_config__: ClassVar = STRICT

    paths: Paths = ("tests_unit/app",)
    source: Paths = ("app",)
    changed_lines: Share = 0.9
    deadline: Seconds = 300.0


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A change of the contract that the team accepts, why, and until which day.

    *rule* is a rule id such as ``response-field-removed``, *operation* one such as
    ``GET /orders/{id}``; empty: all.
    """

    __pydantic_config__: ClassVar = STRICT

    rule: Annotated[str, MinLen(1)]
    reason: Annotated[str, MinLen(1)]
    until: date
    operation: str = ""


Weight = Literal["breaks", "undecided", "may break", "notice"]


@dataclass(frozen=True, slots=True)
class ContractPlan:
    """Where the OpenAPI document is served, how old consumers ask, what is accepted.

    *examples* bounds the random requests for one operation, *requests* all that are
    drawn (half as many more may show again what they met), *seconds* the time for all;
    the same *seed* draws the same ones. *headers* maps a header that every
    request needs to the environment variable that holds its value. *hooks* is a Python
    file of Schemathesis hooks. *unsafe*: whether POST, PUT, PATCH and DELETE may be
    sent to staging and the baseline app (never to production); *never* lists
    operations that must not be sent at all. *levels* grades rules anew; *declared_only*
    grades a break that could not be seen on the running candidate, *observed_only* one
    that no document speaks of.
    """

    __pydantic_config__: ClassVar = STRICT

    paths: Paths = ("tests_contract/app",)
    document: UrlPath = "/openapi.json"
    examples: Annotated[int, Interval(ge=1, le=1000)] = 15
    requests: Annotated[int, Interval(ge=1, le=1_000_000)] = 5000
    seconds: Seconds = 120.0
    seed: Annotated[int, Ge(0)] = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    hooks: str = ""
    unsafe: bool = True
    never: tuple[str, ...] = ()
    levels: Mapping[str, Weight] = field(default_factory=dict)
    accept: tuple[Acceptance, ...] = ()
    declared_only: Weight = "breaks"
    observed_only: Weight = "breaks"
    deadline: Seconds = 300.0


@dataclass(frozen=True, slots=True)
class IntegrationPlan:
    """Where integration tests live, and the components: the name in tests → its app."""

    __pydantic_config__: ClassVar = STRICT

    paths: Paths = ("tests_integration/app",)
    components: Mapping[str, str] = field(default_factory=dict)
    deadline: Seconds = 300.0


@dataclass(frozen=True, slots=True)
class LatencyQuestions:
    """What the middle and the tail of the latencies must not be."""

    __pydantic_config__: ClassVar = STRICT

    p50: LatencyQuestion = "exclude > +20%"
    p95: LatencyQuestion = "exclude > +50%"


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """The Locust file, what must be excluded, and how much may be spent on it.

    Each question says what the team cannot accept (``exclude > 1%``), or is ``not
    asked``; with ``, where told`` it may stay open where the platform tells of neither
    arm, or too seldom. *latency* is relative to the baseline (``exclude > +20%``) or a
    limit (``exclude > 800 ms``). *rate* is production's requests a second for each
    dyno, for questions about hours. *false_alarms* is the chance that a good release is
    called worse, by all metrics and looks together; *false_passes* the chance that one
    metric passes which is worse by its margin. *serial* is how many seconds one user
    goes on alone at most, and never for more than half of *longest*, which the whole
    load lasts at most; *most_requests* is what both arms together are sent at most.
    *arrivals* is how many flows start in a second under load; 0: half of what *users*
    are seen to bear, and less where they turn out to bear less. *workers* are processes that generate the load, of
    a user each at least; *await_workers*: they are started elsewhere, and find this one
    at *listen* (``host:port``). The same *seed* makes the same choices.
    """

    __pydantic_config__: ClassVar = STRICT

    paths: Paths = ("load",)
    file: str = "load/locustfile.py"
    errors: ErrorQuestion = "exclude > 1%"
    latency: LatencyQuestions = LatencyQuestions()
    crashes: CrashQuestion = "exclude > 1 per 5 s"
    memory: MemoryQuestion = "must not reach the dyno quota within 24 h, where told"
    cpu: CpuQuestion = "exclude > +30% per request, where told"
    rate: Annotated[float, Interval(gt=0, le=100_000)] = 1.0
    false_alarms: Annotated[float, Interval(ge=1e-6, le=0.2)] = 0.01
    false_passes: Annotated[float, Interval(ge=1e-6, le=0.2)] = 0.05
    users: Annotated[int, Interval(ge=1, le=1000)] = 4
    serial: Seconds = 20.0
    longest: Seconds = 60.0
    most_requests: Annotated[int, Interval(ge=100, le=1_000_000)] = 40_000
    arrivals: Annotated[float, Interval(ge=0, le=100_000)] = 0.0
    workers: Annotated[int, Interval(ge=1, le=100)] = 1
    await_workers: bool = False
    listen: Address = "127.0.0.1:5557"
    seed: Annotated[int, Ge(0)] = 1
    deadline: Seconds = 300.0


@dataclass(frozen=True, slots=True)
class WatchPlan:
    """How long production is watched, what is asked there, and what must be excluded.

    *too_little* is what follows when the traffic was too little to exclude it.
    """

    __pydantic_config__: ClassVar = STRICT

    seconds: Seconds = 8.0
    paths: tuple[UrlPath, ...] = ()
    errors: ErrorQuestion = "exclude > 5%"
    slower: SlowerQuestion = "exclude > +200%"
    too_little: Literal["keep", "roll back"] = "keep"
    false_alarms: Annotated[float, Interval(ge=1e-6, le=0.2)] = 0.01


@dataclass(frozen=True, slots=True)
class PromotionPlan:
    """How long a write may still take effect, and what calls for a rehearsal.

    *settle*: seconds after which a request whose answer was lost is known never to take
    effect; Heroku promises none. *restore*: seconds that a rollback is tried for while
    the platform does not answer. *rehearse*: files of the app (globs) that call for a
    rehearsal when they change between production's commit and the candidate's.
    """

    __pydantic_config__: ClassVar = STRICT

    settle: Seconds = 600.0
    restore: Seconds = 900.0
    rehearse: tuple[str, ...] = (
        "**/migrations/**",
        "Procfile",
        "runtime.txt",
        ".python-version",
        "requirements*.txt",
        "Pipfile.lock",
        "poetry.lock",
        "uv.lock",
    )


SuitePlan = HealthPlan | UnitPlan | ContractPlan | IntegrationPlan | LoadPlan


@dataclass(frozen=True, slots=True)
class Plans:
    """All of them, and *pytest_options* for each suite's pytest.

    For instance ``["-p", "no:schemathesis"]``, where no suite needs that plugin.
    """

    __pydantic_config__: ClassVar = STRICT

    health: HealthPlan = HealthPlan()
    unit: UnitPlan = UnitPlan()
    contract: ContractPlan = ContractPlan()
    integration: IntegrationPlan = IntegrationPlan()
    load: LoadPlan = LoadPlan()
    watch: WatchPlan = WatchPlan()
    promotion: PromotionPlan = PromotionPlan()
    pytest_options: tuple[str, ...] = ()

    def of(self, category: Category) -> SuitePlan:
        """Return the plan of one suite; raises ValueError: evidence has none."""
        match category:
            case Category.HEALTH:
                return self.health
            case Category.UNIT:
                return self.unit
            case Category.CONTRACT:
                return self.contract
            case Category.INTEGRATION:
                return self.integration
            case Category.LOAD:
                return self.load
            case Category.ROLLBACK | Category.EVIDENCE:
                raise ValueError(f"{category.value} is no suite")
