"""What Heroku holds, in virtual time: apps, releases, requests, and what goes wrong.

What has been asked for takes effect when its `Fate` says, whether or not anybody still
waits for the answer. A colleague may act at any moment. All that happens is kept, with
who did it, for an oracle.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Self

from gate.errors import NotFound, PlatformRefused, PlatformUnavailable
from gate.model.release import ReleaseStatus, Slug, Stage

STAGING, PRODUCTION, BASELINE = "shop-staging", "shop", "shop-baseline"
PIPELINE = "shop"
LATENCY = 0.1
SILENCE_COSTS = 6.0
"""Seconds that a client tries for, before it says that the platform is silent."""
COLLEAGUE = "colleague"


@dataclass(frozen=True)
class Fate:
    """What becomes of one request that writes.

    It takes effect *late* seconds after it was sent, unless it is *lost*; its release
    command runs for *command* seconds and may *fail*. Where it is not *answered*, the
    client gives up after *patience* seconds.
    """

    answered: bool = True
    refused: int = 0  # with that status
    lost: bool = False
    late: float = 0.0
    command: float = 0.0
    fails: bool = False
    patience: float = 0.0


FATES: dict[str, Fate] = {
    "good": Fate(),
    "slow": Fate(command=3),
    "queued": Fate(late=3, command=2),
    "command fails": Fate(command=3, fails=True),
    "rate limited": Fate(refused=429),
    "forbidden": Fate(refused=403),
    "error before": Fate(answered=False, lost=True),
    "error after": Fate(answered=False),
    "lost": Fate(answered=False, lost=True, patience=8),
    "no answer": Fate(answered=False, patience=8),
    "no answer, slow": Fate(answered=False, command=4),
    "no answer, command fails": Fate(answered=False, command=3, fails=True),
    "zombie": Fate(answered=False, late=14, patience=2),
    "zombie, command fails": Fate(answered=False, late=12, command=2, fails=True),
}
GOOD = FATES["good"]


def slug(letter: str, suffix: str = "") -> Slug:
    """The slug of a letter; a copy of it has another id and the same checksum."""
    return Slug(f"slug-{letter}{suffix}", f"SHA256:{letter}", commit(letter), ("web",))


def commit(letter: str) -> str:
    """The commit that a letter's slug is built from."""
    return letter.lower() * 40


def letter_of(found: Slug | None) -> str:
    """Which artefact a slug is, whatever its id."""
    return found.checksum[-1] if found is not None and found.checksum else ""


@dataclass
class Made:
    """One release: *config* as it was released with, *by* whom, from *kind* of act."""

    id: str
    app: str
    version: int
    slug: Slug | None
    status: ReleaseStatus
    description: str
    config: dict[str, str]
    by: str
    kind: str
    over: int = 0  # the version that it replaced, once it is live
    since: float = 0.0  # when it became live

    @property
    def letter(self) -> str:
        """Which artefact it holds."""
        return letter_of(self.slug)


@dataclass
class Sent:
    """One request that writes: what was live then, and at the sender's last look."""

    number: int
    who: str
    kind: str
    app: str
    letter: str
    live: int
    looked: int
    mark: str = ""
    release: Made | None = None
    over: bool = False  # it cannot take effect any more
    refused: bool = False
    run: str = ""  # whose it is, and how many records there were: see `port.noted`
    rows: int = 0
    process: int = 0  # which of the world's has sent it: see `World.process`

    @property
    def nothing(self) -> bool:
        """Whether nothing came of it, and nothing will."""
        return self.over and self.release is None


@dataclass
class Place:
    """One app."""

    id: str
    name: str
    releases: list[Made] = field(default_factory=list)
    config: dict[str, str] = field(default_factory=dict)
    generation: int = 0  # of its dynos
    lives: list[int] = field(default_factory=list)  # versions, as they became live

    @property
    def live(self) -> Made | None:
        """The current release: the newest that succeeded."""
        good = (r for r in reversed(self.releases) if r.status == "succeeded")
        return next(good, None)


class Estate:
    """All that there is; *who* is asking just now is for a test to say.

    *fates* are those of the next requests of a kind ("promote", "release <app>",
    "build"), in order; then all is good. *bad* are the letters of slugs that go wrong in
    production. *before* is called at each call with its number, before it is carried out.
    """

    def __init__(
        self,
        *,
        fates: Mapping[str, tuple[str | Fate, ...]] | None = None,
        bad: str = "",
        copies: bool = False,
        before: Callable[[int], None] | None = None,
    ) -> None:
        self.now = 1000.0
        self.who = "gate"
        self.bad = frozenset(bad)
        self.copies = copies
        self.before = before
        self.calls = 0
        self.silent_until = 0.0
        self.sent: list[Sent] = []
        self.acts: list[str] = []  # what the colleague has done to production
        self.places: dict[str, Place] = {}
        self.looked: dict[tuple[str, str], int] = {}
        self.pipelines = {PIPELINE}
        self.couples: list[tuple[str, Stage]] = []  # apps by id
        self.fates = {
            kind: [FATES[f] if isinstance(f, str) else f for f in fates]
            for kind, fates in (fates or {}).items()
        }
        self._numbers = count(1)
        self._events: list[tuple[float, int, Callable[[], None]]] = []

    def furnish(self, **letters: str) -> Self:
        """Create the apps, with a release for each letter: ``production="OA"``."""
        names = {"staging": STAGING, "production": PRODUCTION, "baseline": BASELINE}
        for part, name in names.items():
            self.places[name] = Place(f"id-{name}", name)
            for letter in letters.get(part, ""):
                self.put(name, letter, by="init", kind="deploy")
        self.couples = [
            (f"id-{STAGING}", Stage.STAGING),
            (f"id-{PRODUCTION}", Stage.PRODUCTION),
        ]
        return self

    def wait(self, seconds: float) -> None:
        """Let time pass; what is due takes effect at its time."""
        ends = self.now + seconds
        while self._events and self._events[0][0] <= ends:
            self.now, _, event = heapq.heappop(self._events)
            event()
        self.now = ends

    def drain(self) -> None:
        """Let everything take effect that still can."""
        while self._events:
            self.now, _, event = heapq.heappop(self._events)
            event()

    def silence(self, seconds: float) -> None:
        """Answer nothing for so long."""
        self.silent_until = self.now + seconds

    def in_flight(self, who: str = "gate") -> list[Sent]:
        """The requests of somebody that may still take effect."""
        return [each for each in self.sent if each.who == who and not each.over]

    def put(
        self,
        app: str,
        letter: str,
        *,
        by: str,
        kind: str,
        status: ReleaseStatus = ReleaseStatus.SUCCEEDED,
        description: str = "",
    ) -> Made:
        """Make a release of a letter at once."""
        return self.make(
            app, slug(letter), by=by, kind=kind, said=description, status=status
        )

    def colleague(self, act: str) -> None:
        """Somebody else acts: see `ACTS`."""
        ACTS[act](self)
        if act != "restages":
            self.acts.append(act)

    def make(
        self,
        app: str,
        what: Slug | None,
        *,
        by: str,
        kind: str,
        said: str = "",
        status: ReleaseStatus = ReleaseStatus.SUCCEEDED,
    ) -> Made:
        place = self.places[app]
        version, said = len(place.releases) + 1, said or f"{kind} by {by}"
        made = Made(
            f"{app}-{version}",
            app,
            version,
            what,
            status,
            said,
            dict(place.config),
            by,
            kind,
        )
        place.releases.append(made)
        if status is ReleaseStatus.SUCCEEDED:
            self.goes_live(place, made)
        return made

    def goes_live(self, place: Place, made: Made) -> None:
        made.status = ReleaseStatus.SUCCEEDED
        made.config = dict(place.config)
        if place.live is made:
            made.over = place.lives[-1] if place.lives else 0
            made.since = self.now
            place.lives.append(made.version)
            place.generation += 1

    def at(self, seconds: float, event: Callable[[], None]) -> None:
        if seconds <= 0:
            event()
        else:
            heapq.heappush(
                self._events, (self.now + seconds, next(self._numbers), event)
            )

    def _carry_out(
        self, sent: Sent, fate: Fate, what: Slug, place: Place, by: str
    ) -> None:
        """A request is executed: a release, pending for as long as its command runs."""
        if self.copies and sent.kind == "promote":
            what = replace(what, id=f"{what.id}-copy{sent.number}")
        pending = fate.command > 0 or fate.fails
        made = self.make(
            place.name,
            what,
            by=by,
            kind=sent.kind,
            said=sent.mark,
            status=ReleaseStatus.PENDING if pending else ReleaseStatus.SUCCEEDED,
        )
        sent.release = made

        def command_ends() -> None:
            if fate.fails:
                made.status = ReleaseStatus.FAILED
            elif pending:
                self.goes_live(place, made)
            sent.over = True

        self.at(fate.command, command_ends)

    def write(self, kind: str, app: str, what: Slug, mark: str = "") -> Sent:
        """Somebody asks for a release; raises what the client would."""
        place = self.places[app]
        live = place.live.version if place.live else 0
        looked = self.looked.get((self.who, app), 0)
        sent = Sent(
            len(self.sent) + 1, self.who, kind, app, letter_of(what), live, looked, mark
        )
        left = self.fates.get("build" if kind == "deploy" else f"{kind} {app}")
        fate = left.pop(0) if left else GOOD
        self.sent.append(sent)
        if fate.refused:
            sent.refused = True
            sent.over = True
            raise PlatformRefused(
                f"{kind} was refused", why="as planned", status=fate.refused
            )
        if fate.lost:
            sent.over = True
        else:
            by = self.who
            self.at(fate.late, lambda: self._carry_out(sent, fate, what, place, by))
        if not fate.answered:
            self.wait(fate.patience)
            raise PlatformUnavailable(f"{kind} was not answered")
        return sent

    def called(self) -> None:
        """Somebody calls: time passes, a colleague may act, there may be no answer."""
        self.calls += 1
        if self.before is not None:
            self.before(self.calls)
        if self.now < self.silent_until:
            self.wait(SILENCE_COSTS)
            raise PlatformUnavailable("the platform does not answer")
        self.wait(LATENCY)

    def place(self, app: str) -> Place:
        for place in self.places.values():
            if app in (place.name, place.id):
                return place
        raise NotFound(f"there is no app {app}", status=404)

    def look(self, app: str) -> Place:
        place = self.place(app)
        live = place.live
        self.looked[(self.who, place.name)] = live.version if live else 0
        return place


def _deploys(estate: Estate) -> None:
    estate.put(PRODUCTION, "F", by=COLLEAGUE, kind="deploy")


def _deploys_slowly(estate: Estate) -> None:
    pending = ReleaseStatus.PENDING
    made = estate.put(PRODUCTION, "F", by=COLLEAGUE, kind="deploy", status=pending)
    estate.at(5, lambda: estate.goes_live(estate.places[PRODUCTION], made))


def _configures(estate: Estate) -> None:
    place = estate.places[PRODUCTION]
    place.config["LEVEL"] = str(len(place.releases))
    live = place.live
    estate.make(PRODUCTION, live.slug if live else None, by=COLLEAGUE, kind="config")


def _undoes(estate: Estate) -> None:
    estate.put(PRODUCTION, "A", by=COLLEAGUE, kind="undo")


def _promotes(estate: Estate) -> None:
    estate.put(PRODUCTION, "B", by=COLLEAGUE, kind="by hand")


def _restages(estate: Estate) -> None:
    estate.put(STAGING, "C", by=COLLEAGUE, kind="deploy")


def _fails(estate: Estate) -> None:
    estate.put(
        PRODUCTION, "X", by=COLLEAGUE, kind="deploy", status=ReleaseStatus.FAILED
    )


ACTS: dict[str, Callable[[Estate], None]] = {
    "deploys": _deploys,
    "deploys slowly": _deploys_slowly,
    "configures": _configures,
    "undoes": _undoes,
    "promotes by hand": _promotes,
    "restages": _restages,
    "fails to deploy": _fails,
}
