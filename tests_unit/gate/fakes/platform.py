"""As much of a platform as a barrier or a log reader looks at, told what to say."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from gate.errors import PlatformUnavailable
from gate.model.release import Dyno, DynoState, Release
from tests_unit.gate.fakes.good_run import release


def up(version: int = 12, state: DynoState = DynoState.UP) -> tuple[Dyno, ...]:
    """One web dyno of that version, and a worker that never matters."""
    web = Dyno("d1", "web.1", "web", state, version)
    return (web, Dyno("d2", "worker.1", "worker", DynoState.CRASHED, 1))


@dataclass
class FakePlatform:
    """Says what it was told to say; *looks* counts how often dynos were asked for.

    *release_is* and *dynos_are* are given the number of looks so far. Its log session
    says *log*, then *breaks* off with these words, or *ends*, or says what is put into
    *live* as it comes.
    """

    release_is: Callable[[int], Release] = lambda _: release()
    dynos_are: Callable[[int], tuple[Dyno, ...]] = lambda _: up()
    log: tuple[str, ...] = ()
    live: queue.Queue[str] = field(default_factory=queue.Queue)
    silent: bool = False
    log_silent: bool = False
    breaks: str = ""
    ends: bool = False
    looks: int = 0
    opened: list[str] = field(default_factory=list)
    all_said: threading.Event = field(default_factory=threading.Event)

    def release(self, app: str, version_or_id: int | str) -> Release:
        if self.silent:
            raise PlatformUnavailable("the platform does not answer")
        return self.release_is(self.looks)

    def dynos(self, app: str) -> tuple[Dyno, ...]:
        self.looks += 1
        return self.dynos_are(self.looks)

    @contextmanager
    def open_log(
        self, app: str, *, lines: int = 1, tail: bool = True
    ) -> Iterator[Iterator[str]]:
        if self.log_silent:
            self.all_said.set()
            raise PlatformUnavailable("no log session")
        self.opened.append(app)
        left = threading.Event()

        def said() -> Iterator[str]:
            yield from self.log
            if self.breaks:
                raise PlatformUnavailable(self.breaks)
            if self.ends:
                return
            self.all_said.set()
            while tail and not left.is_set():
                with suppress(queue.Empty):
                    yield self.live.get(timeout=0.02)

        try:
            yield said()
        finally:
            left.set()
