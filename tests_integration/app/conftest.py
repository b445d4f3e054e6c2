"""A customer of the deployed app; every request has a timeout."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests

# More than orders grants pricing, less than the ten seconds of `sandbox-slow`.
TIMEOUT_SECONDS = 8


class Shop:
    """The orders app at *url*, seen by a customer whose name nobody else has."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.customer = f"customer-{uuid4()}"
        self.session = requests.Session()

    def get(self, path: str) -> requests.Response:
        """GET *path*."""
        return self.session.get(f"{self.url}{path}", timeout=TIMEOUT_SECONDS)

    def post(
        self, path: str, body: dict[str, Any], key: str | None = None
    ) -> requests.Response:
        """POST *body* as JSON, with an Idempotency-Key if there is one."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.session.post(
            f"{self.url}{path}", json=body, headers=headers, timeout=TIMEOUT_SECONDS
        )

    def order(
        self, *items: tuple[str, int], key: str | None = None
    ) -> requests.Response:
        """Ask for *items*, each a sku and a quantity."""
        lines = [{"sku": sku, "quantity": quantity} for sku, quantity in items]
        return self.post("/orders", {"customer": self.customer, "items": lines}, key)

    def placed(self, *items: tuple[str, int]) -> dict[str, Any]:
        """The order of *items*, which must succeed."""
        answer = self.order(*items)
        assert answer.status_code == 201, answer.text
        order: dict[str, Any] = answer.json()
        return order

    def move(self, order: dict[str, Any], to: str) -> requests.Response:
        """Ask for a transition of *order*."""
        return self.post(f"/orders/{order['id']}/transitions", {"to": to})

    def orders(self) -> list[dict[str, Any]]:
        """What this customer has ordered lately, newest first."""
        latest = self.get("/orders?limit=100").json()["items"]
        return [order for order in latest if order["customer"] == self.customer]


@pytest.fixture
def shop(app_url: str) -> Iterator[Shop]:
    """A new customer of the deployed app."""
    shop = Shop(app_url)
    yield shop
    shop.session.close()


@pytest.fixture
def price(components: dict[str, str]) -> Callable[[str, int], dict[str, Any]]:
    """What the deployed pricing service itself says that a quantity costs."""

    def ask(sku: str, quantity: int) -> dict[str, Any]:
        answer = requests.get(
            f"{components['pricing']}/prices/{sku}",
            params={"quantity": quantity},
            timeout=TIMEOUT_SECONDS,
        )
        assert answer.status_code == 200, answer.text
        quote: dict[str, Any] = answer.json()
        return quote

    return ask
