"""Locust runs this file; it runs the team's locustfile, once per arm, in pairs.

    locust -f gate/suites/load/generator/locustfile.py --headless --only-summary

A *pair* is one task drawn by weight and executed on both arms back to back, in random
order, with `random` seeded alike, so that both make the same choices and a flow of
several requests lives in its own arm's database. First one driver sends pairs
serially. Then all drivers do so by a schedule of intended starts, which slow answers
do not thin. The team's file stays an ordinary locustfile: HttpUser or FastHttpUser
classes with @task methods. Nobody thinks in between: `wait_time` is not used, nor are
`on_stop`, tags, `locust.conf` and the file's own LoadTestShape; choices that do not
come from the functions of `random` (uuid4, SystemRandom) differ per arm, and answers
are read whole, also with stream=True.

Only the arms are asked: a request to another host is not sent, and ends the run where
it is the scenario that wants it (all arms do); where one arm alone redirects away, that
is a failed request of this arm. Environment proxies are not used.

Settings come from the environment (`settings.py`). The stream has one JSON object
per line, told by its ``kind``: ``begin``, ``flow`` and ``under way`` (see `Flow` and
`UnderWay` of `gate.stats.events`; times are Unix times), ``generator`` (each second and
process) and ``end``, whose ``said`` is empty for the good reasons ``time``,
``requests`` and ``stopped``. Without that last line the run was cut short. SIGTERM ends
the run after the flows under way, which have five seconds; those that then wait for an
answer have failed. SIGUSR1, once ``begin`` was told, ends the serial part.
"""

import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

from locust import events, runners
from locust.env import Environment

from gate.suites.load.generator.crew import FINISH_SECONDS, Crew
from gate.suites.load.generator.desk import Desk, Stream
from gate.suites.load.generator.driver import (
    Driver,
    give_each_driver_its_own_dice,
    note,
)
from gate.suites.load.generator.settings import Refused, Settings
from gate.suites.load.generator.tally import Ending
from gate.suites.load.generator.team import digest_of, users_of
from gate.suites.parent_process import end_with_parent

IMPORT_SECONDS = 20
# Locust would try for five minutes, and wait a minute for a master that is gone.
runners.CONNECT_RETRY_COUNT = 2
runners.MASTER_HEARTBEAT_TIMEOUT = 10


def begin(environment: Environment, runner: runners.Runner, **_: object) -> None:
    """Locust is set up: open the desk, unless it is elsewhere, and man the crew."""
    at_desk = not isinstance(runner, runners.WorkerRunner)
    desk = Desk(environment, SETTINGS, STREAM, DIGEST) if at_desk else None
    if isinstance(runner, runners.MasterRunner):
        HOOKS.quitting.add_listener(lambda **_: leave(desk, None))
        return
    crew = Driver.crew = Crew(environment, SCENARIO, DIGEST)
    HOOKS.request.add_listener(note)
    HOOKS.quitting.add_listener(lambda **_: leave(desk, crew))
    if desk:
        crew.at_last = lambda ending: close_at_once(desk, ending)  # type: ignore[method-assign]
    crew.report()


def leave(desk: Desk | None, crew: Crew | None) -> None:
    """Locust is about to end: first let the flows under way be done."""
    if desk:
        desk.end(Ending("stopped"))
        desk.done.wait(FINISH_SECONDS + 3)
    elif crew:
        crew.on_stop()
        crew.drained.wait(FINISH_SECONDS + 1)


def close_at_once(desk: Desk, ending: Ending) -> None:
    """Write the last line although nothing else can run any more."""
    desk.close(ending)
    os._exit(1)


def read_no_configuration(parser: Any, **_: object) -> None:
    """Let a locust.conf or pyproject.toml of the team change nothing of this run."""
    parser._default_config_files = []  # noqa: SLF001 - as Locust itself does


def load_scenario(file: Path) -> tuple[Path, str]:
    """Load the team's users; return the file and its digest. Raises Refused."""
    give_each_driver_its_own_dice()
    path = file.resolve()

    def too_long(*_: object) -> None:
        raise Refused(f"{path} was not imported within {IMPORT_SECONDS} s")

    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, IMPORT_SECONDS)
    digest = digest_of(path)
    Driver.team = users_of(path)
    signal.setitimer(signal.ITIMER_REAL, 0)
    gc.freeze()  # what is loaded need not be looked through during the run
    return path, digest


HOOKS: Any = events
STREAM: Any = None
end_with_parent()
try:
    if "--worker" not in sys.argv:
        SETTINGS = Settings.read(os.environ)
        STREAM = Stream(SETTINGS.stream)
    SCENARIO, DIGEST = load_scenario(Path(os.environ["GATE_LOAD_FILE"]))
except Refused as refused:
    if STREAM:
        STREAM.close(Ending("refused", str(refused)))
    sys.exit(f"load not started: {refused}")
HOOKS.init_command_line_parser.add_listener(read_no_configuration)
HOOKS.init.add_listener(begin)
