"""Every wait of the platform, in one place and scaled by one factor."""

from dataclasses import dataclass, fields

_SHORTEST = 0.05


@dataclass(frozen=True, slots=True)
class Timers:
    """Durations in seconds; the defaults are Heroku's where not said otherwise."""

    boot: float = 60.0  # R10
    exit: float = 30.0  # R12
    handover: float = 0.1  # between leaving the router and SIGTERM
    hold: float = 75.0  # H20: the router waits for a booting dyno
    connect: float = 5.0  # H19
    first_byte: float = 30.0  # H12
    idle: float = 55.0  # H15
    release_phase: float = 3600.0
    metrics: float = 2.0  # Heroku: 20; a short load run must see several samples
    stable: float = 60.0  # up this long, the next crash counts as a first one
    log_session: float = 300.0  # a session URL may be opened this long
    tail: float = 3600.0
    blob: float = 3600.0
    refill: float = 1.0  # 75 rate-limit tokens each; Heroku: 60
    cool_off_1: float = 20 * 60.0
    cool_off_2: float = 40 * 60.0
    cool_off_3: float = 60 * 60.0
    cool_off_4: float = 180 * 60.0
    cool_off_5: float = 320 * 60.0

    def scaled(self, factor: float) -> "Timers":
        """All durations times `factor`, none below a twentieth of a second."""
        return Timers(
            **{
                field.name: max(_SHORTEST, getattr(self, field.name) * factor)
                for field in fields(self)
            }
        )

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
