"""All endpoints together, behind the path that every request takes."""

from aiohttp import web

from gate.local_platform.api import (
    account,
    apps,
    blobs,
    builds,
    config_vars,
    dynos,
    features,
    formation,
    logs,
    outputs,
    pipelines,
    promotions,
    releases,
    slugs,
)
from gate.local_platform.api.context import PLATFORM
from gate.local_platform.api.middlewares import (
    PATH_OF_A_REQUEST,
    RATE_LIMIT,
    RateLimit,
)
from gate.local_platform.platform import Platform

_RESOURCES = (
    account,
    apps,
    blobs,
    builds,
    config_vars,
    dynos,
    features,
    formation,
    logs,
    outputs,
    pipelines,
    promotions,
    releases,
    slugs,
)


def application(platform: Platform) -> web.Application:
    """The Platform API of one platform."""
    app = web.Application(middlewares=PATH_OF_A_REQUEST, client_max_size=1024 * 1024)
    app[PLATFORM] = platform
    app[RATE_LIMIT] = RateLimit(platform.premises.timers.refill)
    for resource in _RESOURCES:
        app.add_routes(resource.routes)
    return app
