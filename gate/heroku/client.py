"""Every call the gate makes to Heroku, one method for each."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from pydantic import TypeAdapter

from gate.heroku import decoding
from gate.heroku.addresses import path
from gate.heroku.decoding import ReleaseJson, decode, newest_first
from gate.heroku.patience import Patience
from gate.heroku.streams import LineStream
from gate.heroku.transport import Call, Transport
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

T = TypeVar("T")
LARGEST_PAGE: Final = 1000
SEARCH_PAGE: Final = 20


class HerokuClient:
    """A `gate.model.platform.Platform` over HTTP (Platform API v3).

    *base_url* must be https or this machine (`UsageProblem` otherwise). Reads,
    and the writes that may happen twice (a place for a source, a log session, a
    feature, a restart), are repeated within *patience*; every other write is sent
    once, and `WriteUnconfirmed` says that it may have happened. The clock (monotonic
    seconds), the sleep and the jitter can be replaced.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: random.Random | None = None,
    ) -> None:
        self._transport = Transport(
            base_url, token, patience=patience, clock=clock, sleep=sleep, jitter=jitter
        )
        self._stream_attempts = patience.stream_attempts
        self._slugs: dict[str, Slug] = {}

    def __repr__(self) -> str:
        return f"HerokuClient({self._transport.base_url!r})"

    @property
    def rate_limit_remaining(self) -> int | None:
        """The requests left in the account's budget, as last told."""
        return self._transport.rate_limit_remaining

    def app(self, name: str) -> App:
        """Return an app by name or id."""
        return self._get(decoding.APP, path("apps", name)).noun()

    def create_app(self, name: str) -> App:
        """Create an app."""
        return self._post(decoding.APP, path("apps"), {"name": name}).noun()

    def config_vars(self, app: str) -> dict[str, str]:
        """Return an app's config vars."""
        return self._get(decoding.CONFIG_VARS, path("apps", app, "config-vars"))

    def release_config_vars(self, app: str, version_or_id: int | str) -> dict[str, str]:
        """Return the config vars that a release ran with."""
        where = path("apps", app, "releases", version_or_id, "config-vars")
        return self._get(decoding.CONFIG_VARS, where)

    def set_config_vars(self, app: str, values: Mapping[str, str | None]) -> None:
        """Change config vars; null removes one. Creates a release."""
        where = path("apps", app, "config-vars")
        self._transport.send(Call("PATCH", where, json=dict(values)))

    def enable_feature(self, app: str, name: str) -> None:
        """Switch a feature of an app on, or leave it on; asking twice does no harm."""
        where = path("apps", app, "features", name)
        call = Call("PATCH", where, json={"enabled": True}, repeatable=True)
        self._transport.send(call)

    def releases(self, app: str, *, limit: int = 50) -> tuple[Release, ...]:
        """Return the newest releases first, slugs resolved to id only."""
        found: list[Release] = []
        live_found = False
        for release in islice(self._newest_releases(app, limit), max(limit, 0)):
            live = release.may_be_live and not live_found
            live_found = live_found or live
            slug = Slug(release.slug_id, None, None) if release.slug_id else None
            found.append(release.noun(current=live, slug=slug))
        return tuple(found)

    def release(self, app: str, version_or_id: int | str) -> Release:
        """Return one release, its slug with checksum and commit."""
        where = path("apps", app, "releases", version_or_id)
        release = self._get(decoding.RELEASE, where)
        slug = self.slug(app, release.slug_id) if release.slug_id else None
        current = release.current
        if current is None:
            live = self.current_release(app)
            current = live is not None and live.id == release.id
        return release.noun(current=current, slug=slug)

    def current_release(self, app: str) -> Release | None:
        """Return the release flagged current, slug included; None: nothing is live.

        On a platform that flags none, the newest that succeeded.
        """
        for release in self._newest_releases(app, SEARCH_PAGE):
            if release.may_be_live:
                slug = self.slug(app, release.slug_id) if release.slug_id else None
                return release.noun(current=True, slug=slug)
        return None

    def slug(self, app: str, slug_id: str) -> Slug:
        """Return one slug; asked for once, because a slug never changes."""
        if slug_id not in self._slugs:
            where = path("apps", app, "slugs", slug_id)
            self._slugs[slug_id] = self._get(decoding.SLUG, where).noun()
        return self._slugs[slug_id]

    def release_slug(self, app: str, slug_id: str, *, description: str) -> Release:
        """Release a slug with today's config; sent once, never repeated blindly.

        The slug of the answer is known by its id alone unless it was asked for
        before: no further call may fail once the release exists.
        """
        body = {"slug": slug_id, "description": description}
        made = self._post(decoding.RELEASE, path("apps", app, "releases"), body)
        slug = self._slugs.get(slug_id, Slug(slug_id, None, None))
        return made.noun(current=made.current is True, slug=slug)

    def create_source(self) -> SourceBlob:
        """Ask for a place to put a source tarball."""
        call = Call("POST", path("sources"), repeatable=True)
        return decode(decoding.SOURCE, self._transport.send(call)).noun()

    def upload_source(self, blob: SourceBlob, tarball: Path) -> None:
        """Put a gzipped source tarball in its place."""
        self._transport.put_file(blob.put_url, tarball, name="source upload")

    def create_build(self, app: str, *, source_url: str, version: str) -> Build:
        """Start a build; *version* becomes the slug's commit."""
        body = {"source_blob": {"url": source_url, "version": version}}
        return self._post(decoding.BUILD, path("apps", app, "builds"), body).noun()

    def find_build(self, app: str, *, source_url: str) -> Build | None:
        """Return the app's build of a source, if there is one; each source is new."""
        for build in self._all(decoding.BUILDS, path("apps", app, "builds")):
            if build.source_blob.url == source_url:
                return build.noun()
        return None

    def build(self, app: str, build_id: str) -> Build:
        """Return one build."""
        return self._get(decoding.BUILD, path("apps", app, "builds", build_id)).noun()

    def stream(self, url: str) -> Iterator[str]:
        """Yield the lines of an output stream until it ends.

        Waits a bounded time for one that has not started. Its end proves nothing:
        ask for the build or the release. Raises `PlatformUnavailable` if it breaks
        off, `NotFound` if it never starts.
        """
        opened = self._transport.open_lines(
            url, name="output stream", attempts=self._stream_attempts
        )
        with opened as lines:
            yield from lines

    def dynos(self, app: str) -> tuple[Dyno, ...]:
        """Return the dynos of an app."""
        dynos = self._all(decoding.DYNOS, path("apps", app, "dynos"))
        return tuple(dyno.noun() for dyno in dynos)

    def restart_dynos(self, app: str) -> None:
        """Replace all dynos of an app by fresh ones; asking twice does no harm."""
        where = path("apps", app, "dynos")
        self._transport.send(Call("DELETE", where, repeatable=True))

    def pipeline(self, name: str) -> Pipeline | None:
        """Return a pipeline by name, or None."""
        where = path("pipelines") + "?" + urlencode({"eq[name]": name})
        for pipeline in self._all(decoding.PIPELINES, where):
            if pipeline.name == name:
                return pipeline.noun()
        return None

    def create_pipeline(self, name: str) -> Pipeline:
        """Create a pipeline."""
        return self._post(decoding.PIPELINE, path("pipelines"), {"name": name}).noun()

    def couplings(self, pipeline_id: str) -> tuple[Coupling, ...]:
        """Return the apps of a pipeline."""
        where = path("pipelines", pipeline_id, "pipeline-couplings")
        return tuple(found.noun() for found in self._all(decoding.COUPLINGS, where))

    def couple(self, pipeline_id: str, app_id: str, stage: Stage) -> Coupling:
        """Put an app into a pipeline."""
        body = {"app": app_id, "pipeline": pipeline_id, "stage": stage.value}
        return self._post(decoding.COUPLING, path("pipeline-couplings"), body).noun()

    def promote(
        self, *, pipeline_id: str, source: Release, source_app_id: str, target_id: str
    ) -> Promotion:
        """Promote exactly *source* (``source.release.id``); sent once."""
        body = {
            "pipeline": {"id": pipeline_id},
            "source": {"app": {"id": source_app_id}, "release": {"id": source.id}},
            "targets": [{"app": {"id": target_id}}],
        }
        where = path("pipeline-promotions")
        return self._post(decoding.PROMOTION, where, body).noun()

    def promotion(self, promotion_id: str) -> Promotion:
        """Return one promotion."""
        where = path("pipeline-promotions", promotion_id)
        return self._get(decoding.PROMOTION, where).noun()

    def promotion_targets(self, promotion_id: str) -> tuple[PromotionTarget, ...]:
        """Return how a promotion fares on each target."""
        where = path("pipeline-promotions", promotion_id, "promotion-targets")
        return tuple(target.noun() for target in self._all(decoding.TARGETS, where))

    def open_log(self, app: str, *, lines: int = 1, tail: bool = True) -> LineStream:
        """Open an app's log: a context manager over its lines, oldest first.

        *lines* of history first; with *tail* the iterator goes on until the context
        is left, which ends it also from another thread. It is open when this
        returns: nothing logged from now on is missed.
        """
        call = Call(
            "POST",
            path("apps", app, "log-sessions"),
            json={"lines": lines, "tail": tail},
            repeatable=True,
        )
        session = decode(decoding.LOG_SESSION, self._transport.send(call))
        return self._transport.open_lines(session.logplex_url, name=f"log of {app}")

    def _newest_releases(self, app: str, page_size: int) -> Iterator[ReleaseJson]:
        size = min(max(page_size, 1), LARGEST_PAGE)
        where = path("apps", app, "releases")
        first = f"version ..; order=desc, max={size}"
        return newest_first(self._transport.pages(where, first=first))

    def _get(self, shape: TypeAdapter[T], where: str) -> T:
        call = Call("GET", where, repeatable=True)
        return decode(shape, self._transport.send(call))

    def _post(self, shape: TypeAdapter[T], where: str, body: Mapping[str, Any]) -> T:
        return decode(shape, self._transport.send(Call("POST", where, json=body)))

    def _all(self, shape: TypeAdapter[list[T]], where: str) -> Iterator[T]:
        for page in self._transport.pages(where):
            yield from decode(shape, page)
