"""Time as the API writes it."""

from datetime import UTC, datetime


def now() -> str:
    """This second in ISO 8601 UTC, like 2012-01-01T12:00:00Z."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def log_time() -> str:
    """This microsecond as log lines write it, with an explicit +00:00."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def parse(text: str) -> datetime:
    """The moment that `now` wrote."""
    return datetime.fromisoformat(text)
