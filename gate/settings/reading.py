"""``[tool.gate]`` and ``GATE_*`` become types; every mistake is named at once."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gate.errors import SettingsInvalid
from gate.model.load_budget import unaffordable
from gate.model.plan import ContractPlan
from gate.model.premises import named_twice
from gate.settings.shape import APP_NAME, DEFAULT_ANSWERS, Settings, is_inside
from gate.settings.telling import paths, tell

ENVIRONMENT_PREFIX = "GATE_"
LEDGER_URL = "GATE_LEDGER_URL"
"""Where the ledger is shared: it holds a password, so it is no setting to be shown."""
LOCAL_SETTLE = 30.0
"""On this machine no request takes effect later than that (seconds)."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ADVICE = "correct [tool.gate] in pyproject.toml or GATE_*"
_ONLY_IN_FILE = {("contract", "accept")}  # a list of tables has no short spelling


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
        mistakes += [tell(details) for details in error.errors()]
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
    stated = "settle" in table.get("promotion", {})
    return _with_names(settings if stated else _settling(settings), root)


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
        mistakes += [tell(details, ("contract",)) for details in error.errors()]
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


def _rules() -> frozenset[str]:
    """Return every rule that a setting can name."""
    # Late, because they come with what applies them, and few settings name a rule.
    from gate.judges.live_rules import LIVE_RULES  # noqa: PLC0415
    from gate.openapi.rules import RULES  # noqa: PLC0415

    return frozenset({*RULES, *LIVE_RULES})


def _contract_mistakes(plan: ContractPlan) -> Iterator[str]:
    """What types cannot say: which rules there are, and that a secret stays one."""
    named = [
        *(("contract.levels", rule) for rule in plan.levels),
        *(("contract.accept", each.rule) for each in plan.accept),
    ]
    known = _rules() if named else frozenset()
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
    if plan.hooks and not is_inside(plan.hooks):
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
    known = {ENVIRONMENT_PREFIX + "_".join(p).upper(): p for p in paths(Settings)}
    for name, value in sorted(environment.items()):
        if not name.startswith(ENVIRONMENT_PREFIX) or name == LEDGER_URL:
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


def _parse(path: tuple[str, ...], value: str) -> object:
    """Lists in the environment are separated by commas, pairs written name=app."""
    if path[-1] in {"components", "headers", "levels", "timers"}:
        pairs = (part.partition("=") for part in value.split(",") if part.strip())
        return {name.strip(): app.strip() for name, _, app in pairs}
    if path[-1] in {"accept", "never", "paths", "source"}:
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _settling(settings: Settings) -> Settings:
    """Say how long a request may still take effect where nobody said so."""
    if not settings.is_local:
        return settings
    return replace(settings, promotion=replace(settings.promotion, settle=LOCAL_SETTLE))


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
