"""Addresses that work without a token because they cannot be guessed."""

import hashlib
import hmac
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

_DIGITS = 12  # of a time in seconds


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs and checks (what for, which, until when), as storage services do."""

    key: str

    def query(self, purpose: str, id: str, lifetime: float) -> str:
        """The query string that permits one purpose on one thing for a while."""
        expires = int(time.time() + max(1.0, lifetime))
        return f"expires={expires}&signature={self._sign(purpose, id, expires)}"

    def permits(self, purpose: str, id: str, expires: str, signature: str) -> bool:
        """Whether that query string was ours and is still good."""
        if not (expires.isascii() and expires.isdigit() and len(expires) <= _DIGITS):
            return False
        wanted = self._sign(purpose, id, int(expires))
        genuine = hmac.compare_digest(wanted.encode(), signature.encode())
        return genuine and int(expires) >= time.time()

    def blob_id(self, url: str, purpose: str) -> str | None:
        """Which blob one of our own URLs means; None if it is not ours."""
        try:
            parts = urlsplit(url)
        except ValueError:  # half an IPv6 address, say
            return None
        query = parse_qs(parts.query)
        id = parts.path.removeprefix("/blobs/")
        expires = query.get("expires", [""])[0]
        signature = query.get("signature", [""])[0]
        return id if self.permits(purpose, id, expires, signature) else None

    def _sign(self, purpose: str, id: str, expires: int) -> str:
        text = f"{purpose}\n{id}\n{expires}".encode()
        return hmac.new(self.key.encode(), text, hashlib.sha256).hexdigest()
