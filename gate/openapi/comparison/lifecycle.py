"""Announced ends: `deprecated`, `x-sunset` and `x-stability-level`."""

from datetime import date
from typing import Any

from gate.openapi.comparison.exchange import Exchange
from gate.openapi.documents.operations import Part

_LEVELS = ("draft", "alpha", "beta", "stable")


def sunset(value: dict[str, Any]) -> date | None:
    """The last day (RFC 3339 full-date, or the day of a date-time) of something.

    None when it is not deprecated, or when no readable day is announced.
    """
    told = value.get("x-sunset")
    if value.get("deprecated") is not True or not isinstance(told, str):
        return None
    try:
        return date.fromisoformat(told[:10])
    except ValueError:
        return None


def is_past(value: dict[str, Any], day: str | None) -> bool:
    """Whether the announced last day lies before `day` (ISO 8601); False without one."""
    last = sunset(value)
    return last is not None and day is not None and last.isoformat() < day[:10]


def compare_lifecycle(exchange: Exchange, old: Part, new: Part) -> None:
    """Newly deprecated, an earlier last day, a lower stability."""
    at = old.pointer, new.pointer
    if new.get("deprecated") is True and old.get("deprecated") is not True:
        last = sunset(new.value)
        until = f", and leaves after {last}" if last else ""
        exchange.add("operation-deprecated", *at, f"it is now deprecated{until}")
    compare_sunsets(exchange, "it", old, new)
    was, now = _stability(old), _stability(new)
    if now < was:
        said = f"its stability went from {_LEVELS[was]} to {_LEVELS[now]}"
        exchange.add("stability-lowered", *at, said)


def compare_sunsets(exchange: Exchange, name: str, old: Part, new: Part) -> None:
    """An announced last day that is earlier now, or cannot be read any more."""
    before, after = sunset(old.value), sunset(new.value)
    at = old.pointer, new.pointer
    if before and after and after < before:
        said = f"{name} was to stay until {before}, and now only until {after}"
        exchange.add("sunset-earlier", *at, said)
    elif before and not after and new.get("x-sunset") is not None:
        told = f"{new.get('x-sunset')!s:.40}"
        said = f"{name} was to stay until {before}, and now until {told}"
        exchange.add("sunset-unreadable", *at, f"{said}, which is no day")


def removal(
    exchange: Exchange, rule: str, old: Part, at: tuple[str, str], said: str
) -> None:
    """Report that *old* is gone: a notice once its announced last day is past."""
    if is_past(old.value, exchange.comparison.day):
        told = f"{said.partition(';')[0]}, after its last day, {sunset(old.value)}"
        exchange.add(f"{rule}-after-sunset", *at, told)
    else:
        exchange.add(rule, *at, said)


def _stability(part: Part) -> int:
    named = part.get("x-stability-level")
    return _LEVELS.index(named) if named in _LEVELS else len(_LEVELS) - 1
