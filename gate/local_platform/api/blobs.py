"""Sources, and the signed addresses where tarballs are put and fetched."""

import asyncio
from uuid import UUID, uuid4

from aiohttp import web

from gate.local_platform.api import context, problems

routes = web.RouteTableDef()

LARGEST = 500 * 1024 * 1024
_CHUNK = 256 * 1024


@routes.post("/apps/{app}/sources")
async def create_for_app(request: web.Request) -> web.StreamResponse:
    """The deprecated form of `POST /sources`."""
    context.app(request)
    return await create(request)


@routes.post("/sources")
async def create(request: web.Request) -> web.Response:
    """Two addresses for one tarball: where to put it, and where it is then."""
    write = context.serializer(request)
    id = str(uuid4())
    urls = {"get_url": write.blob_url(id, "GET"), "put_url": write.blob_url(id, "PUT")}
    return web.json_response({"source_blob": urls}, status=201)


@routes.put("/blobs/{id}")
async def put(request: web.Request) -> web.Response:
    """Take a tarball; it is there as a whole or not at all."""
    path = context.platform(request).premises.home.blob(_permitted(request, "PUT"))
    temporary = path.with_name(f".{uuid4()}")
    size = 0
    try:
        with temporary.open("xb") as file:
            while chunk := await _next(request):
                size += len(chunk)
                if size > LARGEST:
                    raise problems.too_large("At most 500 MB.")
                file.write(chunk)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return web.Response(status=200)


@routes.get("/blobs/{id}")
async def get(request: web.Request) -> web.StreamResponse:
    """Give the tarball back."""
    path = context.platform(request).premises.home.blob(_permitted(request, "GET"))
    if not path.exists():
        raise problems.not_found("blob")
    return web.FileResponse(path, headers={"Content-Type": "application/gzip"})


async def _next(request: web.Request) -> bytes:
    """What comes next of the body; 400 when nothing does for too long."""
    try:
        async with asyncio.timeout(context.platform(request).premises.timers.idle):
            return await request.content.read(_CHUNK)
    except TimeoutError:
        raise problems.bad_request("The rest did not come in time.") from None


def _permitted(request: web.Request, purpose: str) -> str:
    """The blob's id, if the signature permits this; 403 otherwise."""
    id = request.match_info["id"]
    query = request.query
    signer = context.platform(request).premises.signer
    permitted = signer.permits(
        purpose, id, query.get("expires", ""), query.get("signature", "")
    )
    if not permitted:
        raise problems.forbidden("This address is not valid, or not any more.")
    return str(UUID(id))
