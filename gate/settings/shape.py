"""What can be set, as types."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Literal

from annotated_types import Gt, Lt, Predicate
from pydantic import TypeAdapter

from gate.model.evidence import Category
from gate.model.plan import (
    ContractPlan,
    HealthPlan,
    IntegrationPlan,
    LoadPlan,
    Plans,
    PromotionPlan,
    UnitPlan,
    WatchPlan,
)
from gate.model.policy import Limits, Policy
from gate.model.reading import STRICT
from gate.model.verdict import Action

HEROKU_API = "https://api.heroku.com"

Answer = Literal["block", "roll back"]
APP_NAME = re.compile(r"[a-z][a-z0-9-]{1,28}[a-z0-9]")


def _is_app_name(name: str) -> bool:
    return not name or APP_NAME.fullmatch(name) is not None


def _is_platform(name: str) -> bool:
    return name in {"local", "heroku"} or re.match(r"https?://", name) is not None


def _is_lease(text: str) -> bool:
    return text == "file" or re.fullmatch(r"git:[A-Za-z0-9][\w.-]*", text) is not None


def is_inside(folder: str) -> bool:
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
    is the app on which production's slug runs beside the candidate; empty: none. *lease*
    is ``file``, or ``git:<remote>`` for machines that share nothing but a repository.
    *app_root* is the folder of the repository that is deployed; all other paths of the
    settings stay relative to the repository.
    """

    __pydantic_config__: ClassVar = STRICT

    platform: Annotated[str, Predicate(_is_platform)] = "local"
    pipeline: AppName = ""
    staging: AppName = ""
    production: AppName = ""
    baseline: AppName = ""
    app_root: Annotated[str, Predicate(is_inside)] = "."
    policy: Answers = DEFAULT_ANSWERS
    health: HealthPlan = HealthPlan()
    unit: UnitPlan = UnitPlan()
    contract: ContractPlan = ContractPlan()
    integration: IntegrationPlan = IntegrationPlan()
    load: LoadPlan = LoadPlan()
    watch: WatchPlan = WatchPlan()
    promotion: PromotionPlan = PromotionPlan()
    lease: Annotated[str, Predicate(_is_lease)] = "file"
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
