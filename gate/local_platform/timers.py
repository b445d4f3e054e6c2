"""Every wait of the platform, in one place; the defaults are Heroku's."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from gate.errors import UsageProblem

_SHORTEST = 0.05
_MINUTE = 60.0
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class Timers:
    """Durations in seconds, as Heroku documents them where not said otherwise."""

    boot: float = 60.0  # R10
    exit: float = 30.0  # R12
    handover: float = 0.1  # ours: between leaving the router and SIGTERM
    hold: float = 75.0  # H20: the router waits for a booting dyno
    connect: float = 5.0  # H19
    first_byte: float = 30.0  # H12
    idle: float = 55.0  # H15
    quarantine: float = 5.0  # the router avoids a dyno that refused a connection
    keep_alive: float = 90.0  # a visitor's connection without a request
    head: float = 30.0  # ours: a visitor's request must be read by then, up to its body
    pool: float = 1.5  # ours: an unused connection to a dyno; servers close after 2 s
    release_phase: float = _HOUR
    preboot: float = 3 * _MINUTE  # from the release to the switch of traffic
    cycle: float = _DAY  # a dyno runs this long,
    cycle_spread: float = 216 * _MINUTE  # and at random up to this much longer
    sleep: float = 30 * _MINUTE  # without web traffic, on eco dynos
    metrics: float = 20.0  # between samples of log-runtime-metrics, and between R14s
    quota: float = 1.0  # ours: between looks at memory; a kernel looks all the time
    stable: float = 60.0  # ours: a start counts as successful once it lasted this long
    log_session: float = 5 * _MINUTE  # a session's address may be opened this long
    tail: float = _HOUR
    blob: float = _HOUR
    promotion: float = 1.0  # until its first release; Heroku: a few seconds
    retention: float = 30 * _DAY  # a release older than this may expire
    tidy: float = _HOUR  # ours: between looks for what nobody needs any more
    grace: float = _DAY  # ours: a slug that was never released is kept this long
    refill: float = _MINUTE  # 75 rate-limit tokens each
    cool_off_1: float = 20 * _MINUTE
    cool_off_2: float = 40 * _MINUTE
    cool_off_3: float = 60 * _MINUTE
    cool_off_4: float = 180 * _MINUTE
    cool_off_5: float = 320 * _MINUTE

    @classmethod
    def of(cls, scale: float, seconds: Mapping[str, float]) -> "Timers":
        """Heroku's durations times *scale*, but for those given in *seconds* by name.

        None is below a twentieth of a second.  Raises UsageProblem for a name that
        is no timer and for what is no duration.
        """
        names = [field.name for field in fields(cls)]
        unknown = sorted(set(seconds) - set(names))
        if unknown:
            raise UsageProblem(
                f"there is no timer called {', '.join(unknown)}",
                why="the local platform's timers are " + ", ".join(names),
                advice="set one of these, in seconds",
            )
        for name, value in {"the time scale": scale, **seconds}.items():
            if not (math.isfinite(value) and value > 0):
                raise UsageProblem(
                    f"{name} cannot be {value}",
                    why="no wait takes that long",
                    advice="give a number above 0",
                )
        scaled = {name: value * scale for name, value in asdict(cls()).items()}
        chosen = scaled | dict(seconds)
        return cls(**{name: max(_SHORTEST, value) for name, value in chosen.items()})

    def unusual(self) -> dict[str, float]:
        """The timers that differ from the defaults, in seconds, by name."""
        usual = asdict(Timers())
        return {n: value for n, value in asdict(self).items() if value != usual[n]}

    def restart_delay(self, crashes: int) -> float:
        """How long a dyno waits after its n-th crash in a row (n >= 1)."""
        if crashes <= 1:
            return 0.0
        steps = (
            self.cool_off_1,
            self.cool_off_2,
            self.cool_off_3,
            self.cool_off_4,
            self.cool_off_5,
        )
        return steps[min(crashes - 2, len(steps) - 1)]
