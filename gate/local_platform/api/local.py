"""What is not Heroku's, below /local/: how the platform stands, and its faults.

These calls are never faulted and cost no token of the rate limit. Faults are kept in
memory only: a restart of the platform clears them.
"""

from dataclasses import replace

from aiohttp import web

from gate.local_platform.api import context, problems
from gate.local_platform.faults import orders
from gate.local_platform.faults.kinds import Place
from gate.local_platform.faults.orders import Order, OrderRefused

routes = web.RouteTableDef()


@routes.get("/local/status")
async def status(request: web.Request) -> web.Response:
    """Where everything answers; timers unlike Heroku's, faults, states set aside."""
    platform = context.platform(request)
    premises = platform.premises
    answer = {
        "api_url": platform.api_url,
        "apps": [
            {"name": app.name, "port": app.port, "maintenance": app.maintenance}
            for app in sorted(premises.state.apps.values(), key=lambda app: app.name)
        ],
        "faults": [fault.facts() for fault in premises.faults.all()],
        "timers": premises.timers.unusual(),
        "set_aside": [str(state) for state in premises.home.states_aside],
    }
    return web.json_response(answer)


@routes.get("/local/faults")
async def index(request: web.Request) -> web.Response:
    """All faults, oldest first, with how often each struck."""
    faults = context.platform(request).premises.faults.all()
    return web.json_response([fault.facts() for fault in faults])


@routes.post("/local/faults")
async def create(request: web.Request) -> web.Response:
    """One more fault; 422 says what can be asked for."""
    platform = context.platform(request)
    fields = (await context.body(request)).fields
    try:
        order = _by_name(request, orders.read(fields))
        fault = platform.premises.faults.add(order)
    except OrderRefused as refused:
        raise problems.invalid_params(str(refused)) from None
    if order.place is Place.DYNO:
        for formation in platform.formations.values():
            formation.strike()
    return web.json_response(fault.facts(), status=201)


@routes.delete("/local/faults")
async def clear(request: web.Request) -> web.Response:
    """Take all faults back; what they did stays done."""
    cleared = context.platform(request).premises.faults.clear()
    return web.json_response([fault.facts() for fault in cleared])


@routes.delete("/local/faults/{fault}")
async def remove(request: web.Request) -> web.Response:
    """Take one fault back."""
    faults = context.platform(request).premises.faults
    cleared = faults.clear(request.match_info["fault"])
    if not cleared:
        raise problems.not_found("fault")
    return web.json_response(cleared[0].facts())


def _by_name(request: web.Request, order: Order) -> Order:
    """The same with the app's own name where its id was given; 422 if there is none."""
    if orders.ANY in order.app:
        return order
    state = context.state(request)
    found = state.app(order.app)
    if found is None:
        known = ", ".join(sorted(app.name for app in state.apps.values())) or "none yet"
        raise problems.invalid_params(
            f"There is no app {order.app!r}; there is: {known}."
        )
    return replace(order, app=found.name)
