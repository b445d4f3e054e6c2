"""Heroku in memory: what a gate can ask of an `Estate`, each call a moment long."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gate.errors import NotFound
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
    TargetStatus,
)
from tests_unit.gate.protocol.estate import (
    LATENCY,
    Estate,
    Made,
    Place,
    Sent,
    slug,
)

BEGIN = datetime(2025, 1, 2, tzinfo=UTC)


class Heroku(Estate):
    """A `gate.model.platform.Platform`."""

    def app(self, name: str) -> App:
        self.called()
        place = self.place(name)
        return App(place.id, place.name, f"http://{place.name}.test")

    def config_vars(self, app: str) -> dict[str, str]:
        self.called()
        return dict(self.place(app).config)

    def release_config_vars(self, app: str, release: int | str) -> dict[str, str]:
        self.called()
        return dict(self._find(self.place(app), release).config)

    def releases(self, app: str, *, limit: int = 50) -> tuple[Release, ...]:
        self.called()
        place = self.look(app)
        newest = place.releases[: -limit - 1 : -1]
        return tuple(self._shown(place, made, whole=False) for made in newest)

    def release(self, app: str, version_or_id: int | str) -> Release:
        self.called()
        place = self.place(app)
        return self._shown(place, self._find(place, version_or_id), whole=True)

    def current_release(self, app: str) -> Release | None:
        self.called()
        place = self.look(app)
        live = place.live
        return self._shown(place, live, whole=True) if live else None

    def slug(self, app: str, slug_id: str) -> Slug:
        self.called()
        return self._slug(slug_id)

    def release_slug(self, app: str, slug_id: str, *, description: str) -> Release:
        self.called()
        place = self.place(app)
        sent = self.write("release", place.name, self._slug(slug_id), description)
        while sent.release is None:
            self.wait(LATENCY)
        return self._shown(place, sent.release, whole=True)

    def create_source(self) -> SourceBlob:
        self.called()
        return SourceBlob(f"put-{self.calls}", f"get-{self.calls}")

    def upload_source(self, blob: SourceBlob, tarball: Path) -> None:
        self.called()

    def create_build(self, app: str, *, source_url: str, version: str) -> Build:
        self.called()
        place, what = self.place(app), slug(version[0].upper())
        return _build(self.write("deploy", place.name, what, source_url))

    def find_build(self, app: str, *, source_url: str) -> Build | None:
        self.called()
        made = (s for s in self.sent if s.mark == source_url and not s.nothing)
        return next(map(_build, made), None)

    def build(self, app: str, build_id: str) -> Build:
        self.called()
        return _build(self._numbered(build_id))

    def stream(self, url: str) -> Iterator[str]:
        self.called()
        return iter(())

    def dynos(self, app: str) -> tuple[Dyno, ...]:
        self.called()
        place = self.look(app)
        if place.live is None:
            return ()
        name = f"{place.name}-{place.generation}"
        return (Dyno(name, "web.1", "web", DynoState.UP, place.live.version),)

    def restart_dynos(self, app: str) -> None:
        self.called()
        self.place(app).generation += 1

    def pipeline(self, name: str) -> Pipeline | None:
        self.called()
        return Pipeline("id-pipeline", name) if name in self.pipelines else None

    def couplings(self, pipeline_id: str) -> tuple[Coupling, ...]:
        self.called()
        return tuple(
            Coupling(f"couple-{app}", app, pipeline_id, stage)
            for app, stage in self.couples
        )

    def promote(
        self, *, pipeline_id: str, source: Release, source_app_id: str, target_id: str
    ) -> Promotion:
        self.called()
        staging, target = self.place(source_app_id), self.place(target_id)
        made = self._find(staging, source.id)
        assert made.slug is not None, "an empty release cannot be promoted"
        sent = self.write("promote", target.name, made.slug, "Promote")
        return _promotion(sent)

    def promotion(self, promotion_id: str) -> Promotion:
        self.called()
        return _promotion(self._numbered(promotion_id))

    def promotion_targets(self, promotion_id: str) -> tuple[PromotionTarget, ...]:
        self.called()
        sent = self._numbered(promotion_id)
        place, made = self.look(sent.app), sent.release
        status = TargetStatus.PENDING
        if made is not None and sent.over:
            good = made.status is ReleaseStatus.SUCCEEDED
            status = TargetStatus.SUCCEEDED if good else TargetStatus.FAILED
        failed = status is TargetStatus.FAILED
        return (
            PromotionTarget(
                place.id,
                made.id if made else None,
                status,
                "its release command failed" if failed else None,
            ),
        )

    @contextmanager
    def open_log(
        self, app: str, *, lines: int = 1, tail: bool = True
    ) -> Iterator[Iterator[str]]:
        self.called()
        yield iter(())

    def _numbered(self, id_: str) -> Sent:
        return self.sent[int(id_.rpartition("-")[2]) - 1]

    def _find(self, place: Place, version_or_id: int | str) -> Made:
        for made in place.releases:
            if version_or_id in (made.version, made.id):
                return made
        raise NotFound(f"{place.name} has no release {version_or_id}", status=404)

    def _slug(self, slug_id: str) -> Slug:
        for place in self.places.values():
            for made in place.releases:
                if made.slug is not None and made.slug.id == slug_id:
                    return made.slug
        raise NotFound(f"there is no slug {slug_id}", status=404)

    def _shown(self, place: Place, made: Made, *, whole: bool) -> Release:
        what = made.slug
        if what is not None and not whole:
            what = Slug(what.id, None, None)
        return Release(
            made.id,
            place.name,
            made.version,
            made.status,
            made is place.live,
            what,
            made.description,
            made.status is ReleaseStatus.SUCCEEDED and what is not None,
            BEGIN + timedelta(seconds=made.version),
        )


def _build(sent: Sent) -> Build:
    made = sent.release
    settled = BuildStatus.SUCCEEDED if made else BuildStatus.PENDING
    slug_id = made.slug.id if made and made.slug else None
    id_ = f"build-{sent.number}"
    return Build(id_, settled, f"output-{id_}", slug_id, made.id if made else None)


def _promotion(sent: Sent) -> Promotion:
    status = PromotionStatus.COMPLETED if sent.over else PromotionStatus.PENDING
    return Promotion(f"promotion-{sent.number}", status)


class Clock:
    """A `gate.actions.clock.Clock` of the model's time; no wait is shorter than 1 s."""

    def __init__(self, heroku: Heroku, boot: str = "boot-1") -> None:
        self._heroku, self._boot = heroku, boot

    @property
    def boot(self) -> str:
        return self._boot

    def ticks(self) -> float:
        return self._heroku.now

    def wait(self, seconds: float) -> None:
        self._heroku.wait(max(seconds, 1.0))
