"""What the gate needs from a platform: Heroku itself, or the one on this machine."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from gate.model.release import (
    App,
    Build,
    Coupling,
    Dyno,
    Pipeline,
    Promotion,
    PromotionTarget,
    Release,
    Slug,
    SourceBlob,
    Stage,
)


class Platform(Protocol):
    """One method for each call that the gate makes.

    Every method raises `PlatformUnavailable` or one of its children. Reads are
    retried within a deadline; writes are sent once.
    """

    def app(self, name: str) -> App:
        """Return an app by name or id."""
        ...

    def create_app(self, name: str) -> App:
        """Create an app."""
        ...

    def config_vars(self, app: str) -> dict[str, str]:
        """Return an app's config vars."""
        ...

    def release_config_vars(self, app: str, version_or_id: int | str) -> dict[str, str]:
        """Return the config vars that a release ran with."""
        ...

    def set_config_vars(self, app: str, values: Mapping[str, str | None]) -> None:
        """Change config vars; null removes one. Creates a release."""
        ...

    def enable_feature(self, app: str, name: str) -> None:
        """Switch a feature of an app on, or leave it on."""
        ...

    def releases(self, app: str, *, limit: int = 50) -> tuple[Release, ...]:
        """Return the newest releases first, slugs resolved to id only."""
        ...

    def release(self, app: str, version_or_id: int | str) -> Release:
        """Return one release, its slug with checksum and commit."""
        ...

    def current_release(self, app: str) -> Release | None:
        """Return the release flagged current, slug included; None: nothing is live."""
        ...

    def slug(self, app: str, slug_id: str) -> Slug:
        """Return one slug."""
        ...

    def release_slug(self, app: str, slug_id: str, *, description: str) -> Release:
        """Release a slug with today's config; sent once, never repeated blindly."""
        ...

    def create_source(self) -> SourceBlob:
        """Ask for a place to put a source tarball."""
        ...

    def upload_source(self, blob: SourceBlob, tarball: Path) -> None:
        """Put a gzipped source tarball in its place."""
        ...

    def create_build(self, app: str, *, source_url: str, version: str) -> Build:
        """Start a build; *version* becomes the slug's commit."""
        ...

    def find_build(self, app: str, *, source_url: str) -> Build | None:
        """Return the app's build of a source, if there is one; each source is new."""
        ...

    def build(self, app: str, build_id: str) -> Build:
        """Return one build."""
        ...

    def stream(self, url: str) -> Iterator[str]:
        """Yield the lines of an output stream until it ends."""
        ...

    def dynos(self, app: str) -> tuple[Dyno, ...]:
        """Return the dynos of an app."""
        ...

    def restart_dynos(self, app: str) -> None:
        """Replace all dynos of an app by fresh ones; asking twice does no harm."""
        ...

    def pipeline(self, name: str) -> Pipeline | None:
        """Return a pipeline by name, or None."""
        ...

    def create_pipeline(self, name: str) -> Pipeline:
        """Create a pipeline."""
        ...

    def couplings(self, pipeline_id: str) -> tuple[Coupling, ...]:
        """Return the apps of a pipeline."""
        ...

    def couple(self, pipeline_id: str, app_id: str, stage: Stage) -> Coupling:
        """Put an app into a pipeline."""
        ...

    def promote(
        self, *, pipeline_id: str, source: Release, source_app_id: str, target_id: str
    ) -> Promotion:
        """Promote exactly *source* (``source.release.id``); sent once."""
        ...

    def promotion(self, promotion_id: str) -> Promotion:
        """Return one promotion."""
        ...

    def promotion_targets(self, promotion_id: str) -> tuple[PromotionTarget, ...]:
        """Return how a promotion fares on each target."""
        ...

    def open_log(
        self, app: str, *, lines: int = 1, tail: bool = True
    ) -> AbstractContextManager[Iterator[str]]:
        """Open an app's log: a context manager over its lines, oldest first.

        *lines* of history first; with *tail* the iterator goes on until the context
        is left, which ends it also from another thread.
        """
        ...
