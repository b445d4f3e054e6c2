"""How long to wait for the platform, and when to ask again."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """The limits of one client: seconds, unless the name says otherwise."""

    connect: float = 5.0
    """Until a connection is open."""
    read: float = 30.0
    """Between two pieces of an answer."""
    attempt: float = 45.0
    """For one attempt of a call, its body included."""
    total: float = 180.0
    """For a call with all its attempts and pauses."""
    upload: float = 900.0
    """For putting a source tarball in its place."""
    silence: float = 3600.0
    """Between two lines of a stream; a release phase may be quiet for an hour."""
    first_pause: float = 0.5
    """Before the second attempt; each later pause is twice as long."""
    longest_pause: float = 60.0
    """Before any attempt, whatever the platform asks for."""
    stream_attempts: int = 100
    """How often to ask for an output stream that has not started (a count)."""
    stream_pause: float = 1.0
    """Between those attempts."""
    body_bytes: int = 16 * 1024 * 1024
    """The largest body worth reading (bytes)."""


def pauses(patience: Patience, jitter: random.Random) -> Iterator[float]:
    """Yield growing pauses, each shortened at random by up to a half.

    The scattering keeps clients that failed together from returning together.
    """
    pause = patience.first_pause
    while True:
        yield min(pause, patience.longest_pause) * jitter.uniform(0.5, 1.0)
        pause = min(pause * 2, patience.longest_pause)


def asked_pause(value: str | None, *, longest: float) -> float | None:
    """Return the seconds a Retry-After header asks for, if it is sane.

    Seconds or an HTTP date (RFC 9110 section 10.2.3); None if absent, unreadable
    or longer than *longest*.
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        seconds = float(value[:9])
    else:
        try:
            then = parsedate_to_datetime(value)
        except ValueError:
            return None
        if then.tzinfo is None:
            then = then.replace(tzinfo=UTC)
        seconds = max(0.0, (then - datetime.now(UTC)).total_seconds())
    return seconds if seconds <= longest else None
