"""What was asked for: one kind of fault, where, how often and how surely."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from gate.local_platform.faults.kinds import KINDS, Kind, Place

ANY: Final = "*"
MOST_TIMES: Final = 1_000_000
MOST_SECONDS: Final = 3_600.0
_APP = re.compile(r"[a-z0-9*-]{1,36}")
_DYNO = re.compile(r"[a-z0-9_.*-]{1,40}", re.IGNORECASE)
_FORMATION = r"(?!(?:run|release)\.).*"  # one-off dynos are meant by name only
_REQUEST = re.compile(r"(?:(?P<method>[A-Za-z]+|\*) )?(?P<path>/[^\s?#]{0,200}|\*\*?)")


class OrderRefused(ValueError):
    """No such fault can be had; says what can."""


@dataclass(frozen=True, slots=True)
class Order:
    """One fault, as asked for; *times* 0 means until it is cleared.

    *on* is a request line such as ``POST /apps/*/releases`` (one star: any one name
    of a path, two: anything), or for a dyno its name. *seconds* are real ones,
    whatever the platform's time scale; None where time plays no part. No *seed*: any.
    """

    kind: str
    app: str = ANY
    on: str = ANY
    times: int = 1
    probability: float = 1.0
    seconds: float | None = None
    seed: int | None = None

    @property
    def place(self) -> Place:
        """Where it strikes."""
        return KINDS[self.kind].place

    def pattern(self) -> re.Pattern[str]:
        """What the app and the event must look like, joined by a line break."""
        what = _glob(self.on)
        if self.place.knows_request:
            method, _, path = self.on.rpartition(" ")
            verb = "[A-Z]+" if method in ("", ANY) else method
            what = f"{verb} {'.*' if path == ANY else _glob(path)}"
        elif self.place is Place.DYNO and self.on == ANY:
            what = _FORMATION
        app = _glob(self.app.replace("**", ANY))  # no name of an app has a slash
        return re.compile(f"{app}\n{what}", re.DOTALL)

    def facts(self) -> dict[str, Any]:
        """Itself as JSON, which `read` understands."""
        return asdict(self)


def read(given: Mapping[str, Any]) -> Order:
    """The order that a JSON object states; raises OrderRefused."""
    known = [field.name for field in fields(Order)]
    if unknown := sorted(set(given) - set(known)):
        raise OrderRefused(f"{unknown[0]} is unknown; known are {', '.join(known)}.")
    kind = KINDS.get(str(given.get("kind")))
    if kind is None:
        raise OrderRefused(f"kind must be one of {', '.join(KINDS)}.")
    seconds = kind.seconds
    if given.get("seconds") is not None:
        if seconds is None:
            raise OrderRefused(f"seconds play no part in {kind.name}.")
        seconds = _number(given, "seconds", 0.0, MOST_SECONDS)
    seed = _number(given, "seed", 0, 2**63 - 1, whole=True)
    return Order(
        kind=kind.name,
        app=_app(kind, given),
        on=_on(kind, given),
        times=int(_number(given, "times", 0, MOST_TIMES, 1, whole=True) or 0),
        probability=float(_number(given, "probability", 0, 1, 1) or 0),
        seconds=seconds,
        seed=None if seed is None else int(seed),
    )


def _number(
    given: Mapping[str, Any],
    name: str,
    least: float,
    most: float,
    default: float | None = None,
    *,
    whole: bool = False,
) -> float | None:
    found = given.get(name)
    if found is None:
        return default
    fits = isinstance(found, int if whole else int | float)
    if not fits or isinstance(found, bool) or not least <= found <= most:
        kind = "whole number" if whole else "number"
        raise OrderRefused(f"{name} must be a {kind} from {least:g} to {most:g}.")
    return found  # type: ignore[no-any-return]  # it is a number


def _text(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name)
    return ANY if found is None else str(found)


def _app(kind: Kind, given: Mapping[str, Any]) -> str:
    app = _text(given, "app")
    if app != ANY and not kind.place.knows_app:
        raise OrderRefused(
            f'{kind.name} strikes requests: say on, like "POST /apps/NAME/releases".'
        )
    if not _APP.fullmatch(app):
        raise OrderRefused("app must be an app's name, in which * stands for anything.")
    return app


def _on(kind: Kind, given: Mapping[str, Any]) -> str:
    on = _text(given, "on")
    if kind.place.knows_request:
        found = _REQUEST.fullmatch(on)
        if found is None:
            raise OrderRefused(
                'on must be a method and a path without query, like "POST /apps/*/'
                'releases": one star is any one name, two are anything.'
            )
        method = (found["method"] or ANY).upper()
        return found["path"] if method == ANY else f"{method} {found['path']}"
    if kind.place is Place.DYNO:
        if not _DYNO.fullmatch(on):
            raise OrderRefused("on must be a dyno's name, like web.1 or web.*.")
    elif on != ANY:
        raise OrderRefused(f"{kind.name} strikes apps: say app, and no on.")
    return on


def _glob(text: str) -> str:
    """Two stars are anything, one star is anything but a slash.

    All but the last of either kind take the least that will do, and never think
    better of it: `(?>…)` keeps the time in bounds, whatever is asked for and matched.
    """
    *parts, last = re.split(r"\*{2,}", text)
    if not parts:
        return _within(last, last=True)
    first, *middle = (_within(part, last=False) for part in parts)
    atoms = "".join(f"(?>.*?{part})" for part in middle)
    return f"{first}{atoms}.*{_within(last, last=True)}"


def _within(text: str, *, last: bool) -> str:
    """The same for text without double stars; *last* has to reach up to the end."""
    first, *others = map(re.escape, text.split(ANY))
    greedy = f"[^/\n]*{others.pop()}" if others and last else ""
    return "".join((first, *(f"(?>[^/\n]*?{part})" for part in others), greedy))
