"""The deployed app and the pricing service: right prices, and life without them."""

import time
from collections.abc import Callable
from typing import Any

Shop = Any  # defined in conftest.py, which tests cannot import
Price = Callable[[str, int], dict[str, Any]]

# `sandbox-slow` answers no sooner than this.
PRICING_IS_SILENT_SECONDS = 10


def unavailable(answer: Any) -> bool:
    """Whether *answer* is the problem that says: no prices now, come back later."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    return bool(answer.json()["type"] == "urn:problem:pricing-unavailable")


def test_an_order_costs_what_pricing_says(shop: Shop, price: Price) -> None:
    """Unit prices, volume discounts and totals are those of the pricing service."""
    wanted = [("tea-sencha", 1), ("tea-sencha", 10), ("mug-blue", 100)]
    order = shop.placed(*wanted)
    quotes = [price(sku, quantity) for sku, quantity in wanted]
    assert order["total"] == sum(quote["total"] for quote in quotes)
    assert order["items"] == quotes


def test_a_slow_pricing_service_does_not_hang_orders(shop: Shop) -> None:
    """Orders answers 503 before pricing could have answered, and keeps nothing."""
    started = time.monotonic()
    assert unavailable(shop.order(("sandbox-slow", 1)))
    assert time.monotonic() - started < PRICING_IS_SILENT_SECONDS - 2
    assert shop.orders() == []


def test_a_dead_pricing_service_is_a_clear_503(shop: Shop) -> None:
    """A router's HTML error page becomes a problem with Retry-After; nothing is kept."""
    assert unavailable(shop.order(("mug-blue", 1), ("sandbox-down", 1)))
    assert shop.orders() == []


def test_orders_serves_on_after_pricing_failed(shop: Shop) -> None:
    """Failures of pricing leave other requests, and the next order, unharmed."""
    for _ in range(3):
        assert unavailable(shop.order(("sandbox-down", 1)))
    assert shop.get("/readyz").status_code == 200
    assert shop.get("/products").status_code == 200
    order = shop.placed(("mug-blue", 1))
    assert shop.orders() == [order]


def test_what_nobody_sells_is_a_conflict(shop: Shop) -> None:
    """An unknown product is the customer's mistake, named in the problem."""
    answer = shop.order(("mug-blue", 1), ("moon", 1))
    assert answer.status_code == 409
    assert "moon" in answer.json()["detail"]
