"""The client of the pricing service: a price, a clear refusal, never a hang."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import requests
from pydantic import ValidationError
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from app.orders.schemas import NewItem, OrderItem
from app.problems import MEDIA_TYPE, Refusal

TIMEOUTS = (0.5, 1.5)  # seconds to connect, and between two bytes
DEADLINE_SECONDS = 3.0  # for all items of an order together


class Pricing:
    """Quotes from the pricing service at *url*, over connections that are kept."""

    def __init__(self, url: str) -> None:
        # Who fails at once is asked once more; who is slow is not given more work.
        retry = Retry(
            total=1,
            read=False,
            status_forcelist=(502, 503, 504),
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.mount(self._url, HTTPAdapter(pool_maxsize=16, max_retries=retry))
        # No socket timeout bounds an answer that trickles; waiting for a thread does.
        self._pool = ThreadPoolExecutor(max_workers=16)

    def quote(self, items: Sequence[NewItem]) -> list[OrderItem]:
        """*items* with their prices, in order.

        Raises Refusal: 409 when pricing does not sell one of them, 503 when it gives
        no usable answer in time.
        """
        try:
            return list(self._pool.map(self._ask, items, timeout=DEADLINE_SECONDS))
        except (requests.RequestException, ValidationError, TimeoutError) as error:
            why = type(error).__name__
            detail = f"Pricing gave no price ({why}). Nothing was ordered; try again."
            raise Refusal(503, "pricing-unavailable", detail) from error

    def _ask(self, item: NewItem) -> OrderItem:
        url = f"{self._url}/prices/{item.sku}?quantity={item.quantity}"
        answer = self._session.get(url, timeout=TIMEOUTS, allow_redirects=False)
        kind = answer.headers.get("Content-Type")
        if answer.status_code == 404 and kind == MEDIA_TYPE:
            raise Refusal(409, "not-for-sale", f"{item.sku} is not for sale.")
        answer.raise_for_status()
        return OrderItem.model_validate_json(answer.content, strict=True)
