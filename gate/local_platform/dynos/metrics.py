"""What dynos use, written into their app's log, and the memory limits."""

import asyncio
import math
from dataclasses import dataclass

from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.processes import census

MEGABYTE = 1024 * 1024
_QUOTAS = {"standard-2x": 1024, "performance-m": 2560, "performance-l": 14 * 1024}
_WINDOWS = (60.0, 300.0, 900.0)


def quota(size: str) -> int:
    """The memory of a dyno size in bytes; 512 MB for the small ones."""
    return _QUOTAS.get(size.lower(), 512) * MEGABYTE


@dataclass(slots=True)
class Gauge:
    """Measures one dyno and says what it found."""

    dyno: Dyno
    loads: tuple[float, float, float] = (0.0, 0.0, 0.0)

    async def measure(self, elapsed: float, *, tell: bool) -> None:
        """One sample: two lines if `tell`, R14 over the quota, R15 at twice."""
        usage = await asyncio.to_thread(census.usage, self.dyno.folder)
        if not self.dyno.is_running or self.dyno.stopping:
            return
        one, five, fifteen = (
            old + (usage.runnable - old) * -math.expm1(-elapsed / window)
            for old, window in zip(self.loads, _WINDOWS, strict=True)
        )
        self.loads = (one, five, fifteen)
        if tell:
            self._tell(usage)
        self.judge(usage)

    def _tell(self, usage: census.Usage) -> None:
        dyno = self.dyno
        number = dyno.launch.app_number
        source = f"source={dyno.name} dyno=heroku.{number}.{dyno.id}"
        one, five, fifteen = self.loads
        dyno.say(
            f"{source} sample#load_avg_1m={one:.2f} sample#load_avg_5m={five:.2f} "
            f"sample#load_avg_15m={fifteen:.2f}"
        )
        parts = {
            "memory_total": usage.total,
            "memory_rss": usage.rss,
            "memory_cache": usage.cache,
            "memory_swap": usage.swap,
            "memory_quota": quota(dyno.launch.size),
        }
        samples = (f"sample#{k}={v / MEGABYTE:.2f}MB" for k, v in parts.items())
        dyno.say(f"{source} {' '.join(samples)}")

    def judge(self, usage: census.Usage) -> None:
        """R14 over the quota, R15 and SIGKILL at twice; cache counts for R14 only."""
        limit = quota(self.dyno.launch.size)
        if usage.total <= limit:
            return
        share = 100 * usage.total / limit
        megabytes = usage.total // MEGABYTE
        self.dyno.say(f"Process running mem={megabytes}M({share:.1f}%)")
        if usage.rss + usage.swap >= 2 * limit:
            self.dyno.say("Error R15 (Memory quota vastly exceeded)")
            self.dyno.kill()
        else:
            self.dyno.say("Error R14 (Memory quota exceeded)")
