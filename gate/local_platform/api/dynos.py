"""Dynos: list, restart, stop, and one-off dynos that run detached."""

import re
from dataclasses import dataclass, replace

from aiohttp import web

from gate.local_platform.api import context, problems
from gate.local_platform.api.context import Body
from gate.local_platform.api.formation import size_named
from gate.local_platform.api.serializers import Json
from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.dynos.formation import Formation

routes = web.RouteTableDef()

_VARIABLE = re.compile(r"\w+", re.ASCII)
_TYPE = re.compile(r"[a-z][a-z0-9_-]{0,29}", re.IGNORECASE)
_LONGEST_LIFE = 86_400  # seconds


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
    order = _order(await context.body(request))
    state = context.state(request)
    release, slug = state.current_release(app), state.current_slug(app)
    if release is None or slug is None:
        raise problems.invalid_params("The app has no release with a slug yet.")
    if order.type in (*slug.process_types, "release"):
        raise problems.invalid_params(
            f"{order.type} is a process type of the formation: scale that, or leave "
            "type out."
        )
    release = replace(release, config={**release.config, **order.env})
    dyno = _formation(request).run_one_off(
        order.type,
        order.command,
        release,
        slug,
        size=order.size,
        lifetime=order.lifetime,
    )
    return web.json_response(_json(request, dyno), status=201)


@routes.delete("/apps/{app}/dynos")
async def restart_all(request: web.Request) -> web.Response:
    """Replace all dynos of the formation by fresh ones."""
    for dyno in _formation(request).members():
        _formation(request).restart(dyno)
    return web.json_response({}, status=202)


@routes.delete("/apps/{app}/dynos/{dyno}")
async def restart(request: web.Request) -> web.Response:
    """Replace a dyno by a fresh one; a one-off dyno only stops."""
    _formation(request).restart(_dyno(request))
    return web.json_response({}, status=202)


@routes.post("/apps/{app}/dynos/{dyno}/actions/stop")
async def stop(request: web.Request) -> web.Response:
    """Stop a dyno; one of the formation is started again, fresh."""
    _formation(request).stop(_dyno(request))
    return web.json_response({}, status=202)


@routes.delete("/apps/{app}/formations/{type}")
async def restart_type(request: web.Request) -> web.Response:
    """Replace all dynos of one process type, if there are any."""
    for dyno in _dynos_of_type(request):
        _formation(request).restart(dyno)
    return web.json_response({}, status=202)


@routes.post("/apps/{app}/formations/{type}/actions/stop")
async def stop_type(request: web.Request) -> web.Response:
    """Stop all dynos of one process type; they are started again, fresh."""
    for dyno in _dynos_of_type(request):
        _formation(request).stop(dyno)
    return web.json_response({}, status=202)


@routes.post("/local/apps/{app}/cycle")
async def cycle(request: web.Request) -> web.Response:
    """Let all dynos of the formation cycle now, as each does once a day."""
    _formation(request).cycle()
    return web.json_response({}, status=202)


@dataclass(frozen=True, slots=True)
class _Order:
    type: str
    command: str
    env: dict[str, str]
    size: str | None
    lifetime: float | None


def _order(body: Body) -> _Order:
    """What a one-off dyno shall be; 422 for what is not served here."""
    command = body.text("command")
    if body.flag("attach"):
        raise problems.invalid_params(
            "Attached dynos (rendezvous) are not emulated: run it detached "
            "(heroku run:detached), its output is in the log."
        )
    env = body.inner("env").fields if body.has("env") else {}
    if not all(
        _VARIABLE.fullmatch(name) and isinstance(value, str) and "\0" not in value
        for name, value in env.items()
    ):
        raise problems.invalid_params("env must map names to strings.")
    lifetime = body.number("time_to_live")
    if lifetime is not None and not 1 <= lifetime <= _LONGEST_LIFE:
        raise problems.invalid_params(
            f"time_to_live must be 1 to {_LONGEST_LIFE} seconds."
        )
    return _Order(
        type=body.named("type", _TYPE) if body.has("type") else "run",
        command=command,
        env=env,
        size=size_named(body.optional("size")),
        lifetime=lifetime,
    )


def _dynos_of_type(request: web.Request) -> list[Dyno]:
    kind = request.match_info["type"]
    slug = context.state(request).current_slug(context.app(request))
    if slug is None or kind not in slug.process_types or kind == "release":
        raise problems.not_found("formation")
    return [d for d in _formation(request).members() if d.launch.type == kind]


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
