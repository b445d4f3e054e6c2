"""A platform in memory that can lose an answer, refuse, or let somebody else act.

Only what actions ask for is there. *writes* are the requests that changed something,
in order; *before_write* is called at each of them, before anything has changed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from gate.errors import PlatformRefused, PlatformUnavailable
from gate.model.release import (
    App,
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
    Stage,
    TargetStatus,
)


@dataclass
class Town:
    """Apps by name, each with its releases, oldest first; all serve at *url*."""

    url: str
    apps: dict[str, list[Release]] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    before_write: Callable[[], None] = lambda: None
    loses: str = ""  # "the request" or "the answer" of the next write
    refuses: bool = False
    crashes: bool = False
    target: TargetStatus = TargetStatus.SUCCEEDED
    status: ReleaseStatus = ReleaseStatus.SUCCEEDED
    puts_instead: Slug | None = None
    lingers: int = 0  # how often the dynos of before a restart are still listed as up
    restarts: list[str] = field(default_factory=list)
    config: dict[str, dict[str, str]] = field(default_factory=dict)  # by app, as of now

    def put(self, app: str, slug: str, description: str = "Deploy") -> Release:
        """Release a slug on an app; what is current changes when it succeeds."""
        there = self.apps.setdefault(app, [])
        good = self.status is ReleaseStatus.SUCCEEDED
        new = Release(
            id=f"{app}-{len(there) + 1}",
            app=app,
            version=len(there) + 1,
            status=self.status,
            current=good,
            slug=Slug(slug, f"SHA256:{slug}", f"commit-{slug}", ("web",)),
            description=description,
            eligible_for_rollback=good,
            created_at=datetime(2025, 1, 2, tzinfo=UTC),
        )
        if good:
            there[:] = [replace(each, current=False) for each in there]
        there.append(new)
        return new

    def app(self, name: str) -> App:
        return App(f"id-{name}", name, self.url)

    def pipeline(self, name: str) -> Pipeline | None:
        return Pipeline("p", name) if name == "shop" else None

    def couplings(self, pipeline_id: str) -> tuple[Coupling, ...]:
        stages = {"staging": Stage.STAGING, "production": Stage.PRODUCTION}
        return tuple(
            Coupling(f"coupling-{app}", f"id-{app}", pipeline_id, stage)
            for app, stage in stages.items()
        )

    def releases(self, app: str, *, limit: int = 50) -> tuple[Release, ...]:
        """The newest first; of their slugs only the ids are told, as on Heroku."""
        newest = self.apps.get(app, [])[::-1][:limit]
        return tuple(
            replace(r, slug=Slug(r.slug.id, None, None) if r.slug else None)
            for r in newest
        )

    def release(self, app: str, version_or_id: int | str) -> Release:
        for each in self.apps.get(app, []):
            if version_or_id in (each.version, each.id):
                return each
        raise PlatformRefused(f"{app} has no release {version_or_id}")

    def current_release(self, app: str) -> Release | None:
        return next((r for r in self.apps.get(app, []) if r.current), None)

    def slug(self, app: str, slug_id: str) -> Slug:
        return Slug(slug_id, None, None)

    def config_vars(self, app: str) -> dict[str, str]:
        return self.config.get(app, {})

    def release_config_vars(self, app: str, version: int) -> dict[str, str]:
        return {}

    def release_slug(self, app: str, slug_id: str, *, description: str) -> Release:
        with self._written(f"release {slug_id} on {app}"):
            return self.put(app, slug_id, description)

    def promote(
        self, *, pipeline_id: str, source: Release, source_app_id: str, target_id: str
    ) -> Promotion:
        app = target_id.removeprefix("id-")
        with self._written(f"promote {source.id} to {app}"):
            slug = self.puts_instead or source.slug
            if self.target is TargetStatus.SUCCEEDED and slug is not None:
                self.put(app, slug.id, "Promote")
            return Promotion("promotion", PromotionStatus.COMPLETED)

    def promotion_targets(self, promotion_id: str) -> tuple[PromotionTarget, ...]:
        newest = self.apps["production"][-1]
        failed = self.target is TargetStatus.FAILED
        return (
            PromotionTarget(
                "id-production",
                None if failed else newest.id,
                self.target,
                "release command failed" if failed else None,
            ),
        )

    def dynos(self, app: str) -> tuple[Dyno, ...]:
        live = self.current_release(app)
        state = DynoState.CRASHED if self.crashes else DynoState.UP
        restarts = self.restarts.count(app)
        if restarts and self.lingers:
            self.lingers -= 1
            restarts -= 1
        version = live.version if live else 0
        return (Dyno(f"d{version}.{restarts}", "web.1", "web", state, version),)

    def restart_dynos(self, app: str) -> None:
        with self._written(f"restart {app}"):
            self.restarts.append(app)

    @contextmanager
    def open_log(
        self, app: str, *, lines: int = 1, tail: bool = True
    ) -> Iterator[Iterator[str]]:
        yield iter(())

    @contextmanager
    def _written(self, what: str) -> Iterator[None]:
        self.before_write()
        self.writes.append(what)
        if self.refuses:
            raise PlatformRefused("no", status=422, error_id="invalid_params")
        lost, self.loses = self.loses, ""
        if lost == "the request":
            raise PlatformUnavailable("the request was lost")
        yield
        if lost == "the answer":
            raise PlatformUnavailable("the answer was lost")
