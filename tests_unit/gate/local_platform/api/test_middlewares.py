"""The pool of requests: emptied by use, filled again by time."""

from gate.local_platform.api import problems
from gate.local_platform.api.middlewares import POOL, RateLimit


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
