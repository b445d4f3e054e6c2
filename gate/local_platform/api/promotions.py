"""Pipeline promotions and what became of each target."""

from uuid import uuid4

from aiohttp import web

from gate.local_platform import clock, transitions
from gate.local_platform.api import context, problems
from gate.local_platform.api.context import Body
from gate.local_platform.state import App, Promotion, Release, Target

routes = web.RouteTableDef()


@routes.post("/pipeline-promotions")
async def create(request: web.Request) -> web.Response:
    """Release one app's slug on others of its pipeline; goes on after this returns.

    `source.release.id` names the release; without it the current one is meant.
    """
    body = await context.body(request)
    pipeline_id = body.inner("pipeline").text("id")
    source_body = body.inner("source")
    source = _member(request, pipeline_id, source_body.inner("app").text("id"))
    release = _source_release(request, source, source_body)
    ids = [target.inner("app").text("id") for target in body.items("targets")]
    targets = [_member(request, pipeline_id, id) for id in dict.fromkeys(ids)]
    if source in targets:
        raise problems.invalid_params("An app cannot be promoted to itself.")
    at = clock.now()
    promotion = Promotion(
        id=str(uuid4()),
        pipeline_id=pipeline_id,
        source_app_id=source.id,
        source_release_id=release.id,
        targets=tuple(Target(str(uuid4()), app.id, "pending") for app in targets),
        created_at=at,
        updated_at=at,
    )
    context.platform(request).start_promotion(promotion)
    answer = context.serializer(request).promotion(promotion)
    return web.json_response(answer, status=201)


@routes.get("/pipeline-promotions/{promotion}")
async def show(request: web.Request) -> web.Response:
    """One promotion; completed means settled, not succeeded."""
    return web.json_response(context.serializer(request).promotion(_promotion(request)))


@routes.get("/pipeline-promotions/{promotion}/promotion-targets")
async def targets(request: web.Request) -> web.Response:
    """How it went for each app."""
    promotion = _promotion(request)
    write = context.serializer(request)
    return web.json_response([write.target(promotion, t) for t in promotion.targets])


def _member(request: web.Request, pipeline_id: str, app_id: str) -> App:
    """An app of the pipeline; 404 for an unknown one, 422 for a stranger."""
    state = context.state(request)
    if pipeline_id not in state.pipelines:
        raise problems.not_found("pipeline")
    if app_id not in state.apps:
        raise problems.not_found("app")
    coupling = state.coupling_of(app_id)
    if coupling is None or coupling.pipeline_id != pipeline_id:
        raise problems.invalid_params("All apps must be in the pipeline.")
    return state.apps[app_id]


def _source_release(request: web.Request, app: App, source: Body) -> Release:
    """The release meant; 422 for another app's, a failed or an expired one."""
    state = context.state(request)
    release = state.current_release(app)
    if source.has("release"):
        release = state.releases.get(source.inner("release").text("id"))
    if release is None or release.app_id != app.id:
        raise problems.invalid_params("The source app has no such release.")
    if release.slug_id is None or release.status != "succeeded":
        message = f"v{release.version} has no slug that could be promoted."
        raise problems.invalid_params(message)
    kept_for = context.platform(request).premises.retention
    if transitions.is_expired(state, release, kept_for):
        raise problems.invalid_params(f"v{release.version} has expired.")
    return release


def _promotion(request: web.Request) -> Promotion:
    found = context.state(request).promotions.get(request.match_info["promotion"])
    if found is None:
        raise problems.not_found("promotion")
    return found
