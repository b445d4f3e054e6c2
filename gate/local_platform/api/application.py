"""All endpoints together, behind the path that every request takes."""

from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from gate.local_platform.api import (
    account,
    addons,
    apps,
    blobs,
    builds,
    config_vars,
    dynos,
    features,
    formation,
    local,
    logs,
    outputs,
    pipelines,
    promotions,
    releases,
    slugs,
)
from gate.local_platform.api.context import PLATFORM
from gate.local_platform.api.exchanges import recording
from gate.local_platform.api.faulted import faulted
from gate.local_platform.api.middlewares import (
    PATH_OF_A_REQUEST,
    RATE_LIMIT,
    RateLimit,
)
from gate.local_platform.api.slow_clients import punctual
from gate.local_platform.platform import Platform

_RESOURCES = (
    account,
    addons,
    apps,
    blobs,
    builds,
    config_vars,
    dynos,
    features,
    formation,
    local,
    logs,
    outputs,
    pipelines,
    promotions,
    releases,
    slugs,
)


def routes() -> Iterator[web.AbstractRouteDef]:
    """Every endpoint there is."""
    for resource in _RESOURCES:
        yield from resource.routes


def application(platform: Platform, exchanges: Path | None = None) -> web.Application:
    """The Platform API of one platform; *exchanges* keeps what is asked and answered."""
    outermost = (recording(exchanges),) if exchanges else ()
    app = web.Application(
        middlewares=(*outermost, *PATH_OF_A_REQUEST, punctual, faulted),
        client_max_size=1024 * 1024,
    )
    app[PLATFORM] = platform
    app[RATE_LIMIT] = RateLimit(platform.premises.timers.refill)
    app.add_routes(routes())
    return app
