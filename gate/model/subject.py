"""What a run is about; change any of it and the verdict is void."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from gate.model.reading import DEFERRED
from gate.model.release import Release


@dataclass(frozen=True, slots=True)
class Pinned:
    """The pipeline and its apps by id: a name can be given to another app.

    *neighbours* are all apps of the pipeline, as ``<stage> <app id>``, sorted.
    """

    pipeline_id: str = ""
    staging_id: str = ""
    production_id: str = ""
    neighbours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """One candidate, what it is compared with, and where both can be asked.

    *candidate_url* is staging; *control_url* is an app of its own that runs the
    baseline's slug beside the candidate, empty where there is none. URLs carry no
    trailing slash and no secret. *restore* is the slug that a rollback of production
    puts back, empty where there is none.
    """

    __pydantic_config__: ClassVar = DEFERRED

    run: str
    candidate: Release
    candidate_url: str
    baseline: Release | None
    production_url: str
    control_url: str = ""
    control_app: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    policy_digest: str = ""
    pinned: Pinned = Pinned()
    restore: str = ""

    @property
    def commit(self) -> str:
        """The commit under judgement; empty when the platform does not know it."""
        return self.candidate.commit or ""

    @property
    def baseline_commit(self) -> str:
        """The commit in production; empty when there is none."""
        return (self.baseline.commit or "") if self.baseline else ""
