"""What dynos use, written into their app's log, and the memory limits."""

import asyncio
import logging
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

from gate.local_platform.dynos import sizes
from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.dynos.formation import Formation
from gate.local_platform.dynos.sizes import MEGABYTE
from gate.local_platform.premises import Premises
from gate.local_platform.processes import census

PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_WINDOWS = (60.0, 300.0, 900.0)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Gauge:
    """Measures one dyno; *interval* seconds lie between samples, and between R14s.

    *ticks* of CPU time never go down, though a process that nobody waited for takes
    its own with it when it ends.
    """

    dyno: Dyno
    interval: float
    looked: float
    sampled: float
    warned: float = -math.inf
    loads: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ticks: int = 0

    def take(self, usage: census.Usage, now: float) -> None:
        """One look: a sample if the dyno tells and one is due, R14, R15 over quota."""
        elapsed = now - self.looked
        one, five, fifteen = (
            old + (usage.runnable - old) * -math.expm1(-elapsed / window)
            for old, window in zip(self.loads, _WINDOWS, strict=True)
        )
        self.loads, self.looked = (one, five, fifteen), now
        self.ticks = max(self.ticks, usage.ticks)
        if now - self.sampled >= self.interval:
            self.sampled = now
            if self.dyno.launch.tells_use:
                self._tell(usage)
        self._judge(usage, now)

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
        }
        samples = [f"sample#{k}={v / MEGABYTE:.2f}MB" for k, v in parts.items()]
        left = max(0, usage.faults - usage.total // PAGE_SIZE)
        samples.append(f"sample#memory_pgpgin={usage.faults}pages")
        samples.append(f"sample#memory_pgpgout={left}pages")
        quota = sizes.known(dyno.launch.size).quota
        samples.append(f"sample#memory_quota={quota / MEGABYTE:.2f}MB")
        dyno.say(f"{source} {' '.join(samples)}")
        # Ours: Heroku tells no CPU time.
        dyno.say(f"{source} sample#cpu_total={self.ticks / TICKS_A_SECOND:.2f}s")

    def _judge(self, usage: census.Usage, now: float) -> None:
        """R15 kills at once; R14 is said at once, then once an interval.

        Cache counts for R14 only.  Sizes without swap are killed at their quota.
        """
        size = sizes.known(self.dyno.launch.size)
        if usage.rss + usage.swap >= size.killed_at:
            self._say_use(usage, size.quota)
            self.dyno.say("Error R15 (Memory quota vastly exceeded)")
            self.dyno.kill()
        elif size.swaps and usage.total > size.quota and self._may_warn(now):
            self.warned = now
            self._say_use(usage, size.quota)
            self.dyno.say("Error R14 (Memory quota exceeded)")

    def _may_warn(self, now: float) -> bool:
        return now - self.warned >= self.interval

    def _say_use(self, usage: census.Usage, quota: int) -> None:
        share = 100 * usage.total / quota
        megabytes = usage.total // MEGABYTE
        self.dyno.say(f"Process running mem={megabytes}M({share:.1f}%)")


class Meter:
    """Looks at all running dynos, over and over."""

    def __init__(self, premises: Premises, formations: Mapping[str, Formation]) -> None:
        self._premises = premises
        self._formations = formations
        self._gauges: dict[str, Gauge] = {}
        self._last: census.Look = {}

    async def run(self) -> None:
        """Look for as long as the platform runs; a failed look is followed by others."""
        timers = self._premises.timers
        while True:
            await asyncio.sleep(min(timers.quota, timers.metrics))
            try:
                await self._look()
            except Exception:  # noqa: BLE001 - the memory limits must go on holding
                _log.warning("dynos could not be measured", exc_info=True)

    async def _look(self) -> None:
        dynos = {
            dyno: app_id
            for app_id, formation in list(self._formations.items())
            for dyno in formation.running()
            if dyno.is_running
        }
        folders = [dyno.folder for dyno in dynos]
        usages = await asyncio.to_thread(census.usages, folders, self._last)
        now = asyncio.get_running_loop().time()
        old, self._gauges = self._gauges, {}
        for dyno, app_id in dynos.items():
            if app_id not in self._premises.state.apps or not dyno.is_running:
                continue
            gauge = self._gauges[dyno.id] = old.get(dyno.id) or self._gauge(dyno, now)
            if not dyno.stopping:
                gauge.take(usages[dyno.folder], now)

    def _gauge(self, dyno: Dyno, now: float) -> Gauge:
        return Gauge(dyno, self._premises.timers.metrics, looked=now, sampled=now)
