"""The client of the pricing service: a price, a clear refusal, never a hang."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import requests
from pydantic import ValidationError
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ReadTimeoutError
from urllib3.util import Retry

from app.orders import schemas
from app.problems import MEDIA_TYPE, Refusal

TIMEOUTS = (0.5, 1.5)  # seconds to connect, and between two bytes
DEADLINE_SECONDS = 3.0  # for all items of an order together


class Quote(schemas.OrderItem):
    """What pricing says that a quantity costs (cents)."""

    currency: schemas.Currency


class FailedFast(Retry):
    """Ask once more when a GET failed at once; a slow service is not asked twice."""

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        """The next attempt, or the error when there is none."""
        error = kwargs.get("error")
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(*args, **kwargs)


class Pricing:
    """Quotes from the pricing service at *url*, over connections that are kept."""

    def __init__(self, url: str) -> None:
        retry = FailedFast(
            total=1,
            status_forcelist=(502, 503, 504),
            allowed_methods=("GET",),
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        self._url = url.rstrip("/")
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=16, max_retries=retry))
        # Socket timeouts do not bound an answer that trickles; waiting for a thread does.
        self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="pricing")

    def quote(self, wanted: Sequence[tuple[str, int]]) -> list[Quote]:
        """A quote for each (sku, quantity), in order.

        Raises Refusal: 409 when pricing does not sell one of them, 503 when it gives
        no usable answer in time.
        """
        try:
            quotes = list(self._pool.map(self._ask, wanted, timeout=DEADLINE_SECONDS))
        except TimeoutError:
            raise unavailable("did not answer in time") from None
        if len({quote.currency for quote in quotes}) > 1:
            raise unavailable("mixed currencies")
        return quotes

    def _ask(self, wanted: tuple[str, int]) -> Quote:
        sku, quantity = wanted
        url = f"{self._url}/prices/{sku}?quantity={quantity}"
        try:
            answer = self._session.get(url, timeout=TIMEOUTS, allow_redirects=False)
        except requests.RequestException as error:
            raise unavailable(f"failed ({type(error).__name__})") from error
        kind = answer.headers.get("Content-Type")
        if answer.status_code == 404 and kind == MEDIA_TYPE:
            raise Refusal(409, "not-for-sale", f"{sku} is not for sale now.")
        if answer.status_code != 200:
            raise unavailable(f"answered {answer.status_code}")
        try:
            quote = Quote.model_validate_json(answer.content, strict=True)
        except ValidationError:
            raise unavailable("answered something that is no price") from None
        if (quote.sku, quote.quantity) != wanted:
            raise unavailable("answered another question")
        return quote


def unavailable(why: str) -> Refusal:
    """Nothing was ordered, because pricing *why*; asking again later may work."""
    detail = f"The pricing service {why}. Nothing was ordered; try again shortly."
    return Refusal(503, "pricing-unavailable", detail)
