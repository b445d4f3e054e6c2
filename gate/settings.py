"""``[tool.gate]`` and ``GATE_*`` become types; every mistake is named at once."""

import difflib
import hashlib
import json
import math
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, Literal, get_type_hints

from annotated_types import Gt, Lt, Predicate
from pydantic import TypeAdapter, ValidationError

from gate.errors import SettingsInvalid
from gate.judges.live_rules import LIVE_RULES
from gate.model.evidence import Category
from gate.model.load_budget import unaffordable
from gate.model.plan import (
    STRICT,
    Acceptance,
    ContractPlan,
    HealthPlan,
    IntegrationPlan,
    LoadPlan,
    Plans,
    UnitPlan,
    WatchPlan,
)
from gate.model.policy import Limits, Policy
from gate.model.premises import named_twice
from gate.model.questions import FORMS, ways
from gate.model.verdict import Action
from gate.openapi.rules import RULES

ENVIRONMENT_PREFIX = "GATE_"
HEROKU_API = "https://api.heroku.com"

Answer = Literal["block", "roll back"]
APP_NAME = re.compile(r"[a-z][a-z0-9-]{1,28}[a-z0-9]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ADVICE = "correct [tool.gate] in pyproject.toml or GATE_*"
_ONLY_IN_FILE = {("contract", "accept")}  # a list of tables has no short spelling
_QUESTIONS = {*FORMS, "latency"}


def _is_app_name(name: str) -> bool:
    return not name or APP_NAME.fullmatch(name) is not None


def _is_platform(name: str) -> bool:
    return name in {"local", "heroku"} or re.match(r"https?://", name) is not None


def _is_inside(folder: str) -> bool:
    """Whether a folder is one of the repository, by its name alone."""
    path = PurePosixPath(folder)
    strange = not folder.isprintable() or "\\" in folder or ":" in folder
    return bool(folder) and not (strange or path.is_absolute() or ".." in path.parts)


AppName = Annotated[str, Predicate(_is_app_name)]
Positive = Annotated[float, Gt(0), Lt(math.inf)]


@dataclass(frozen=True, slots=True)
class Answers:
    """What follows when a category fails on staging; each must be answered."""

    __pydantic_config__: ClassVar = STRICT

    health: Answer
    unit: Answer
    contract: Answer
    integration: Answer
    load: Answer


DEFAULT_ANSWERS = Answers(
    health="roll back",
    unit="block",
    contract="block",
    integration="roll back",
    load="roll back",
)


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """The platform on this machine: its folder, the config vars of its apps, its time.

    In a config var ``{url:NAME}`` stands for where the app NAME serves. *time_scale*
    multiplies all timers of the platform; *timers* sets single ones, in seconds; both
    count from the next ``local up``.
    """

    __pydantic_config__: ClassVar = STRICT

    home: str = ".gate/local"
    config: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    time_scale: Positive = 1.0
    timers: Mapping[str, Positive] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, with the team's apps by name.

    *platform* is ``local``, ``heroku`` or the address of a Platform API. *baseline*
    is the app on which production's slug runs beside the candidate; empty: none.
    *app_root* is the folder of the repository that is deployed; all other paths of the
    settings stay relative to the repository.
    """

    __pydantic_config__: ClassVar = STRICT

    platform: Annotated[str, Predicate(_is_platform)] = "local"
    pipeline: AppName = ""
    staging: AppName = ""
    production: AppName = ""
    baseline: AppName = ""
    app_root: Annotated[str, Predicate(_is_inside)] = "."
    policy: Answers = DEFAULT_ANSWERS
    health: HealthPlan = HealthPlan()
    unit: UnitPlan = UnitPlan()
    contract: ContractPlan = ContractPlan()
    integration: IntegrationPlan = IntegrationPlan()
    load: LoadPlan = LoadPlan()
    watch: WatchPlan = WatchPlan()
    pytest_options: tuple[str, ...] = ()
    local: LocalSettings = LocalSettings()

    @property
    def plans(self) -> Plans:
        """How each suite is run."""
        return Plans(**{each.name: getattr(self, each.name) for each in fields(Plans)})

    @property
    def is_local(self) -> bool:
        """Whether the platform on this machine is meant."""
        return self.platform == "local"

    def to_policy(self) -> Policy:
        """Return the policy these settings state."""
        actions = {"block": Action.BLOCK, "roll back": Action.ROLL_BACK}
        return Policy(
            answers={
                Category(f.name): actions[getattr(self.policy, f.name)]
                for f in fields(Answers)
            },
            limits=Limits.of(self.plans),
        )

    def digest(self) -> str:
        """Return the SHA-256 of everything set, so that a verdict can name it."""
        stated = TypeAdapter(Settings).dump_python(self, mode="json")
        text = json.dumps(stated, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def load(root: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of the project at *root*.

    Raises SettingsInvalid with every unknown key, bad value and missing answer.
    """
    environment = os.environ if environment is None else environment
    table = _table(root / "pyproject.toml")
    mistakes = list(_overlay(table, environment))
    settings: Settings | None = None
    try:
        settings = TypeAdapter(Settings).validate_python(_one_spelling(table))
    except ValidationError as error:
        mistakes += [_tell(details) for details in error.errors()]
    if settings is not None:
        mistakes += _contract_mistakes(settings.contract)
        dear = unaffordable(settings.load, settings.platform)
        mistakes += [f"[tool.gate.load] {each}" for each in dear]
        apps = (settings.staging, settings.production, settings.baseline)
        mistakes += [
            f"[tool.gate] {app}: one app cannot be two of staging, production, baseline"
            for app in named_twice(*apps)
        ]
    if settings is not None and not settings.is_local:
        mistakes += [
            f"[tool.gate] {name}: needed when the platform is not local"
            for name in ("pipeline", "staging", "production")
            if not getattr(settings, name)
        ]
    if mistakes or settings is None:
        raise SettingsInvalid(tuple(mistakes), advice=_ADVICE)
    return _with_names(settings, root)


def contract_plan(
    folder: Path, environment: Mapping[str, str] | None = None
) -> ContractPlan:
    """Return the contract settings alone, of the project around *folder* if there is one.

    That is the nearest folder upwards whose pyproject.toml has ``[tool.gate]``. What
    else is set there does not count. Raises SettingsInvalid as `load` does.
    """
    environment = os.environ if environment is None else environment
    prefix = f"{ENVIRONMENT_PREFIX}CONTRACT_"
    own = {name: environment[name] for name in environment if name.startswith(prefix)}
    tables = (_table(each / "pyproject.toml") for each in (folder, *folder.parents))
    table = next((each for each in tables if each), {})
    mistakes = list(_overlay(table, own))
    plan = ContractPlan()
    try:
        given = _one_spelling(table).get("contract", {})
        plan = TypeAdapter(ContractPlan).validate_python(given)
    except ValidationError as error:
        mistakes += [_tell(details, ("contract",)) for details in error.errors()]
    mistakes += _contract_mistakes(plan)
    if mistakes:
        advice = f"{_ADVICE}; or leave them out: --no-settings"
        raise SettingsInvalid(tuple(mistakes), advice=advice)
    return plan


def _one_spelling(table: dict[str, Any]) -> dict[str, Any]:
    """Return *table* with the levels of the contract as people say them.

    On the command line they are written with a hyphen, and here they may be as well.
    """
    contract = table.get("contract")
    if not isinstance(contract, dict):
        return table
    spelt = {
        name: _level(value) if name in {"declared_only", "observed_only"} else value
        for name, value in contract.items()
    }
    if isinstance(levels := contract.get("levels"), dict):
        spelt["levels"] = {rule: _level(value) for rule, value in levels.items()}
    return {**table, "contract": spelt}


def _level(value: object) -> object:
    return value.replace("-", " ") if isinstance(value, str) else value


def _contract_mistakes(plan: ContractPlan) -> Iterator[str]:
    """What types cannot say: which rules there are, and that a secret stays one."""
    known = {*RULES, *LIVE_RULES}
    named = [
        *(("contract.levels", rule) for rule in plan.levels),
        *(("contract.accept", each.rule) for each in plan.accept),
    ]
    for table, rule in named:
        if rule not in known:
            near = difflib.get_close_matches(rule, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield (
                f"[tool.gate.{table}] {rule}: no such rule{hint} "
                "(all: python -m gate contract rules)"
            )
    for header, variable in plan.headers.items():
        if not _VARIABLE.fullmatch(variable):  # it may be the secret: it is not shown
            yield (
                f"[tool.gate.contract.headers] {header}: needs the name of an "
                "environment variable, such as API_KEY; the value belongs into that"
            )
    if plan.hooks and not _is_inside(plan.hooks):
        yield (
            f"[tool.gate.contract] hooks: {plan.hooks!r} is not a file of the "
            "repository, like tests_contract/hooks.py"
        )


def _table(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingsInvalid((f"{path} cannot be read: {error.strerror}",)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid((f"pyproject.toml is not TOML: {error}",)) from error
    tools = document.get("tool", {})
    table = tools.get("gate", {}) if isinstance(tools, dict) else None
    if not isinstance(table, dict):
        raise SettingsInvalid(("[tool.gate] is not a table",))
    return table


def _overlay(table: dict[str, Any], environment: Mapping[str, str]) -> Iterator[str]:
    """Write ``GATE_*`` over *table*; yield a mistake for each unknown name."""
    known = {ENVIRONMENT_PREFIX + "_".join(p).upper(): p for p in _paths(Settings)}
    for name, value in sorted(environment.items()):
        if not name.startswith(ENVIRONMENT_PREFIX):
            continue
        path = known.get(name)
        if path in _ONLY_IN_FILE:
            yield f"environment {name}: can be set in pyproject.toml only"
            continue
        if path is None:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield f"environment {name}: no such setting{hint}"
            continue
        place: Any = table
        for part in path[:-1]:
            place = place.setdefault(part, _default(part))
        if isinstance(place, dict):
            place[path[-1]] = _parse(path, value)
        else:
            yield f"environment {name}: [tool.gate] {path[0]} is not a table"


def _default(part: str) -> dict[str, Any]:
    """Whoever overrides one answer of the policy leaves the other four as they were."""
    return asdict(DEFAULT_ANSWERS) if part == "policy" else {}


def _paths(kind: type, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    hints = get_type_hints(kind)
    for each in fields(kind):
        hint = hints[each.name]
        if isinstance(hint, type) and is_dataclass(hint):
            yield from _paths(hint, (*prefix, each.name))
        elif each.name != "config":
            yield (*prefix, each.name)


def _parse(path: tuple[str, ...], value: str) -> object:
    """Lists in the environment are separated by commas, pairs written name=app."""
    if path[-1] in {"components", "headers", "levels", "timers"}:
        pairs = (part.partition("=") for part in value.split(",") if part.strip())
        return {name.strip(): app.strip() for name, _, app in pairs}
    if path[-1] in {"accept", "never", "paths", "source"}:
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _tell(details: Any, below: tuple[str, ...] = ()) -> str:
    location = [*below, *(str(part) for part in details["loc"])]
    place = "[tool.gate" + "".join(f".{p}" for p in location[:-1]) + "]"
    name = location[-1] if location else ""
    if details["type"] == "unexpected_keyword_argument":
        near = difflib.get_close_matches(name, _names_beside(location), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"{place} {name}: no such setting{hint}"
    if details["type"] in {"missing", "missing_argument"}:
        answer = "an answer, block or roll back"
        wanted = answer if location[0] == "policy" else "to be stated"
        return f"{place} {name}: needs {wanted}"
    if details["type"] == "predicate_failed":
        wanted = {
            "platform": "local, heroku or an address",
            "path": "a path that begins with /",
            "document": "a path that begins with /",
            "app_root": "a folder of the repository, like services/orders",
            "listen": "an address, like 127.0.0.1:5557",
        }.get(name, "a usable name")
        return f"{place} {name}: {details['input']!r} is not {wanted}"
    if details["type"] == "value_error":
        return f"{place} {name}: {details['ctx']['error']}"
    if location[0] in {"load", "watch"} and name in _QUESTIONS:
        return f"{place} {name}: {details['input']!r} is no question; {_wanted(name)}"
    return f"{place} {name}: {details['msg']}, not {details['input']!r}"


def _wanted(name: str) -> str:
    if name != "latency":
        return ways(*FORMS[name])
    return 'write latency.p50 = "exclude > +20%" and latency.p95 = "exclude > +50%"'


def _names_beside(location: list[str]) -> list[str]:
    if location[:2] == ["contract", "accept"]:
        return [each.name for each in fields(Acceptance)]
    depth = len(location)
    paths = [p for p in _paths(Settings) if len(p) >= depth]
    return [p[depth - 1] for p in paths if list(p[: depth - 1]) == location[:-1]]


def _with_names(settings: Settings, root: Path) -> Settings:
    """Name the apps of the local platform after the project where nobody did.

    There a baseline costs nothing: it gets staging's config vars unless it has some.
    """
    stem = re.sub(r"[^a-z0-9-]+", "-", root.resolve().name.lower()).strip("-")[:16]
    stem = stem if APP_NAME.fullmatch(stem) else "app"
    pipeline = settings.pipeline or stem
    named = replace(
        settings,
        pipeline=pipeline,
        staging=settings.staging or f"{pipeline}-staging",
        production=settings.production or f"{pipeline}-production",
    )
    if not named.is_local or named.baseline:
        return named
    baseline, config = f"{pipeline[:21]}-baseline", named.local.config
    if named.staging in config:
        config = {baseline: config[named.staging], **config}
    local = replace(named.local, config=config)
    return replace(named, baseline=baseline, local=local)
