"""From the platform's JSON (API v3) to the nouns of the gate.

Unknown fields are ignored; documented nulls and absences have a documented
reading here; anything else is an answer that cannot be trusted.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Final, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from gate.errors import PlatformUnavailable
from gate.heroku.errors import WriteUnconfirmed, printable
from gate.heroku.transport import Answer
from gate.model.release import (
    App,
    Build,
    BuildStatus,
    Coupling,
    Dyno,
    DynoState,
    Pipeline,
    Promotion,
    PromotionStatus,
    PromotionTarget,
    Release,
    ReleaseStatus,
    Slug,
    SourceBlob,
    Stage,
    TargetStatus,
)

T = TypeVar("T")
Id = Annotated[str, StringConstraints(min_length=1)]


class _Json(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class _Reference(_Json):
    id: Id


class _MaybeReference(_Json):
    """A slug not there yet is null, or in old documents an object of null."""

    id: Id | None = None


class AppJson(_Json):
    """Section "App"."""

    id: Id
    name: Id
    web_url: str | None = None
    maintenance: bool = False

    def noun(self) -> App:
        """Return the app; an app without an address gets an empty one."""
        url = (self.web_url or "").rstrip("/")
        return App(self.id, self.name, url, self.maintenance)


class SlugJson(_Json):
    """Section "Slug"."""

    id: Id
    checksum: str | None = None
    commit: str | None = None
    process_types: dict[str, str] | None = None

    def noun(self) -> Slug:
        """Return the slug, its process types in the order of their names."""
        types = dict(sorted((self.process_types or {}).items()))
        names, commands = tuple(types), tuple(types.values())
        return Slug(self.id, self.checksum, self.commit, names, commands)


class _Named(_Json):
    name: Id


class ReleaseJson(_Json):
    """Section "Release"."""

    id: Id
    app: _Named
    version: int
    status: ReleaseStatus | None = None
    current: bool | None = None
    slug: _MaybeReference | None = None
    description: str | None = None
    eligible_for_rollback: bool | None = None
    created_at: AwareDatetime
    output_stream_url: str | None = None
    addon_plan_names: tuple[str, ...] | None = None

    @property
    def slug_id(self) -> str | None:
        """The id of the slug, if the release has one."""
        return self.slug.id if self.slug else None

    @property
    def settled_status(self) -> ReleaseStatus:
        """The status; very old releases have none, and they had succeeded."""
        return self.status or ReleaseStatus.SUCCEEDED

    @property
    def may_be_live(self) -> bool:
        """Whether it is flagged current; unflagged, whether it has succeeded."""
        if self.current is not None:
            return self.current
        return self.settled_status is ReleaseStatus.SUCCEEDED

    def noun(self, *, current: bool, slug: Slug | None) -> Release:
        """Return the release; unsaid, one that succeeded may be rolled back to."""
        eligible = self.eligible_for_rollback
        if eligible is None:
            succeeded = self.settled_status is ReleaseStatus.SUCCEEDED
            eligible = succeeded and self.slug_id is not None
        return Release(
            id=self.id,
            app=self.app.name,
            version=self.version,
            status=self.settled_status,
            current=current,
            slug=slug,
            description=self.description or "",
            eligible_for_rollback=eligible,
            created_at=self.created_at,
            output_stream_url=self.output_stream_url,
            addons=tuple(sorted(self.addon_plan_names or ())),
        )


class _DynoRelease(_Json):
    version: int


class DynoJson(_Json):
    """Section "Dyno"."""

    id: Id
    name: Id
    type: Id
    state: DynoState
    release: _DynoRelease

    def noun(self) -> Dyno:
        """Return the dyno."""
        return Dyno(self.id, self.name, self.type, self.state, self.release.version)


class _BuildSourceJson(_Json):
    url: str | None = None


class BuildJson(_Json):
    """Section "Build"."""

    id: Id
    source_blob: _BuildSourceJson = _BuildSourceJson()
    status: BuildStatus
    output_stream_url: str
    slug: _MaybeReference | None = None
    release: _MaybeReference | None = None

    def noun(self) -> Build:
        """Return the build."""
        return Build(
            id=self.id,
            status=self.status,
            output_stream_url=self.output_stream_url,
            slug_id=self.slug.id if self.slug else None,
            release_id=self.release.id if self.release else None,
        )


class _BlobJson(_Json):
    put_url: Id
    get_url: Id


class SourceJson(_Json):
    """Section "Source"."""

    source_blob: _BlobJson

    def noun(self) -> SourceBlob:
        """Return where to put and where to get the tarball."""
        return SourceBlob(self.source_blob.put_url, self.source_blob.get_url)


class PipelineJson(_Json):
    """Section "Pipeline"."""

    id: Id
    name: Id

    def noun(self) -> Pipeline:
        """Return the pipeline."""
        return Pipeline(self.id, self.name)


class CouplingJson(_Json):
    """Section "Pipeline Coupling"."""

    id: Id
    app: _Reference
    pipeline: _Reference
    stage: Stage

    def noun(self) -> Coupling:
        """Return the coupling."""
        return Coupling(self.id, self.app.id, self.pipeline.id, self.stage)


class PromotionJson(_Json):
    """Section "Pipeline Promotion"."""

    id: Id
    status: PromotionStatus

    def noun(self) -> Promotion:
        """Return the promotion."""
        return Promotion(self.id, self.status)


class TargetJson(_Json):
    """Section "Pipeline Promotion Target"."""

    app: _Reference
    release: _MaybeReference | None = None
    status: TargetStatus
    error_message: str | None = None

    def noun(self) -> PromotionTarget:
        """Return how the promotion fares on this target."""
        release_id = self.release.id if self.release else None
        return PromotionTarget(self.app.id, release_id, self.status, self.error_message)


class LogSessionJson(_Json):
    """Section "Log Session"."""

    logplex_url: Id


_DEFERRED: Final = ConfigDict(defer_build=True)
APP: Final = TypeAdapter(AppJson)
BUILD: Final = TypeAdapter(BuildJson)
BUILDS: Final = TypeAdapter(list[BuildJson], config=_DEFERRED)
CONFIG_VARS: Final = TypeAdapter(dict[str, str], config=_DEFERRED)
COUPLING: Final = TypeAdapter(CouplingJson)
COUPLINGS: Final = TypeAdapter(list[CouplingJson], config=_DEFERRED)
DYNOS: Final = TypeAdapter(list[DynoJson], config=_DEFERRED)
LOG_SESSION: Final = TypeAdapter(LogSessionJson)
PIPELINE: Final = TypeAdapter(PipelineJson)
PIPELINES: Final = TypeAdapter(list[PipelineJson], config=_DEFERRED)
PROMOTION: Final = TypeAdapter(PromotionJson)
RELEASE: Final = TypeAdapter(ReleaseJson)
RELEASES: Final = TypeAdapter(list[ReleaseJson], config=_DEFERRED)
SLUG: Final = TypeAdapter(SlugJson)
SOURCE: Final = TypeAdapter(SourceJson)
TARGETS: Final = TypeAdapter(list[TargetJson], config=_DEFERRED)


def decode(shape: TypeAdapter[T], answer: Answer) -> T:
    """Return an answer's body as *shape*.

    Raises `PlatformUnavailable` naming the call and the field, never a value; for
    a write `WriteUnconfirmed`, because the write was accepted.
    """
    try:
        return shape.validate_json(answer.body)
    except ValidationError as problem:
        mistake = problem.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(step) for step in mistake["loc"]) or "the body"
    why = printable(f"{field}: {mistake['msg']}")
    why = f"{why} [Request-Id {answer.request_id}]"
    what = f"the answer to {answer.call.name} cannot be understood"
    if not answer.call.repeatable:
        raise WriteUnconfirmed(
            what, why=why, status=answer.status, request_id=answer.request_id
        )
    raise PlatformUnavailable(
        what, why=why, advice="check that the platform's address is an API's"
    )


def newest_first(pages: Iterable[Answer]) -> Iterator[ReleaseJson]:
    """Yield the releases of pages asked for in descending order of version.

    Raises `PlatformUnavailable` if they are not: the newest would be unknown.
    """
    last: int | None = None
    for page in pages:
        for release in decode(RELEASES, page):
            if last is not None and release.version >= last:
                raise PlatformUnavailable(
                    f"the answer to {page.call.name} cannot be understood",
                    why="the releases are not sorted newest first as asked "
                    f"[Request-Id {page.request_id}]",
                )
            last = release.version
            yield release
