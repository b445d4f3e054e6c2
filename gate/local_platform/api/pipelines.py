"""Pipelines and the places of apps in them."""

import re
from dataclasses import replace
from typing import cast, get_args
from uuid import uuid4

from aiohttp import web

from gate.local_platform import clock, transitions
from gate.local_platform.api import context, problems
from gate.local_platform.state import Coupling, Pipeline, Stage

routes = web.RouteTableDef()

_NAME = re.compile(r"[a-z][a-z0-9-]{2,29}")
_KEYS = {"id": lambda pipeline: pipeline.id, "name": lambda pipeline: pipeline.name}
_COUPLING_KEYS = {"id": lambda coupling: coupling.id}


@routes.get("/pipelines")
async def index(request: web.Request) -> web.Response:
    """All pipelines, or the one that `?eq[name]=` names."""
    name = request.query.get("eq[name]")
    every = context.state(request).pipelines.values()
    found = [p for p in every if name is None or p.name == name]
    return context.listed(request, found, _KEYS, context.serializer(request).pipeline)


@routes.post("/pipelines")
async def create(request: web.Request) -> web.Response:
    """A new, empty pipeline."""
    name = (await context.body(request)).named("name", _NAME)
    state = context.state(request)
    if state.pipeline(name) is not None:
        raise problems.invalid_params("Name is already taken")
    at = clock.now()
    pipeline = Pipeline(str(uuid4()), name, at, at)
    state.pipelines[pipeline.id] = pipeline
    context.platform(request).premises.save()
    answer = context.serializer(request).pipeline(pipeline)
    return web.json_response(answer, status=201)


@routes.get("/pipelines/{pipeline}")
async def show(request: web.Request) -> web.Response:
    """One pipeline, by id or name."""
    pipeline = context.pipeline(request)
    return web.json_response(context.serializer(request).pipeline(pipeline))


@routes.patch("/pipelines/{pipeline}")
async def rename(request: web.Request) -> web.Response:
    """Another name."""
    name = (await context.body(request)).named("name", _NAME)
    pipeline = context.pipeline(request)
    state = context.state(request)
    if state.pipeline(name) not in (None, pipeline):
        raise problems.invalid_params("Name is already taken")
    renamed = replace(pipeline, name=name, updated_at=clock.now())
    state.pipelines[pipeline.id] = renamed
    context.platform(request).premises.save()
    return web.json_response(context.serializer(request).pipeline(renamed))


@routes.delete("/pipelines/{pipeline}")
async def delete(request: web.Request) -> web.Response:
    """The pipeline and its couplings; the apps stay."""
    pipeline = context.pipeline(request)
    state = context.state(request)
    for coupling in list(state.couplings_in(pipeline.id)):
        del state.couplings[coupling.id]
    del state.pipelines[pipeline.id]
    context.platform(request).premises.save()
    return web.json_response(context.serializer(request).pipeline(pipeline))


@routes.get("/pipelines/{pipeline}/pipeline-couplings")
async def couplings(request: web.Request) -> web.Response:
    """All apps of a pipeline."""
    found = list(context.state(request).couplings_in(context.pipeline(request).id))
    write = context.serializer(request).coupling
    return context.listed(request, found, _COUPLING_KEYS, write)


@routes.get("/pipelines/{pipeline}/latest-releases")
async def latest_releases(request: web.Request) -> web.Response:
    """The newest release of each app."""
    state, write = context.state(request), context.serializer(request).release
    found = (state.releases_of(app_id)[-1:] for app_id in _members(request))
    return web.json_response([write(release) for some in found for release in some])


@routes.get("/pipelines/{pipeline}/latest-deployments")
async def latest_deployments(request: web.Request) -> web.Response:
    """The newest release of each app that changed its slug."""
    state, write = context.state(request), context.serializer(request).release
    found = (
        [r for r in state.releases_of(app_id) if transitions.is_deployment(state, r)]
        for app_id in _members(request)
    )
    return web.json_response([write(some[-1]) for some in found if some])


@routes.get("/pipelines/{pipeline}/latest-builds")
async def latest_builds(request: web.Request) -> web.Response:
    """The newest build of each app."""
    builds = context.state(request).builds.values()  # in the order they were begun
    latest = {build.app_id: build for build in builds}
    write = context.serializer(request).pipeline_build
    return web.json_response(
        [write(latest[id]) for id in _members(request) if id in latest]
    )


@routes.get("/pipeline-couplings")
@routes.get("/users/~/pipeline-couplings")
async def every_coupling(request: web.Request) -> web.Response:
    """All apps of all pipelines."""
    found = list(context.state(request).couplings.values())
    write = context.serializer(request).coupling
    return context.listed(request, found, _COUPLING_KEYS, write)


@routes.get("/apps/{app}/pipeline-couplings")
async def coupling_of_app(request: web.Request) -> web.Response:
    """One object, not a list: an app is in at most one pipeline."""
    coupling = context.state(request).coupling_of(context.app(request).id)
    if coupling is None:
        raise problems.not_found("pipeline coupling")
    return web.json_response(context.serializer(request).coupling(coupling))


@routes.post("/pipeline-couplings")
async def couple(request: web.Request) -> web.Response:
    """Give an app its place in a pipeline."""
    body = await context.body(request)
    state = context.state(request)
    app, pipeline = state.app(body.text("app")), state.pipeline(body.text("pipeline"))
    if app is None or pipeline is None:
        raise problems.not_found("app" if app is None else "pipeline")
    if state.coupling_of(app.id) is not None:
        raise problems.invalid_params("The app is already in a pipeline.")
    at = clock.now()
    stage = _stage(body.text("stage"))
    coupling = Coupling(str(uuid4()), app.id, pipeline.id, stage, at, at)
    state.couplings[coupling.id] = coupling
    context.platform(request).premises.save()
    answer = context.serializer(request).coupling(coupling)
    return web.json_response(answer, status=201)


@routes.get("/pipeline-couplings/{coupling}")
async def show_coupling(request: web.Request) -> web.Response:
    """One place."""
    return web.json_response(context.serializer(request).coupling(_coupling(request)))


@routes.patch("/pipeline-couplings/{coupling}")
async def move(request: web.Request) -> web.Response:
    """Another stage."""
    stage = _stage((await context.body(request)).text("stage"))
    moved = replace(_coupling(request), stage=stage, updated_at=clock.now())
    context.state(request).couplings[moved.id] = moved
    context.platform(request).premises.save()
    return web.json_response(context.serializer(request).coupling(moved))


@routes.delete("/pipeline-couplings/{coupling}")
async def uncouple(request: web.Request) -> web.Response:
    """Take the app out of its pipeline."""
    coupling = _coupling(request)
    answer = context.serializer(request).coupling(coupling)
    del context.state(request).couplings[coupling.id]
    context.platform(request).premises.save()
    return web.json_response(answer)


def _members(request: web.Request) -> list[str]:
    """The ids of the apps in the pipeline that the path names."""
    pipeline = context.pipeline(request)
    return [c.app_id for c in context.state(request).couplings_in(pipeline.id)]


def _stage(text: str) -> Stage:
    if text not in get_args(Stage):
        raise problems.invalid_params(f"stage must be one of {get_args(Stage)}.")
    return cast("Stage", text)


def _coupling(request: web.Request) -> Coupling:
    found = context.state(request).couplings.get(request.match_info["coupling"])
    if found is None:
        raise problems.not_found("pipeline coupling")
    return found
