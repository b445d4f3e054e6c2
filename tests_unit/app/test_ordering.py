"""Orders: placing, repeating, listing, moving."""

import json
import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app import orders
from app.orders import database

ORDER = {
    "customer": "Ada",
    "items": [
        {"sku": "tea-sencha", "quantity": 10},
        {"sku": "mug-blue", "quantity": 1},
    ],
}


def place(client: FlaskClient, key: str | None = None, **changes: Any) -> Any:
    """Post an order."""
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/orders", json=ORDER | changes, headers=headers)


def problem(answer: Any) -> str:
    """The last part of the type of the problem that *answer* is."""
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == answer.status_code
    return str(answer.json["type"].rsplit(":", 1)[-1])


def test_an_order_is_priced_and_can_be_read_again(client: FlaskClient) -> None:
    """Unit prices and totals come from pricing; Location leads to the same order."""
    created = place(client)
    assert created.status_code == 201
    order = created.json
    assert order["total"] == 10 * 846 + 1450
    assert order["status"] == "pending"
    assert [item["unit_price"] for item in order["items"]] == [846, 1450]
    assert client.get(created.headers["Location"]).json == order


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"customer": ""}, "customer"),
        ({"customer": "a\0b"}, "customer"),
        ({"customer": 5}, "customer"),
        ({"items": []}, "items"),
        ({"items": [{"sku": "A", "quantity": 1}]}, "items.0.sku"),
        ({"items": [{"sku": "mug-blue", "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{"sku": "mug-blue", "quantity": 1.5}]}, "items.0.quantity"),
        ({"items": [{"sku": "mug-blue", "quantity": 2**70}]}, "items.0.quantity"),
    ],
)
def test_invalid_orders_name_the_field(
    client: FlaskClient, changes: dict[str, Any], field: str
) -> None:
    """Each mistake is named by its place in the request."""
    answer = place(client, **changes)
    assert (answer.status_code, problem(answer)) == (422, "invalid-request")
    assert list(answer.json["errors"]) == [field]


@pytest.mark.parametrize(("size", "status"), [(9, 422), (70_000, 413)])
def test_bodies_that_are_no_order_are_refused(
    client: FlaskClient, size: int, status: int
) -> None:
    """Not JSON, or too large: a 4xx problem, never a crash."""
    answer = client.post("/orders", data=b"{" * size, content_type="application/json")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


def test_what_pricing_does_not_sell_is_named(client: FlaskClient) -> None:
    """An article without a price is a conflict, and nothing is kept."""
    answer = place(client, items=[{"sku": "moon", "quantity": 1}])
    assert (answer.status_code, problem(answer)) == (409, "not-for-sale")
    assert "moon" in answer.json["detail"]
    assert client.get("/orders").json == {"items": [], "next": None}


def test_no_pricing_is_a_503_with_retry_after(
    orders_app: Flask, client: FlaskClient
) -> None:
    """Without prices nothing is ordered, and the client learns when to come back."""
    orders_app.extensions["pricing"]._url = "http://127.0.0.1:1"
    answer = place(client)
    assert (answer.status_code, problem(answer)) == (503, "pricing-unavailable")
    assert answer.headers["Retry-After"] == "5"


def test_the_same_key_and_order_is_one_order(client: FlaskClient) -> None:
    """A repeated request answers 200 with the order of the first."""
    first, second = place(client, "k1"), place(client, "k1")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json


def test_the_same_key_for_another_order_is_refused(client: FlaskClient) -> None:
    """A key belongs to one order."""
    place(client, "k1")
    answer = place(client, "k1", customer="Bob")
    assert (answer.status_code, problem(answer)) == (409, "idempotency-key-reused")


def test_a_malformed_key_is_refused(client: FlaskClient) -> None:
    """Keys are short and plain."""
    assert place(client, "k" * 65).status_code == 422


def test_rivals_with_one_key_place_one_order(
    orders_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests that both saw no earlier order still make only one."""
    both_looked = threading.Barrier(2)
    look = orders.already_placed
    seen = threading.local()

    def look_together(key: str | None, body: Any) -> Any:
        earlier = look(key, body)
        if not getattr(seen, "once", False):
            seen.once = True
            both_looked.wait(5)
        return earlier

    monkeypatch.setattr(orders, "already_placed", look_together)
    answers: list[Any] = []
    rivals = [
        threading.Thread(
            target=lambda: answers.append(place(orders_app.test_client(), "k1"))
        )
        for _ in range(2)
    ]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert answers[0].json == answers[1].json


def test_pages_lead_through_all_orders_newest_first(client: FlaskClient) -> None:
    """`next` visits every order once, then is null."""
    placed = [place(client).json["id"] for _ in range(5)]
    link, seen = "/orders?limit=2", []
    while link:
        page = client.get(link).json
        assert page is not None
        assert len(page["items"]) <= 2
        seen += [order["id"] for order in page["items"]]
        link = page["next"]
    assert seen == sorted(placed, reverse=True)


def test_the_list_shows_orders_whole(client: FlaskClient) -> None:
    """An order in a list is the same as the order alone."""
    order = place(client).json
    assert client.get("/orders").json == {"items": [order], "next": None}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "before=0", f"before={2**31}"]
)
def test_invalid_pages_are_422(client: FlaskClient, query: str) -> None:
    """Bounds hold for queries as well."""
    assert client.get(f"/orders?{query}").status_code == 422


@pytest.mark.parametrize(
    ("order_id", "status"), [("1", 404), ("0", 422), (str(2**31), 422), ("x", 422)]
)
def test_missing_and_impossible_orders(
    client: FlaskClient, order_id: str, status: int
) -> None:
    """What does not exist is 404; what cannot be an id is 422."""
    assert client.get(f"/orders/{order_id}").status_code == status


def move(client: FlaskClient, order_id: int, to: str) -> Any:
    """Ask for a transition."""
    return client.post(f"/orders/{order_id}/transitions", json={"to": to})


@pytest.mark.parametrize("way", [["paid", "shipped"], ["cancelled"]])
def test_orders_move_along_allowed_ways(client: FlaskClient, way: list[str]) -> None:
    """pending → paid → shipped, and pending → cancelled; each step is kept."""
    order = place(client).json
    for step in way:
        assert move(client, order["id"], step).json == order | {"status": step}
    assert client.get(f"/orders/{order['id']}").json["status"] == way[-1]  # type: ignore[index]


@pytest.mark.parametrize(
    ("status", "to"),
    [
        ("pending", "shipped"),
        ("paid", "paid"),
        ("paid", "cancelled"),
        ("shipped", "paid"),
        ("cancelled", "paid"),
        ("cancelled", "cancelled"),
    ],
)
def test_other_ways_are_closed(
    orders_app: Flask, client: FlaskClient, status: str, to: str
) -> None:
    """A forbidden transition is a 409 that says where the order stands."""
    order_id = place(client).json["id"]
    with orders_app.extensions["engine"].begin() as connection:
        connection.execute(update(database.Order).values(status=status))
    answer = move(client, order_id, to)
    assert (answer.status_code, problem(answer)) == (409, "forbidden-transition")
    assert f"is {status}" in answer.json["detail"]
    assert json.loads(client.get(f"/orders/{order_id}").text)["status"] == status


def test_unknown_orders_and_statuses_cannot_be_moved(client: FlaskClient) -> None:
    """404 for an order that is not there, 422 for a status that is none."""
    assert move(client, 7, "paid").status_code == 404
    assert move(client, 7, "lost").status_code == 422
