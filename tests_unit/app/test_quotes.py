"""The pricing client against servers that behave in every bad way."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.orders import quotes
from app.orders.quotes import Pricing
from app.orders.schemas import NewItem, OrderItem
from app.problems import Refusal

GOOD = {
    "sku": "mug",
    "quantity": 2,
    "unit_price": 5,
    "total": 10,
}


MUGS = NewItem(sku="mug", quantity=2)
Ask = Callable[..., list[OrderItem]]


class Supplier(ThreadingHTTPServer):
    """A pricing service that does what a test says, and counts the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave: Callable[[Handler], None] = lambda handler: handler.say(GOOD)
        self.asked: list[str] = []
        self.over = threading.Event()


class Handler(BaseHTTPRequestHandler):
    """Hands each GET to the behaviour of its server."""

    protocol_version = "HTTP/1.1"
    server: Supplier

    def do_GET(self) -> None:
        """Behave."""
        self.server.asked.append(self.path)
        self.server.behave(self)

    def say(
        self, body: object, status: int = 200, kind: str = "application/json"
    ) -> None:
        """Answer *body* as JSON under the name of *kind*."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def supplier() -> Iterator[Supplier]:
    """A well-behaved supplier until the test says otherwise."""
    with Supplier() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def ask(supplier: Supplier) -> Ask:
    """Ask for two mugs, or for what is given."""
    pricing = Pricing(f"http://127.0.0.1:{supplier.server_port}/")
    return lambda *wanted: pricing.quote(wanted or (MUGS,))


def refused(ask: Ask, *wanted: NewItem) -> Refusal:
    """The refusal that *ask* ends in."""
    with pytest.raises(Refusal) as caught:
        ask(*wanted)
    return caught.value


def test_a_quote_is_what_pricing_says(ask: Ask, supplier: Supplier) -> None:
    """Sku and quantity go out, the price comes back."""
    assert [quote.model_dump() for quote in ask()] == [GOOD]
    assert supplier.asked == ["/prices/mug?quantity=2"]


def test_quotes_keep_the_order_of_the_question(ask: Ask, supplier: Supplier) -> None:
    """Items are priced side by side and answered in their order."""

    def behave(handler: Handler) -> None:
        sku = handler.path.split("/")[2].split("?")[0]
        handler.say(GOOD | {"sku": sku})

    supplier.behave = behave
    wanted = [NewItem(sku=f"mug-{number}", quantity=2) for number in range(10)]
    assert [quote.sku for quote in ask(*wanted)] == [item.sku for item in wanted]


def test_what_pricing_does_not_sell_is_a_conflict(ask: Ask, supplier: Supplier) -> None:
    """A 404 problem from pricing is about the article: 409, not 503."""
    supplier.behave = lambda handler: handler.say({}, 404, "application/problem+json")
    refusal = refused(ask)
    assert (refusal.code, refusal.type) == (409, "urn:problem:not-for-sale")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ("<html>", 404, "text/html"),
        ({}, 500, "application/json"),
        ({}, 302, "application/json"),
        ("<html>", 200, "text/html"),
        ({}, 200, "application/json"),
        (GOOD | {"total": "10"}, 200, "application/json"),
        (GOOD | {"unit_price": -5}, 200, "application/json"),
    ],
)
def test_anything_but_a_price_is_unavailable(
    ask: Ask, supplier: Supplier, body: object, status: int, kind: str
) -> None:
    """Errors, redirects and garbled prices are 503."""
    supplier.behave = lambda handler: handler.say(body, status, kind)
    refusal = refused(ask)
    assert (refusal.code, refusal.type) == (503, "urn:problem:pricing-unavailable")


def test_a_failure_is_asked_once_more(ask: Ask, supplier: Supplier) -> None:
    """One 503 or lost connection does not fail an order."""

    def behave(handler: Handler) -> None:
        if len(supplier.asked) == 1:
            handler.say({}, 503)
        else:
            handler.say(GOOD)

    supplier.behave = behave
    assert ask()[0].total == 10
    assert len(supplier.asked) == 2


def test_a_service_that_stays_down_is_not_asked_forever(
    ask: Ask, supplier: Supplier
) -> None:
    """Two requests, whatever Retry-After says, then 503."""
    supplier.behave = lambda handler: handler.say({}, 503)
    assert refused(ask).code == 503
    assert len(supplier.asked) == 2


def test_nobody_there_is_unavailable() -> None:
    """A refused connection is a 503."""
    with socket.socket() as reserved:  # bound, never listening
        reserved.bind(("127.0.0.1", 0))
        pricing = Pricing(f"http://127.0.0.1:{reserved.getsockname()[1]}")
        assert refused(lambda: pricing.quote([MUGS])).code == 503


def test_a_slow_answer_is_not_waited_for_nor_asked_twice(
    ask: Ask, supplier: Supplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the read timeout it is over: a slow service is not given more work."""
    monkeypatch.setattr(quotes, "TIMEOUTS", (0.1, 0.1))
    supplier.behave = lambda handler: (
        handler.say(GOOD) if supplier.over.wait(9) else None
    )
    assert "ReadTimeout" in (refused(ask).description or "")
    assert len(supplier.asked) == 1
    assert not supplier.over.is_set()


def test_a_trickling_answer_ends_at_the_deadline(
    ask: Ask, supplier: Supplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then keeps a socket alive, but not an order waiting."""
    monkeypatch.setattr(quotes, "DEADLINE_SECONDS", 0.15)

    def trickle(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not supplier.over.wait(0.02):
            handler.wfile.write(b" ")
        handler.close_connection = True

    supplier.behave = trickle
    assert "TimeoutError" in (refused(ask).description or "")
    assert not supplier.over.is_set()
