"""Prices, volume discounts, and articles that misbehave on purpose."""

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app import pricing


@pytest.mark.parametrize(
    ("quantity", "unit"), [(1, 890), (9, 890), (10, 846), (99, 846), (100, 801)]
)
def test_larger_quantities_cost_less_each(
    pricing_client: FlaskClient, quantity: int, unit: int
) -> None:
    """From 10 on a unit costs 5 % less, from 100 on 10 %, rounded to a cent."""
    answer = pricing_client.get(f"/prices/tea-sencha?quantity={quantity}")
    assert answer.json == {
        "sku": "tea-sencha",
        "quantity": quantity,
        "unit_price": unit,
        "total": unit * quantity,
    }


def test_one_is_the_usual_quantity(pricing_client: FlaskClient) -> None:
    """Without a quantity the price of one is told."""
    answer = pricing_client.get("/prices/mug-blue").json
    assert answer is not None
    assert (answer["quantity"], answer["total"]) == (1, 1450)


@given(st.integers(1, 1000), st.integers(0, 10**6))
def test_the_total_is_exactly_the_units(quantity: int, list_price: int) -> None:
    """No cent is lost between unit price and total, and a discount never adds."""
    price = pricing.price("x", quantity, list_price)
    assert price.total == price.unit_price * price.quantity
    assert price.unit_price <= list_price


def test_an_unknown_sku_is_a_404_problem(pricing_client: FlaskClient) -> None:
    """What has no price is named in the problem."""
    answer = pricing_client.get("/prices/moon")
    assert (answer.status_code, answer.content_type) == (
        404,
        "application/problem+json",
    )
    assert "moon" in answer.text


@pytest.mark.parametrize("quantity", ["0", "1001", "x"])
def test_invalid_queries_are_422_problems(
    pricing_client: FlaskClient, quantity: str
) -> None:
    """Impossible quantities are refused, and named."""
    answer = pricing_client.get(f"/prices/mug-blue?quantity={quantity}")
    assert answer.status_code == 422
    assert answer.json is not None
    assert list(answer.json["errors"]) == ["quantity"]


def test_the_sandbox_can_be_down(pricing_client: FlaskClient) -> None:
    """`sandbox-down` answers as a router does for a dead app: 503 and HTML."""
    answer = pricing_client.get("/prices/sandbox-down")
    assert (answer.status_code, answer.mimetype) == (503, "text/html")


def test_the_sandbox_can_be_slow(
    pricing_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sandbox-slow` answers a price, after sleeping for about ten seconds."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    assert pricing_client.get("/prices/sandbox-slow").status_code == 200
    assert slept == [10.0]


def test_without_sandbox_its_skus_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Production sells nothing that misbehaves."""
    monkeypatch.delenv("PRICING_SANDBOX", raising=False)
    client = pricing.create_app().test_client()
    for sku in ("sandbox-slow", "sandbox-down"):
        assert client.get(f"/prices/{sku}").status_code == 404


def test_pricing_is_ready_when_it_lives(pricing_client: FlaskClient) -> None:
    """Readiness needs nothing but the process."""
    assert pricing_client.get("/readyz").json == {"status": "ok"}
