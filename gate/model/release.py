"""What a platform holds: apps, slugs, releases, dynos, builds, promotions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReleaseStatus(StrEnum):
    """The states of a release that Heroku documents."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"


class Stage(StrEnum):
    """The stages of a pipeline."""

    TEST = "test"
    REVIEW = "review"
    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class App:
    """An app; *web_url* is where it serves, without a trailing slash."""

    id: str
    name: str
    web_url: str
    maintenance: bool = False


@dataclass(frozen=True, slots=True)
class Slug:
    """The built artefact; *checksum* is ``SHA256:<hex>`` of its blob.

    *commands* are what its process types run, in the same order.
    """

    id: str
    checksum: str | None
    commit: str | None
    process_types: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """One release of one app; *slug* is null before the first deploy.

    *addons* are the plans of the add-ons that the app had then, sorted.
    """

    id: str
    app: str
    version: int
    status: ReleaseStatus
    current: bool
    slug: Slug | None
    description: str
    eligible_for_rollback: bool
    created_at: datetime
    output_stream_url: str | None = None
    addons: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What people call it: ``orders-staging v12``."""
        return f"{self.app} v{self.version}"

    @property
    def commit(self) -> str | None:
        """The commit the slug was built from, if the platform knows it."""
        return self.slug.commit if self.slug else None


class DynoState(StrEnum):
    """The states of a dyno that Heroku documents."""

    STARTING = "starting"
    UP = "up"
    CRASHED = "crashed"
    DOWN = "down"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Dyno:
    """One running process of an app, on one release."""

    id: str
    name: str
    type: str
    state: DynoState
    release_version: int


class BuildStatus(StrEnum):
    """The states of a build."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Build:
    """A source on its way to a slug; its success is not yet a live release."""

    id: str
    status: BuildStatus
    output_stream_url: str
    slug_id: str | None
    release_id: str | None


@dataclass(frozen=True, slots=True)
class SourceBlob:
    """Where to put a source tarball, and where the build finds it."""

    put_url: str
    get_url: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Apps of several stages between which slugs are promoted."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Coupling:
    """One app's place in a pipeline."""

    id: str
    app_id: str
    pipeline_id: str
    stage: Stage


class PromotionStatus(StrEnum):
    """The states of a promotion; completed says nothing about success."""

    PENDING = "pending"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Promotion:
    """One release on its way to the apps of the next stage."""

    id: str
    status: PromotionStatus


class TargetStatus(StrEnum):
    """How a promotion fares on one target app."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PromotionTarget:
    """One target app of a promotion; *release_id* is set once it has a release."""

    app_id: str
    release_id: str | None
    status: TargetStatus
    error_message: str | None
