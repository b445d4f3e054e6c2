"""The formation: how many dynos of each process type."""

import re

from aiohttp import web

from gate.local_platform import transitions
from gate.local_platform.api import context, problems
from gate.local_platform.api.context import Body
from gate.local_platform.api.serializers import Json, stable_id
from gate.local_platform.dynos import sizes
from gate.local_platform.state import App

routes = web.RouteTableDef()

MOST = 20
_CHANGE = re.compile(r"[+-][0-9]{1,6}")


@routes.get("/apps/{app}/formation")
async def index(request: web.Request) -> web.Response:
    """The process types of the current slug."""
    app = context.app(request)
    return web.json_response([_json(request, app, kind) for kind in _types(request)])


@routes.get("/apps/{app}/formation/{type}")
async def show(request: web.Request) -> web.Response:
    """One process type, by its name or id."""
    return web.json_response(
        _json(
            request, context.app(request), _named(request, request.match_info["type"])
        )
    )


@routes.patch("/apps/{app}/formation")
async def change_many(request: web.Request) -> web.Response:
    """Scale several process types at once, or none if one of them is wrong."""
    updates = (await context.body(request)).items("updates")
    app = context.app(request)
    kinds = [_named(request, update.text("type")) for update in updates]
    for kind, update in zip(kinds, updates, strict=True):
        app = _scaled(app, kind, update)
    _apply(request, app)
    return web.json_response([_json(request, app, kind) for kind in kinds])


@routes.patch("/apps/{app}/formation/{type}")
async def change(request: web.Request) -> web.Response:
    """Scale one process type."""
    body = await context.body(request)
    kind = _named(request, request.match_info["type"])
    app = _scaled(context.app(request), kind, body)
    _apply(request, app)
    return web.json_response(_json(request, app, kind))


def _scaled(app: App, kind: str, update: Body) -> App:
    quantity = _quantity(update, app.scales[kind].quantity)
    if quantity is not None and quantity > MOST:
        raise problems.invalid_params(f"At most {MOST} dynos of a type run here.")
    size = update.fields.get("dyno_size", update.fields.get("size"))
    if isinstance(size, dict):
        size = size.get("name", size.get("id"))
    return transitions.scale(app, kind, quantity, size_named(size))


def _quantity(update: Body, now: int) -> int | None:
    """A number, which may be sent as text, or a change of it such as `+1`."""
    given = update.fields.get("quantity")
    if isinstance(given, str) and _CHANGE.fullmatch(given):
        return max(0, now + int(given))
    return update.number("quantity")


def size_named(given: object) -> str | None:
    """The size of a name or id, spelt properly; 422 if there is none, None for None."""
    if given is None:
        return None
    if isinstance(given, str):
        for size in sizes.SIZES.values():
            if given.lower() == size.name.lower() or given == stable_id(size.name):
                return size.name
    known = ", ".join(size.name for size in sizes.SIZES.values())
    raise problems.invalid_params(f"No such dyno size; there are {known}.")


def _apply(request: web.Request, app: App) -> None:
    platform = context.platform(request)
    platform.premises.state.apps[app.id] = app
    platform.premises.save()
    numbers = " ".join(f"{k}@{s.quantity}:{s.size}" for k, s in app.scales.items())
    platform.premises.announce(app, f"Scaled to {numbers} by user {{by}}")
    platform.formations[app.id].scale()


def _types(request: web.Request) -> dict[str, str]:
    """Process types in the formation and their commands."""
    slug = context.state(request).current_slug(context.app(request))
    types = slug.process_types if slug else {}
    return {kind: command for kind, command in types.items() if kind != "release"}


def _named(request: web.Request, id_or_type: str) -> str:
    scales = context.app(request).scales
    for kind in _types(request):
        if id_or_type in (kind, scales[kind].id):
            return kind
    raise problems.not_found("formation")


def _json(request: web.Request, app: App, kind: str) -> Json:
    command = _types(request)[kind]
    return context.serializer(request).formation(app, kind, command)
