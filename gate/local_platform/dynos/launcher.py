"""Makes the dynos of one app: what they run, with what, and where."""

from collections.abc import Callable

from gate.local_platform.dynos.dyno import Dyno, Launch, Site
from gate.local_platform.premises import Premises
from gate.local_platform.state import Release, Slug

_DEFAULT_SIZE = "Basic"


class Launcher:
    """Builds dynos from releases, and runs each to its end."""

    def __init__(
        self, premises: Premises, app_id: str, changed: Callable[[Dyno], None]
    ) -> None:
        self._premises = premises
        self._app_id = app_id
        self._changed = changed

    def dyno(
        self,
        name: str,
        command: str,
        release: Release,
        slug: Slug,
        *,
        size: str | None = None,
        printed: Callable[[str], None] | None = None,
    ) -> Dyno:
        """A dyno that is not started yet; *printed* hears its output too."""
        app = self._premises.state.apps[self._app_id]
        launch = Launch(
            name=name,
            command=command,
            release_id=release.id,
            version=release.version,
            size=size or self.size(name.partition(".")[0]),
            slug=self._premises.home.slug(slug.id),
            programs=self._premises.environments.bin(slug.environment or ""),
            variables=self._metadata(release, slug) | release.config,
            app_number=app.number,
            tells_use=app.runtime_metrics,
        )
        return Dyno(launch, self._premises.reserve_port(), self._site(printed))

    def asleep(self, dyno: Dyno) -> Dyno:
        """Stands for a dyno that was stopped until somebody visits the app."""
        idle = Dyno(dyno.launch, 0, self._site(None))
        idle.state = "idle"
        return idle

    def size(self, type: str) -> str:
        """The size that dynos of a type have; one-off ones are as large as web's."""
        scales = self._premises.state.apps[self._app_id].scales
        scale = scales.get(type) or scales.get("web")
        return scale.size if scale else _DEFAULT_SIZE

    async def run(self, dyno: Dyno) -> None:
        """Run it until nothing of it is left; its port may be used again then."""
        try:
            await dyno.run()
        finally:
            self._premises.dyno_ports.discard(dyno.port)

    def _site(self, printed: Callable[[str], None] | None) -> Site:
        return Site(
            folder=self._premises.dynos,
            timers=self._premises.timers,
            log=self._premises.logplex.of(self._app_id),
            changed=self._changed,
            printed=printed,
        )

    def _metadata(self, release: Release, slug: Slug) -> dict[str, str]:
        app = self._premises.state.apps[self._app_id]
        return {
            "HEROKU_APP_ID": app.id,
            "HEROKU_APP_NAME": app.name,
            "HEROKU_RELEASE_VERSION": f"v{release.version}",
            "HEROKU_RELEASE_CREATED_AT": release.created_at,
            "HEROKU_SLUG_COMMIT": slug.commit or "",
            "HEROKU_BUILD_COMMIT": slug.commit or "",
            "HEROKU_SLUG_DESCRIPTION": slug.commit_description or "",
        }
