"""Random fault schedules: what strikes a promotion when, and what must hold after all.

A schedule is a seed. The oracle reads what the platform holds in the end, and what the
ledger says; it knows nothing of how the gate works. Its rules bear the ids of the
protocol's invariants.
"""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from gate.errors import ExitCode, GateError
from gate.ledger.journal import Journal
from gate.ledger.records import RunClosed
from gate.ledger.store import Ledger
from gate.model.ending import Standing
from gate.model.release import Release, ReleaseStatus
from gate.model.verdict import Result
from tests_integration.gate.protocol.world import (
    PRODUCTION,
    STAGING,
    World,
    gatekeeper,
)

LATEST = 0.8
"""Seconds after which a delayed request has taken effect; the gate waits for 3."""
MOST_RESUMES = 4
MOST = 60
"""Schedules on one platform."""
WRITES = ("POST /pipeline-promotions", f"POST /apps/{PRODUCTION}/releases")
READS = (
    "GET *",
    "GET /pipeline-promotions/**",
    "GET /pipelines/**",
    "GET /apps/*",
    "GET /apps/*/dynos",
    "GET /apps/*/slugs/*",
    f"GET /apps/{PRODUCTION}/releases",
    f"GET /apps/{PRODUCTION}/releases/*",
    f"GET /apps/{STAGING}/releases",
)
ANSWERS = ("429", "500", "502", "503", "hang", "reset-before")
LOST = ("reset-after", "502-after", "half-body", "slow-body", "delay")
RELEASING = ("release-fail", "promotion-fail", "promotion-delay")
MOMENTS = ("start", "suites", "watch", "resume")
RESULTS = (Result.PASSED, Result.FAILED)


@dataclass(frozen=True)
class Fault:
    """One fault, and the moment from which on it waits to strike."""

    kind: str
    on: str
    moment: str
    times: int
    probability: float
    seed: int

    @classmethod
    def drawn(cls, dice: random.Random) -> Self:
        """Draw a fault; most strike a write, or what is read after it."""
        moment = dice.choices(MOMENTS, (2, 4, 4, 2))[0]
        times = dice.choices((1, 2, 5, 0), (8, 3, 3, 2))[0]
        chance = dice.choice((1.0, 1.0, 0.5))
        what = dice.random()
        if what < 0.15:
            kind, on = dice.choice(RELEASING), "*"
        elif what < 0.6:
            kind, on = dice.choice((*ANSWERS, *LOST, *LOST)), dice.choice(WRITES)
        else:
            kind, on = dice.choice((*ANSWERS, *LOST)), dice.choice(READS)
        return cls(kind, on, moment, times, chance, dice.getrandbits(30))

    def order(self) -> dict[str, str | float | None]:
        """Return it as the platform takes it."""
        order: dict[str, str | float | None] = {
            "times": self.times,
            "probability": self.probability,
            "seed": self.seed,
        }
        if self.kind in RELEASING:
            order["app"] = PRODUCTION
        else:
            order["on"] = self.on
        if self.kind in ("delay", "promotion-delay"):
            order["seconds"] = LATEST
        if self.kind == "slow-body":
            order["seconds"] = 0.2
        return order


@dataclass(frozen=True)
class Schedule:
    """Which faults strike, and what the watches show: the first, and those after it."""

    seed: int
    faults: tuple[Fault, ...]
    watches: tuple[Result, Result]

    @classmethod
    def of(cls, seed: int) -> Self:
        """Return the schedule of a seed."""
        dice = random.Random(seed)
        faults = tuple(Fault.drawn(dice) for _ in range(dice.randint(1, 4)))
        first = dice.choices((*RESULTS, Result.INSUFFICIENT), (4, 5, 1))[0]
        return cls(seed, faults, (first, dice.choice(RESULTS)))


@dataclass(frozen=True)
class Told:
    """What one command told: its exit code, what holds, and in how many words."""

    exit_code: ExitCode
    standing: str
    says: str


@dataclass
class Trial:
    """One schedule carried out, with all that is needed to judge it."""

    world: World
    schedule: Schedule
    before: Release
    floor: int
    ledger: Ledger
    told: list[Told] = field(default_factory=list)
    shown: list[Result] = field(default_factory=list)
    struck: int = 0
    broken: list[str] = field(default_factory=list)

    # What is done

    def run(self) -> None:
        """Promote under the faults; then resume, without them in the end."""
        self._command("start")
        if self.open:
            self._command("resume")
        for _ in range(MOST_RESUMES):
            if not self.open:
                break
            self._command("")
        self.broken.extend(self._broken_at_the_end())

    def _command(self, moment: str) -> None:
        """Let a fresh gate run one command, and look once all has taken effect."""
        self._strike(moment)
        keeper = gatekeeper(
            self.world.hasty(),
            self.world.repository,
            self.ledger,
            self.world.folder,
            self.schedule.watches[min(len(self.told), 1)],
            lambda ended: self._passed(ended, faulty=moment == "start"),
        )
        try:
            if moment == "start":
                endings = [keeper.promote(self.world.repository.head())]
            else:
                endings = list(keeper.resume())
        except GateError as error:
            self.told.append(Told(error.exit_code, error.standing, str(error)))
        else:
            self.told.extend(
                Told(e.exit_code, e.standing or "", e.says) for e in endings
            )
        self._let_all_land()
        self.broken.extend(self._broken_now(self.told[-1]))

    def _passed(self, ended: str, *, faulty: bool) -> None:
        if ended == "watch":
            first = len(self.told) == 0
            self.shown.append(self.schedule.watches[0 if first else 1])
        if faulty:
            self._strike(ended)

    def _strike(self, moment: str) -> None:
        for fault in self.schedule.faults:
            if fault.moment == moment:
                self.world.remote.add(fault.kind, **fault.order())

    def _let_all_land(self) -> None:
        """What was delayed takes effect before the faults are taken back."""
        late = [f for f in self.world.remote.faults() if "delay" in f["kind"]]
        if any(fault["struck"] for fault in late):
            self.world.wait(LATEST + 0.4)
        self.struck += sum(f["struck"] for f in self.world.remote.clear())
        self.world.quiet()

    # What must hold

    @property
    def open(self) -> bool:
        """Whether a run was left open."""
        return bool(self.ledger.open_runs())

    @property
    def end(self) -> ExitCode | None:
        """How the run was closed; None: it was not."""
        closed = [r for r in self.ledger.records() if isinstance(r, RunClosed)]
        return ExitCode(closed[-1].exit_code) if closed else None

    def _live(self) -> Release:
        live = self.world.clean.current_release(PRODUCTION)
        assert live is not None
        return live

    def _broken_now(self, told: Told) -> Iterator[str]:
        """Yield what a command told and is not so."""
        live = self._live()
        if told.standing == Standing.OLD_SERVES and live.slug != self.world.old:
            yield f"T: told that the old release serves, {live.name} does"
        if told.standing == Standing.NEW_SERVES and live.slug != self.world.new:
            yield f"T2: told that the new release serves, {live.name} does"
        if (told.exit_code is ExitCode.UNRESOLVED) != self.open:
            yield f"L1: exit code {told.exit_code}, and open is {self.open}"
        if told.exit_code not in QUIET and not self.struck:
            yield f"S9: {told.exit_code} though nothing has struck: {told.says}"

    def _broken_at_the_end(self) -> Iterator[str]:
        yield from self._broken_releases()
        yield from self._broken_ledger()
        yield from self._broken_end()

    def _broken_releases(self) -> Iterator[str]:
        """Yield what was released and must not have been."""
        newer = self.world.newer(self.floor)[::-1]
        promoted = [r for r in newer if r.slug and r.slug.id == self.world.new.id]
        back = [r for r in newer if r.slug and r.slug.id == self.world.old.id]
        if len(promoted) > 1:
            yield f"S5: promoted {len(promoted)} times"
        if len(promoted) + len(back) < len(newer):
            yield "S1b: another slug than the judged one and the baseline's"
        went_live = [r for r in promoted if r.status is ReleaseStatus.SUCCEEDED]
        for release in back:
            if not release.description.startswith("gate "):
                yield f"S6: {release.name} has no mark"
            if not went_live or went_live[0].version > release.version:
                yield f"S6: {release.name} rolled back what was not live"
        if back and Result.FAILED not in self.shown:
            yield "S6: rolled back what was not found bad"

    def _broken_ledger(self) -> Iterator[str]:
        """Yield what the ledger does not know, or knows and is not so."""
        if self.open:
            yield f"L1: still open after {MOST_RESUMES} resumes: {self.told[-1]}"
        newer = {r.version: r for r in self.world.newer(self.floor)}
        journal = Journal.of(self.ledger.records())
        promotions, backs = journal.writes("promote"), journal.writes("roll back")
        if len(promotions) > 1:
            yield "S5: a promotion was intended twice"
        if len(newer) > len(promotions) + len(backs):
            yield "C12: a release without an intent"
        for write in (*promotions, *backs):
            if write.confirmed is None:
                continue
            release = newer.get(write.confirmed.version)
            slug = release.slug if release else None
            if slug is None or slug.id != write.intent.slug:
                yield f"C4: confirmed what is not there: {write.confirmed.release}"
            elif release and release.status is not ReleaseStatus.SUCCEEDED:
                yield f"H8: confirmed what is {release.status}: {release.name}"

    def _broken_end(self) -> Iterator[str]:
        """Yield where the last exit code, and what serves, do not agree."""
        live, end = self._live(), self.end
        match end:
            case ExitCode.PASSED if live.slug != self.world.new or not self.shown:
                yield f"T2: closed as promoted, and {live.name} is live"
            case ExitCode.ROLLED_BACK if (
                live.slug != self.world.old or live.id == self.before.id
            ):
                yield f"T3: closed as rolled back, and {live.name} is live"
            case ExitCode.HELD if not self._helpless():
                yield f"S9: held without need: {self.told[-1].says}"
            case ExitCode.PASSED | ExitCode.ROLLED_BACK:
                yield from self._broken_answers(live)
            case ExitCode.HELD | None:
                pass
            case _ if live.id != self.before.id:
                yield f"T1: closed with {end}, and {live.name} is live"
        if self._bad and end is not ExitCode.HELD and live.slug == self.world.new:
            yield f"S4: closed with {end} while the bad slug is live"

    def _broken_answers(self, live: Release) -> Iterator[str]:
        """Yield where something else answers than what is live."""
        expected = "B" if live.slug == self.world.new else "A"
        answers = self.world.says()
        if answers != expected:
            yield f"T: {live.name} is live, and {answers!r} answers"

    @property
    def _bad(self) -> bool:
        """Whether the last watch found it bad."""
        return bool(self.shown) and self.shown[-1] is Result.FAILED

    def _helpless(self) -> bool:
        """Whether a rollback came to nothing: its release command failed."""
        return any(
            release.slug is not None
            and release.slug.id == self.world.old.id
            and release.status is ReleaseStatus.FAILED
            for release in self.world.newer(self.floor)
        )


QUIET = (ExitCode.PASSED, ExitCode.ROLLED_BACK, ExitCode.UNRESOLVED)


@dataclass(frozen=True)
class Came:
    """What a schedule came to."""

    seed: int
    first: ExitCode
    last: ExitCode
    struck: int
    broken: tuple[str, ...]
    told: tuple[Told, ...]


def tried(world: World, schedule: Schedule) -> Came:
    """Carry out a schedule on a platform of its own, and judge it."""
    before = world.set_back()
    floor = world.newest()
    path = world.folder / f"ledger-{schedule.seed}.db"
    ledger = Ledger(path)
    trial = Trial(world, schedule, before, floor, ledger)
    try:
        trial.run()
        last = ExitCode.UNRESOLVED if trial.end is None else trial.end
    finally:
        world.remote.clear()
        ledger.close()
        path.unlink()
    return Came(
        schedule.seed,
        trial.told[0].exit_code,
        last,
        trial.struck,
        tuple(trial.broken),
        tuple(trial.told),
    )


def carried_out(seeds: Sequence[int], folder: Path, *, platforms: int) -> list[Came]:
    """Carry out the schedules of these seeds, on several platforms side by side.

    A platform is replaced after some, so that none grows old.
    """

    def on_one(some: Sequence[int]) -> list[Came]:
        place = folder / f"from-{some[0]}"
        place.mkdir()
        with World.made(place) as world:
            return [tried(world, Schedule.of(seed)) for seed in some]

    each = max(1, min(MOST, -(-len(seeds) // platforms)))
    parts = [seeds[at : at + each] for at in range(0, len(seeds), each)]
    with ThreadPoolExecutor(platforms) as lanes:
        return [came for part in lanes.map(on_one, parts) for came in part]


def told(came: list[Came]) -> str:
    """Return what so many schedules came to, in one line."""
    firsts = [each.first for each in came]
    counts = {
        "promoted": firsts.count(ExitCode.PASSED),
        "rolled back": firsts.count(ExitCode.ROLLED_BACK),
        "held": firsts.count(ExitCode.HELD),
        "unresolved": firsts.count(ExitCode.UNRESOLVED),
    }
    counts["blocked"] = len(came) - sum(counts.values())
    resumed = [each.last for each in came if each.first is ExitCode.UNRESOLVED]
    ends = ", ".join(
        f"{resumed.count(code)} {code.name.lower()}" for code in sorted({*resumed})
    )
    first = ", ".join(f"{count} {word}" for word, count in counts.items())
    held = [each.last for each in came].count(ExitCode.HELD)
    struck = sum(each.struck for each in came)
    broken = sum(bool(each.broken) for each in came)
    return (
        f"{len(came)} schedules, {struck} faults struck: {first}; resumed: {ends}; "
        f"held in the end: {held}; violated: {broken}"
    )


def in_words(schedule: Schedule) -> str:
    """Return a schedule in words, for a person who has to find out."""
    faults = "; ".join(
        f"from {f.moment} on {f.kind} at {f.on} ×{f.times or '∞'} p={f.probability}"
        for f in schedule.faults
    )
    return f"seed {schedule.seed}: watches {schedule.watches}; {faults}"
