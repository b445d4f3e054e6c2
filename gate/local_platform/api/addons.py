"""Add-ons and their attachments: create, list, find, destroy."""

import re
from collections.abc import Callable
from dataclasses import replace

from aiohttp import web

from gate.local_platform.addons.installation import AddOnError
from gate.local_platform.addons.provider import PLAN, SERVICE
from gate.local_platform.api import context, problems
from gate.local_platform.api.context import Body
from gate.local_platform.api.problems import Problem
from gate.local_platform.api.releases import refuse_while_pending
from gate.local_platform.api.serializers import Json, stable_id
from gate.local_platform.state import AddOn

routes = web.RouteTableDef()

_NAME = re.compile(r"[a-zA-Z][A-Za-z0-9_-]{1,62}")
_ATTACHMENT = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
_PRICE = {"cents": 0, "contract": False, "unit": "month"}
_KEYS: dict[str, Callable[[AddOn], str]] = {
    "id": lambda addon: addon.id,
    "name": lambda addon: addon.name,
}


@routes.get("/addons")
async def index(request: web.Request) -> web.Response:
    """The add-ons of all apps."""
    return context.listed(request, _all(request), _KEYS, _writer(request))


@routes.get("/apps/{app}/addons")
async def index_of_app(request: web.Request) -> web.Response:
    """The add-ons of one app."""
    return context.listed(request, _of_app(request), _KEYS, _writer(request))


@routes.get("/users/{account}/addons")
async def index_of_account(request: web.Request) -> web.Response:
    """All of them, as all apps are the account's."""
    context.account(request)
    return context.listed(request, _all(request), _KEYS, _writer(request))


@routes.get("/addons/{addon}")
async def show(request: web.Request) -> web.Response:
    """One add-on, by id or name."""
    return web.json_response(_writer(request)(_named(request, _all(request))))


@routes.get("/apps/{app}/addons/{addon}")
async def show_of_app(request: web.Request) -> web.Response:
    """One add-on of an app, by id or name."""
    return web.json_response(_writer(request)(_named(request, _of_app(request))))


@routes.post("/apps/{app}/addons")
async def create(request: web.Request) -> web.Response:
    """A database for the app; answers once its release exists."""
    app = context.app(request)
    body = await context.body(request)
    _refuse_unknown_plan(body)
    name = body.named("name", _NAME) if body.has("name") else None
    if name in {addon.name for addon in context.state(request).addons.values()}:
        raise problems.invalid_params("Name is already taken")
    if body.has("config") and body.inner("config").fields:
        raise problems.invalid_params(f"{PLAN} has no options here; leave config out.")
    wanted = body.inner("attachment") if body.has("attachment") else Body({})
    attachment = wanted.named("name", _ATTACHMENT) if wanted.has("name") else None
    refuse_while_pending(request, app)
    platform = context.platform(request)
    try:
        addon = await platform.addons.provision(
            app, name, attachment, platform.own_database(app)
        )
    except AddOnError as error:
        raise problems.invalid_params(f"{error}.") from None
    return web.json_response(_writer(request)(addon), status=201)


@routes.delete("/apps/{app}/addons/{addon}")
async def destroy(request: web.Request) -> web.Response:
    """The database is dropped with all that is in it; the config var goes first."""
    app = context.app(request)
    addon = _named(request, _of_app(request))
    if addon.state == "provisioning":
        raise problems.conflict(f"{addon.name} is still being provisioned.")
    refuse_while_pending(request, app)
    answer = _writer(request)(replace(addon, state="deprovisioned"))
    await context.platform(request).addons.deprovision(addon)
    return web.json_response(answer)


@routes.post("/actions/addons/resolve")
async def resolve(request: web.Request) -> web.Response:
    """The add-ons that a person may mean; reads only, although it is a POST."""
    body = await context.body(request)
    wanted, service = body.text("addon"), body.optional("addon_service")
    addons = _all(request)
    named, separator, rest = wanted.partition("::")
    of_app = named if separator else body.optional("app")
    if of_app is not None:
        app = context.state(request).app(of_app)
        if app is None:
            raise problems.not_found("app")
        addons = [addon for addon in addons if addon.app_id == app.id]
    word = rest or wanted
    found = [
        addon
        for addon in addons
        if word in (addon.id, addon.name)
        or (of_app and word in (addon.attachment, addon.config_var, SERVICE, PLAN))
    ]
    if not found or service not in (None, SERVICE):
        raise _no_addon()
    return web.json_response([_writer(request)(addon) for addon in found])


@routes.get("/addon-attachments")
async def attachments(request: web.Request) -> web.Response:
    """Each add-on is attached once, to the app that it was made for."""
    return context.listed(request, _all(request), _KEYS, _attachment_of(request))


@routes.get("/apps/{app}/addon-attachments")
async def attachments_of_app(request: web.Request) -> web.Response:
    """The attachments of one app."""
    return context.listed(request, _of_app(request), _KEYS, _attachment_of(request))


@routes.get("/addons/{addon}/addon-attachments")
async def attachments_of_addon(request: web.Request) -> web.Response:
    """The one attachment of an add-on."""
    addon = _named(request, _all(request))
    return web.json_response([_attachment_of(request)(addon)])


def _refuse_unknown_plan(body: Body) -> None:
    """A plan is named, or, as the official command line does, an object with a name."""
    plan = body.fields.get("plan")
    name = Body(plan, "plan.").text("name") if isinstance(plan, dict) else None
    name = name or body.text("plan")
    if name not in (SERVICE, PLAN, stable_id(PLAN)):
        raise problems.invalid_params(
            f"{name[:80]} is not emulated here; the only add-on is {PLAN}."
        )


def _all(request: web.Request) -> list[AddOn]:
    state = context.state(request)
    return [
        addon
        for addon in state.addons.values()
        if addon.state != "deprovisioned" and addon.app_id in state.apps
    ]


def _of_app(request: web.Request) -> list[AddOn]:
    app = context.app(request)
    return [addon for addon in _all(request) if addon.app_id == app.id]


def _named(request: web.Request, addons: list[AddOn]) -> AddOn:
    wanted = request.match_info["addon"]
    for addon in addons:
        if wanted in (addon.id, addon.name):
            return addon
    raise _no_addon()


def _no_addon() -> Problem:
    return Problem(404, "not_found", "Couldn't find that add-on.", resource="add_on")


def _writer(request: web.Request) -> Callable[[AddOn], Json]:
    """Writes add-ons; the plan's price is said where the client asks for it."""
    expanded = "plan" in request.headers.get("Accept-Expansion", "")
    trouble = context.platform(request).addons.trouble
    apps = context.state(request).apps

    def write(addon: AddOn) -> Json:
        app = {"id": addon.app_id, "name": apps[addon.app_id].name}
        plan: Json = {"id": stable_id(addon.plan), "name": addon.plan}
        return {
            "actions": [],
            "addon_service": {"id": stable_id(SERVICE), "name": SERVICE},
            "app": app,
            "billed_price": _PRICE,
            "billing_entity": {**app, "type": "app"},
            "config_vars": [addon.config_var],
            "created_at": addon.created_at,
            "id": addon.id,
            "name": addon.name,
            "plan": plan | ({"price": _PRICE} if expanded else {}),
            "provider_id": addon.database,
            "provision_message": trouble,
            "state": addon.state,
            "updated_at": addon.updated_at,
            "web_url": None,
        }

    return write


def _attachment_of(request: web.Request) -> Callable[[AddOn], Json]:
    apps = context.state(request).apps

    def write(addon: AddOn) -> Json:
        app = {"id": addon.app_id, "name": apps[addon.app_id].name}
        return {
            "addon": {"id": addon.id, "name": addon.name, "app": app},
            "app": app,
            "created_at": addon.created_at,
            "id": addon.attachment_id,
            "log_input_url": None,
            "name": addon.attachment,
            "namespace": None,
            "updated_at": addon.updated_at,
            "web_url": None,
        }

    return write
