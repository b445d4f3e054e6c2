"""Furnishing an empty local platform: the pipeline, its apps, their config vars."""

import re
from collections.abc import Callable, Mapping

from gate.errors import NotFound, UsageProblem
from gate.model.platform import Platform
from gate.model.premises import Premises
from gate.model.release import App, Release, Stage

URL_OF = re.compile(r"\{url:([a-z0-9-]+)\}")
MEMORY = "log-runtime-metrics"  # without it dynos tell no memory to be judged


def furnish(
    platform: Platform,
    premises: Premises,
    config: Mapping[str, Mapping[str, str]],
    *,
    deploy_component: Callable[[str], Release],
) -> None:
    """Create what is missing, and nothing twice; components get a first release.

    The apps that are judged tell their memory, from their first release on.
    In config vars ``{url:NAME}`` stands for where the app NAME serves.
    """
    stages = {premises.staging: Stage.STAGING, premises.production: Stage.PRODUCTION}
    components = tuple(premises.components.values())
    judged = [*stages, *((premises.baseline,) if premises.baseline else ())]
    names = [*components, *judged]
    apps = {name: _app(platform, name) for name in names}
    for name in judged:
        platform.enable_feature(name, MEMORY)
    _couple(platform, premises.pipeline, {apps[n]: s for n, s in stages.items()})
    for name in names:
        _configure(platform, name, config.get(name, {}), apps)
    for name in components:
        live = platform.current_release(name)
        if live is None or live.slug is None:
            deploy_component(name)


def _app(platform: Platform, name: str) -> App:
    try:
        return platform.app(name)
    except NotFound:
        return platform.create_app(name)


def _couple(platform: Platform, name: str, stages: Mapping[App, Stage]) -> None:
    pipeline = platform.pipeline(name) or platform.create_pipeline(name)
    coupled = {each.app_id for each in platform.couplings(pipeline.id)}
    for app, stage in stages.items():
        if app.id not in coupled:
            platform.couple(pipeline.id, app.id, stage)


def _configure(
    platform: Platform, name: str, wanted: Mapping[str, str], apps: Mapping[str, App]
) -> None:
    def where(match: re.Match[str]) -> str:
        app = apps.get(match[1])
        if app is None:
            raise UsageProblem(
                f"[tool.gate.local.config] {name} speaks of {match[0]}",
                why=f"there is no app {match[1]} here",
                advice=f"the apps are {', '.join(apps)}",
            )
        return app.web_url

    values = {key: URL_OF.sub(where, value) for key, value in wanted.items()}
    present = platform.config_vars(name)
    stale = {
        key: value
        for key, value in values.items()
        if key not in present
        or (URL_OF.search(wanted[key]) is not None and present[key] != value)
    }
    if stale:
        platform.set_config_vars(name, stale)
