"""What the platform remembers: apps, slugs, builds, releases, pipelines."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from gate.model.reading import DEFERRED

ReleaseStatus = Literal["pending", "succeeded", "failed"]
BuildStatus = Literal["pending", "succeeded", "failed"]
TargetStatus = Literal["pending", "succeeded", "failed"]
Stage = Literal["test", "review", "development", "staging", "production"]
AddOnState = Literal["provisioning", "provisioned", "deprovisioned"]


@dataclass(frozen=True, slots=True)
class Account:
    """The one account of this platform."""

    id: str
    email: str
    created_at: str


@dataclass(frozen=True, slots=True)
class ProcessScale:
    """How many dynos of one process type an app wants."""

    id: str
    quantity: int
    size: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class App:
    """One app; `number` names it in runtime metrics, `port` is its router's."""

    id: str
    name: str
    number: int
    port: int
    config: dict[str, str]
    created_at: str
    updated_at: str
    released_at: str | None = None
    current_release: str | None = None
    maintenance: bool = False
    runtime_metrics: bool = False
    preboot: bool = False
    scales: dict[str, ProcessScale] = field(default_factory=dict)
    waiting_config: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slug:
    """What runs: a tree of files, its process types and its environment."""

    id: str
    app_id: str
    process_types: dict[str, str]
    created_at: str
    updated_at: str
    checksum: str | None = None
    commit: str | None = None
    commit_description: str | None = None
    size: int | None = None
    environment: str | None = None  # None until the slug can run
    description: str | None = "Python"  # what the buildpack says of it


@dataclass(frozen=True, slots=True)
class Release:
    """An artefact together with the config vars it runs with."""

    id: str
    app_id: str
    version: int
    description: str
    status: ReleaseStatus
    slug_id: str | None
    config: dict[str, str]
    has_output: bool
    created_at: str
    updated_at: str
    addons: dict[str, str] = field(default_factory=dict)  # plans by config var


@dataclass(frozen=True, slots=True)
class Source:
    """Where a build took its files from."""

    url: str
    checksum: str | None
    version: str | None
    version_description: str | None


@dataclass(frozen=True, slots=True)
class Build:
    """One attempt to make a slug from a source."""

    id: str
    app_id: str
    source: Source
    status: BuildStatus
    created_at: str
    updated_at: str
    slug_id: str | None = None
    release_id: str | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A named chain of apps."""

    id: str
    name: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Coupling:
    """An app's place in its one pipeline."""

    id: str
    app_id: str
    pipeline_id: str
    stage: Stage
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a promotion did to one app."""

    id: str
    app_id: str
    status: TargetStatus
    release_id: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Promotion:
    """One release copied to the apps of a later stage."""

    id: str
    pipeline_id: str
    source_app_id: str
    source_release_id: str
    targets: tuple[Target, ...]
    created_at: str
    updated_at: str

    @property
    def status(self) -> str:
        """Completed once every target settled, however each of them ended."""
        settled = all(target.status != "pending" for target in self.targets)
        return "completed" if settled else "pending"


@dataclass(frozen=True, slots=True)
class AddOn:
    """A database of an app; `replaced` is what its config var said before."""

    id: str
    app_id: str
    name: str
    plan: str
    attachment: str
    attachment_id: str
    state: AddOnState
    database: str
    role: str
    password: str
    created_at: str
    updated_at: str
    replaced: str | None = None

    @property
    def config_var(self) -> str:
        """The config var that the add-on sets."""
        return f"{self.attachment}_URL"


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """The one PostgreSQL server: its folder, its programs, its port on loopback."""

    folder: str
    programs: str
    port: int
    user: int
    group: int
    complete: bool = False  # its data were laid out to the end


@dataclass(slots=True)
class State:
    """Everything that survives a restart, each kind by its id."""

    __pydantic_config__: ClassVar = DEFERRED

    account: Account
    api_port: int | None = None
    apps_created: int = 0
    apps: dict[str, App] = field(default_factory=dict)
    slugs: dict[str, Slug] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)
    builds: dict[str, Build] = field(default_factory=dict)
    pipelines: dict[str, Pipeline] = field(default_factory=dict)
    couplings: dict[str, Coupling] = field(default_factory=dict)
    promotions: dict[str, Promotion] = field(default_factory=dict)
    addons: dict[str, AddOn] = field(default_factory=dict)
    database_server: DatabaseServer | None = None

    def app(self, id_or_name: str) -> App | None:
        """The app of that id or name."""
        if id_or_name in self.apps:
            return self.apps[id_or_name]
        return next((a for a in self.apps.values() if a.name == id_or_name), None)

    def pipeline(self, id_or_name: str) -> Pipeline | None:
        """The pipeline of that id or name."""
        if id_or_name in self.pipelines:
            return self.pipelines[id_or_name]
        found = (p for p in self.pipelines.values() if p.name == id_or_name)
        return next(found, None)

    def releases_of(self, app_id: str) -> list[Release]:
        """The app's releases, oldest first."""
        mine = (r for r in self.releases.values() if r.app_id == app_id)
        return sorted(mine, key=lambda release: release.version)

    def release(self, app_id: str, id_or_version: str) -> Release | None:
        """The app's release of that id or version number."""
        for release in self.releases.values():
            if release.app_id == app_id and (
                release.id == id_or_version or str(release.version) == id_or_version
            ):
                return release
        return None

    def current_release(self, app: App) -> Release | None:
        """The release whose dynos run."""
        return self.releases.get(app.current_release or "")

    def current_slug(self, app: App) -> Slug | None:
        """The slug of the current release; None for an app never deployed."""
        release = self.current_release(app)
        return self.slugs.get(release.slug_id or "") if release else None

    def pending_release(self, app_id: str) -> Release | None:
        """The release whose release command has not ended yet."""
        return next(
            (r for r in self.releases_of(app_id) if r.status == "pending"), None
        )

    def addons_of(self, app_id: str) -> list[AddOn]:
        """The app's add-ons, oldest first."""
        return [addon for addon in self.addons.values() if addon.app_id == app_id]

    def coupling_of(self, app_id: str) -> Coupling | None:
        """The app's place in a pipeline, if it has one."""
        return next((c for c in self.couplings.values() if c.app_id == app_id), None)

    def couplings_in(self, pipeline_id: str) -> Iterator[Coupling]:
        """All places of a pipeline."""
        return (c for c in self.couplings.values() if c.pipeline_id == pipeline_id)
