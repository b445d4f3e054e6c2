"""The deployed app and its database: orders are kept, found, and move as they may."""

from typing import Any
from uuid import uuid4

import pytest

Shop = Any  # defined in conftest.py, which tests cannot import


def test_an_order_is_kept(shop: Shop) -> None:
    """A placed order is read again from the database as it was answered."""
    created = shop.order(("tea-sencha", 3), ("kettle-steel", 1))
    assert created.status_code == 201
    again = shop.get(created.headers["Location"])
    assert (again.status_code, again.json()) == (200, created.json())


def test_orders_are_listed_newest_first_page_by_page(shop: Shop) -> None:
    """Following `next` shows each order once, down to those from before the first."""
    placed = [shop.placed(("mug-blue", quantity)) for quantity in (1, 2, 3, 4, 5)]
    link, seen = "/orders?limit=2", []
    while link and (not seen or seen[-1]["id"] > placed[0]["id"]):
        page = shop.get(link).json()
        assert len(page["items"]) <= 2
        seen += page["items"]
        link = page["next"]
    assert [order for order in seen if order in placed] == placed[::-1]


@pytest.mark.parametrize("way", [("paid", "shipped"), ("cancelled",)])
def test_an_order_moves_to_its_end(shop: Shop, way: tuple[str, ...]) -> None:
    """pending → paid → shipped and pending → cancelled are kept; then no way is left."""
    order = shop.placed(("coffee-huila", 1))
    for step in way:
        assert shop.move(order, step).json() == order | {"status": step}
    for step in ("paid", "shipped", "cancelled"):
        refused = shop.move(order, step)
        assert refused.status_code == 409
        assert refused.headers["Content-Type"] == "application/problem+json"
    assert shop.get(f"/orders/{order['id']}").json()["status"] == way[-1]


def test_a_repeated_request_is_one_order(shop: Shop) -> None:
    """The same Idempotency-Key answers the same order, and another body is refused."""
    key = str(uuid4())
    first = shop.order(("tea-assam", 2), key=key)
    second = shop.order(("tea-assam", 2), key=key)
    assert (first.status_code, second.status_code) == (201, 200)
    assert shop.order(("tea-assam", 3), key=key).status_code == 409
    assert shop.orders() == [first.json()] == [second.json()]


def test_the_app_is_ready_and_knows_its_catalogue(shop: Shop) -> None:
    """The database is migrated, and what is listed can be looked up."""
    assert shop.get("/readyz").json() == {"status": "ok"}
    products = shop.get("/products").json()["items"]
    assert products
    for product in products:
        assert shop.get(f"/products/{product['sku']}").json() == product
