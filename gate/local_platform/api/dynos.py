"""Dynos: list, restart, stop, and one-off dynos that run detached."""

from dataclasses import replace

from aiohttp import web

from gate.local_platform.api import context, problems
from gate.local_platform.api.serializers import Json
from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.dynos.formation import Formation

routes = web.RouteTableDef()


@routes.get("/apps/{app}/dynos")
async def index(request: web.Request) -> web.Response:
    """All dynos of the app, one-off ones included."""
    dynos = _formation(request).dynos()
    return web.json_response([_json(request, dyno) for dyno in dynos])


@routes.get("/apps/{app}/dynos/{dyno}")
async def show(request: web.Request) -> web.Response:
    """One dyno, by id or name."""
    return web.json_response(_json(request, _dyno(request)))


@routes.post("/apps/{app}/dynos")
async def run(request: web.Request) -> web.Response:
    """A one-off dyno of the current release; its output goes to the log."""
    app = context.app(request)
    body = await context.body(request)
    command = body.text("command")
    if body.flag("attach"):
        raise problems.invalid_params("Attached dynos are not emulated; use the log.")
    env = body.inner("env").fields if body.has("env") else {}
    if not all(isinstance(v, str) and "\0" not in v for v in env.values()):
        raise problems.invalid_params("env must map names to strings.")
    state = context.state(request)
    release, slug = state.current_release(app), state.current_slug(app)
    if release is None or slug is None:
        raise problems.invalid_params("The app has no release with a slug yet.")
    release = replace(release, config={**release.config, **env})
    dyno = _formation(request).run_one_off("run", command, release, slug)
    return web.json_response(_json(request, dyno), status=201)


@routes.delete("/apps/{app}/dynos")
async def restart_all(request: web.Request) -> web.Response:
    """Replace all dynos of the formation by fresh ones."""
    for dyno in _formation(request).dynos():
        if dyno.launch.type not in ("run", "release"):
            _formation(request).restart(dyno)
    return web.json_response({}, status=202)


@routes.delete("/apps/{app}/dynos/{dyno}")
@routes.post("/apps/{app}/dynos/{dyno}/actions/stop")
async def restart(request: web.Request) -> web.Response:
    """Stop a dyno; one of the formation is started again, fresh."""
    _formation(request).restart(_dyno(request))
    return web.json_response({}, status=202)


@routes.delete("/apps/{app}/formations/{type}")
@routes.post("/apps/{app}/formations/{type}/actions/stop")
async def restart_type(request: web.Request) -> web.Response:
    """The same for all dynos of one process type."""
    kind = request.match_info["type"]
    found = [d for d in _formation(request).dynos() if d.launch.type == kind]
    if not found:
        raise problems.not_found("formation")
    for dyno in found:
        _formation(request).restart(dyno)
    return web.json_response({}, status=202)


def _formation(request: web.Request) -> Formation:
    return context.platform(request).formations[context.app(request).id]


def _dyno(request: web.Request) -> Dyno:
    wanted = request.match_info["dyno"]
    for dyno in _formation(request).dynos():
        if wanted in (dyno.id, dyno.name):
            return dyno
    raise problems.not_found("dyno")


def _json(request: web.Request, dyno: Dyno) -> Json:
    return context.serializer(request).dyno(context.app(request), dyno)
