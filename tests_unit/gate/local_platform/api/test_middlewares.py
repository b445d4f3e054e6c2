"""The pool of requests, emptied by use, filled again by time; and crowds."""

import asyncio
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web

from gate.local_platform.api import problems
from gate.local_platform.api.middlewares import (
    PATH_OF_A_REQUEST,
    POOL,
    RATE_LIMIT,
    RateLimit,
)
from gate.local_platform.timers import Timers
from gate.local_platform.visitors import Door


def test_an_empty_pool_refuses() -> None:
    """After as many requests as Heroku grants; asking how many are left is free."""
    limit = RateLimit(refill_every=1e9)
    assert all(limit.take() for _ in range(POOL))
    assert limit.remaining == 0
    assert not limit.take()


def test_the_pool_fills_again() -> None:
    """At a steady rate, and never above its size."""
    limit = RateLimit(refill_every=1e-9)
    assert limit.take() and limit.take()
    assert limit.remaining == POOL


def test_a_refusal_says_what_heroku_says() -> None:
    """Clients switch on the id; the rest is for people."""
    body = problems.rate_limited().body()
    assert set(body) == {"id", "message", "url"}
    assert body["id"] == "rate_limit"


@pytest.mark.filterwarnings("ignore::aiohttp.web.NotAppKeyWarning")
def test_one_client_too_many_is_refused_like_any_other() -> None:
    """With a Request-Id to ask about; its connection ends."""

    async def visit() -> None:
        app = web.Application(middlewares=PATH_OF_A_REQUEST)
        app[RATE_LIMIT] = RateLimit(refill_every=60)
        runner = web.AppRunner(app)
        await runner.setup()
        assert runner.server is not None
        door = Door(runner.server, Timers())
        door.most = 1
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(door, "127.0.0.1", 0)
        address = listening.sockets[0].getsockname()
        _, first = await asyncio.open_connection(*address)
        url = f"http://127.0.0.1:{address[1]}/"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            assert answer.status == 503
            assert (await answer.json())["id"] == "service_unavailable"
            assert answer.headers["Connection"] == "close"
            assert UUID(answer.headers["Request-Id"])
            assert answer.headers["RateLimit-Remaining"] == str(POOL)
        first.close()
        listening.close()
        await runner.cleanup()

    asyncio.run(visit())
