"""Every kind of fault that can be asked for, and where it strikes."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Place(Enum):
    """Where a fault strikes."""

    REQUEST = "a request to the API, before its effect"
    ANSWER = "an answer of the API, after the effect"
    BUILD = "a build"
    RELEASE = "a release command"
    PROMOTION = "one target of a promotion"
    DYNO = "a dyno that is up"
    ROUTER = "a request to an app"
    LOG = "a line that a log tail is about to show"

    @property
    def knows_app(self) -> bool:
        """Whether it happens to one app, so that apps can be told apart by name."""
        return self not in (Place.REQUEST, Place.ANSWER)

    @property
    def knows_request(self) -> bool:
        """Whether it happens to a request: a method and a path."""
        return self in (Place.REQUEST, Place.ANSWER, Place.ROUTER)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind; *seconds* is its default, None if time plays no part in it."""

    name: str
    place: Place
    says: str
    seconds: float | None = None


KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("429", Place.REQUEST, "refuse it: the rate limit is used up (JSON)"),
        Kind("500", Place.REQUEST, "answer 500 with a page of HTML, do nothing"),
        Kind("502", Place.REQUEST, "answer 502 with a page of HTML, do nothing"),
        Kind("503", Place.REQUEST, "answer 503 with a page of HTML, do nothing"),
        Kind("hang", Place.REQUEST, "neither act nor answer until the client leaves"),
        Kind("delay", Place.REQUEST, "act SECONDS late, even if the client left", 10),
        Kind("reset-before", Place.REQUEST, "reset the connection, do nothing"),
        Kind("reset-after", Place.ANSWER, "act, then reset the connection"),
        Kind("502-after", Place.ANSWER, "act, then answer 502 with a page of HTML"),
        Kind("half-body", Place.ANSWER, "act, then hang up after half of the body"),
        Kind("slow-body", Place.ANSWER, "act, then send 4 bytes every SECONDS", 1),
        Kind("build-fail", Place.BUILD, "let the build fail"),
        Kind("release-fail", Place.RELEASE, "let the release command exit with 1"),
        Kind("promotion-delay", Place.PROMOTION, "release it SECONDS late", 10),
        Kind("promotion-fail", Place.PROMOTION, "fail it before it is released"),
        Kind("dyno-kill", Place.DYNO, "SIGKILL it once it was up for SECONDS", 0),
        Kind("dyno-refuse", Place.ROUTER, "let the dyno refuse the connection (H21)"),
        Kind("dyno-trickle", Place.ROUTER, "answer by 4 bytes every SECONDS", 1),
        Kind("H99", Place.ROUTER, "answer 503, platform error"),
        Kind("log-lose", Place.LOG, "lose the line, and say so (L11)"),
        Kind("log-drop", Place.LOG, "cut the tail instead of showing the line"),
    )
}
