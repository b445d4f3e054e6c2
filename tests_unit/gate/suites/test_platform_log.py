"""The platform's log: lines as Heroku writes them."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.model.evidence import AppLog
from gate.model.platform import Platform
from gate.model.watch_evidence import Answered
from gate.stats.events import Crash, Usage
from gate.suites.log_watch import LogWatch
from gate.suites.platform_log import (
    Account,
    Line,
    answered_of,
    crash_of,
    lost_of,
    usage_of,
)
from tests_unit.gate.fakes.platform import FakePlatform

AT = "2025-08-08T06:59:29.656954+00:00"
UNIX = datetime(2025, 8, 8, 6, 59, 29, 656954, UTC).timestamp()
FINE = (
    'heroku[router]: at=info method=GET path="/x?y=1" host=h request_id=1 '
    'fwd="1.2.3.4" dyno=web.1 connect=0ms service=3ms status=200 bytes=12 '
    "protocol=http1.1 tls=true tls_version=tls1.3"
)
TIMED_OUT = (
    'heroku[router]: at=error code=H12 desc="Request timeout" method=GET path="/" '
    'host=h request_id=2 fwd="1.2.3.4" dyno=web.1 connect=0ms service=30001ms '
    "status=503 bytes=0 protocol=http1.1 tls=true tls_version=tls1.3"
)
INTERRUPTED = (
    'heroku[router]: sock=backend at=error code=H18 desc="Server Request Interrupted" '
    'method=GET path="/" host=h request_id=3 fwd="1.2.3.4" dyno=web.1 connect=0ms '
    "service=5ms status=200 bytes= protocol=http1.1 tls=false"
)
METRICS = (
    "heroku[web.1]: source=web.1 dyno=heroku.2808254.0b1c "
    "sample#memory_total=21.00MB sample#memory_rss=21.22MB sample#memory_cache=0.00MB "
    "sample#memory_swap=0.00MB sample#memory_pgpgin=348836pages"
)
OVER_QUOTA = (
    "heroku[web.1]: Process running mem=871M(170.1%)",
    "heroku[web.1]: Error R14 (Memory quota exceeded)",
)
KILLED = (
    "heroku[web.2]: Process running mem=1030M(201.2%)",
    "heroku[web.2]: Error R15 (Memory quota vastly exceeded)",
    "heroku[web.2]: Stopping process with SIGKILL",
    "heroku[web.2]: Process exited with status 137",
    "heroku[web.2]: State changed from up to crashed",
)


CPU = "heroku[web.1]: source=web.1 dyno=heroku.2808254.0b1c sample#cpu_total=12.34s"
LOAD_AVERAGE = (
    "heroku[web.1]: source=web.1 dyno=heroku.2808254.0b1c sample#load_avg_1m=2.46"
)
STOPPED = (
    "heroku[web.1]: State changed from up to starting",
    "heroku[web.1]: Stopping all processes with SIGTERM",
    "heroku[web.1]: Process exited with status 143",
    "heroku[web.1]: State changed from starting to up",
)
GUNICORN = "app[web.1]: [2025-08-08 06:59:29 +0000] [9]"
ENDS = {
    "deploy": ("app[api]: Release v3 created by user ada@example.invalid", *STOPPED),
    "scaling": (
        "app[api]: Scaled to web@1:Basic by user ada@example.invalid",
        "heroku[web.2]: Stopping all processes with SIGTERM",
        "heroku[web.2]: Process exited with status 0",
        "heroku[web.2]: State changed from up to down",
    ),
    "daily cycling": ("heroku[web.1]: Cycling", *STOPPED),
    "restart": ("heroku[web.1]: Restarting", *reversed(STOPPED)),
    "idling": (
        "heroku[web.1]: Idling",
        "heroku[web.1]: Stopping all processes with SIGTERM",
        "heroku[web.1]: State changed from up to down",
    ),
    "recycling": (
        f"{GUNICORN} [INFO] Autorestarting worker after current request.",
        f"{GUNICORN} [INFO] Worker exiting (pid: 9)",
    ),
}


def line_of(text: str) -> Line:
    """The parts of a line of that moment."""
    line = Line.of(f"{AT} {text}")
    assert line is not None
    return line


def parse_log(app: str, lines: Iterable[str], *, since: float = 0.0) -> AppLog:
    """What the lines of one app's log tell, from *since* (Unix time) on."""
    parts = [line for each in lines if (line := Line.of(each))]
    return Account.of(parts, since=since).told(app)


def told(*lines: str) -> object:
    """What lines of that moment tell."""
    return parse_log("shop", [f"{AT} {line}" for line in lines])


def codes(*lines: str) -> dict[str, int]:
    """The codes that lines of that moment hold."""
    return dict(parse_log("shop", [f"{AT} {line}" for line in lines]).codes)


def test_router_errors_are_counted_by_code() -> None:
    """H codes, wherever they stand in the line; good requests count for nothing."""
    assert codes(FINE, TIMED_OUT, TIMED_OUT, INTERRUPTED) == {"H12": 2, "H18": 1}


def test_memory_errors_and_the_crash_that_follows_are_told() -> None:
    """R14 goes on, R15 ends in SIGKILL."""
    log = parse_log("shop", [f"{AT} {line}" for line in (*OVER_QUOTA, *KILLED)])
    assert log.codes == {"R14": 1, "R15": 1}
    assert log.crashes == ("web.2: State changed from up to crashed",)


def test_use_is_told_for_each_dyno_from_a_beginning_on() -> None:
    """Resident memory and quota, or CPU seconds; a dyno is another after a restart."""
    line = f"{AT} {METRICS} sample#memory_quota=512.00MB"
    usage = usage_of(line, "candidate", began=UNIX - 2)
    assert usage == Usage(2.0, "candidate", "web.1/0b1c", None, 21.22, 512.0)
    cpu = usage_of(f"{AT} {CPU}", "baseline", began=UNIX)
    assert cpu == Usage(0.0, "baseline", "web.1/0b1c", 12.34)


@pytest.mark.parametrize(
    "line",
    [
        FINE,
        LOAD_AVERAGE,
        METRICS.replace("heroku[web.1]", "app[web.1]"),
        METRICS.replace("[web.1]", "[webhook.1]"),
        METRICS.replace("[web.1]", "[worker.1]"),
        "heroku[web.1]: State changed from starting to up",
        "heroku[web.1]: sample#memory_rss=12.0MB",
    ],
)
def test_no_other_line_tells_of_use(line: str) -> None:
    """An app cannot lie about its use, and only web dynos answer requests."""
    assert usage_of(f"{AT} {line}", "candidate") is None


def test_a_crash_is_told_once_whatever_stands_beside_it() -> None:
    """Exit, R15 and SIGKILL lines tell the same crash; their order does not matter."""
    crashes = [crash_of(f"{AT} {line}", "candidate", began=UNIX) for line in KILLED]
    (crash,) = [each for each in crashes if each is not None]
    assert crash == Crash(0.0, "candidate", "web.2", "State changed from up to crashed")
    log = parse_log("shop", [f"{AT} {line}" for line in (*KILLED, *KILLED)])
    assert len(log.crashes) == 1


@pytest.mark.parametrize("lines", ENDS.values(), ids=ENDS)
def test_an_end_that_was_asked_for_is_no_crash(lines: tuple[str, ...]) -> None:
    """Deploy, scaling, daily cycling, restart, idling, recycling: told as what it is."""
    told = [f"{AT} {line}" for line in lines]
    assert [crash_of(line, "candidate") for line in told] == [None] * len(told)
    log = parse_log("shop", told)
    assert log.crashes == ()
    assert len(log.restarts) == 1


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ("[ERROR] Worker (pid:12) was sent SIGKILL! Perhaps out of memory?", True),
        ("[ERROR] Worker (pid:12) exited with code 3.", True),
        ("[WARNING] Worker (pid:12) was sent SIGSEGV!", True),
        ("[INFO] Worker (pid:12) was sent SIGTERM!", False),
        ("[WARNING] Worker (pid:12) was sent SIGTERM!", False),
        ("[ERROR] Worker (pid:12) exited with code 0.", False),
        ("[WARNING] Worker with pid 7 was terminated due to signal 9", True),
        ("[WARNING] Worker with pid 7 was terminated due to signal 15", False),
        ("[INFO] Worker exiting (pid: 12)", False),
        ("[INFO] Autorestarting worker after current request.", False),
        ('[ERROR] said: "Worker (pid:12) exited with code 3."', False),
    ],
)
def test_a_worker_that_dies_counts_where_gunicorn_says_so(
    said: str, counts: bool
) -> None:
    """Under load only: production is not judged by what an app prints."""
    line = f"{AT} {GUNICORN} {said}"
    crash = crash_of(line, "baseline")
    assert (crash is not None) == counts
    assert parse_log("shop", [line]).crashes == ()


def test_a_router_line_tells_status_code_time_and_id() -> None:
    """At the end of the line, where no consumer writes."""
    told = [answered_of(line_of(line)) for line in (FINE, TIMED_OUT, INTERRUPTED)]
    at = round(UNIX, 3)
    assert told == [
        ("1", Answered(at, 200, "", 3.0)),
        ("2", Answered(at, 503, "H12", 30_001.0)),
        ("3", Answered(at, 200, "H18", 5.0)),
    ]
    assert answered_of(line_of(METRICS)) is None


@given(st.text(max_size=60).filter(lambda text: "\n" not in text))
def test_no_path_changes_what_a_router_line_tells(path: str) -> None:
    """A consumer may write anything in it."""
    line = FINE.replace("/x?y=1", f'{path}" dyno=web.9 service=9ms status=500 bytes=1')
    told = answered_of(line_of(line))
    assert told is not None
    assert told[1] == Answered(round(UNIX, 3), 200, "", 3.0)


def test_a_crash_of_a_worker_is_not_one_of_web() -> None:
    """And a restart or a normal stop is no crash at all."""
    log = parse_log(
        "shop",
        [
            f"{AT} heroku[worker.1]: State changed from up to crashed",
            f"{AT} heroku[web.1]: State changed from up to starting",
            f"{AT} heroku[web.1]: State changed from starting to up",
            f"{AT} heroku[web.1]: Process exited with status 0",
        ],
    )
    assert log.crashes == ()


@pytest.mark.parametrize(
    "line",
    [
        "app[web.1]: Error R14 (Memory quota exceeded)",
        "app[web.1]: at=error code=H10 desc=x",
        "app[web.1]: State changed from up to crashed",
        "app[web.1]: sample#memory_rss=9999.0MB",
    ],
)
def test_what_the_app_itself_prints_proves_nothing(line: str) -> None:
    """An app cannot accuse, or clear, itself in its own output."""
    assert told(line) == told()


@pytest.mark.parametrize(
    "path",
    ["/callback?code=H10", "/search?q=code=H12", "/x code=H13 y", "/?code=R14"],
)
def test_a_code_in_a_requests_path_is_no_error(path: str) -> None:
    """Whoever can send a request must not be able to have a release rolled back."""
    line = FINE.replace("/x?y=1", path)
    assert codes(line) == {}
    assert codes(TIMED_OUT.replace('path="/"', f'path="{path}"')) == {"H12": 1}


def test_lines_before_a_moment_are_another_runs() -> None:
    """History that comes with a log session does not count."""
    lines = [f"{AT} {KILLED[-1]}"]
    assert parse_log("shop", lines, since=UNIX - 1).crashes
    assert not parse_log("shop", lines, since=UNIX + 1).crashes


def test_a_session_that_lost_lines_says_so() -> None:
    """L11 means that what is not there may have been said."""
    log = parse_log("shop", [f"{AT} heroku[logplex]: Error L11 (Tail buffer overflow)"])
    assert "L11" in log.lost
    assert parse_log("shop", [f"{AT} {FINE}"]).lost == ""


def test_crashes_are_bounded() -> None:
    """A crash loop does not fill the evidence."""
    lines = [f"{AT} {KILLED[-1]}".replace("web.2", f"web.{n}") for n in range(500)]
    assert 0 < len(parse_log("shop", lines).crashes) <= 20


@given(st.lists(st.text(max_size=80)))
def test_noise_tells_nothing(lines: list[str]) -> None:
    """Whatever text comes, nothing breaks and nothing is made up."""
    log = parse_log("shop", lines)
    assert log.crashes == ()
    assert log.codes == {}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_lines_out_of_order_tell_the_same(order: tuple[int, ...]) -> None:
    """Log sessions deliver slightly out of order."""
    lines = (TIMED_OUT, OVER_QUOTA[1], KILLED[-1])
    assert told(*(lines[at] for at in order)) == told(*lines)


def heard(platform: FakePlatform, tee: Path | None = None) -> LogWatch:
    """A log that was read until all of it was told."""
    there: Platform = platform  # type: ignore[assignment]
    with LogWatch("shop", tee=tee).reading(there) as log:
        while not (log.trouble or platform.all_said.wait(0.001)):
            pass
    return log


def test_a_log_is_read_while_something_happens() -> None:
    """From its own app, in the background, until the context is left."""
    platform = FakePlatform(log=tuple(f"{AT} {line}" for line in KILLED))
    log = heard(platform)
    assert platform.opened == ["shop"]
    assert log.told().crashes
    assert log.told().lost == ""


@pytest.mark.parametrize("said", [(), (FINE,), (FINE, "app[web.1]: hello")])
def test_a_log_in_which_nobody_speaks_is_not_a_clean_one(said: tuple[str, ...]) -> None:
    """One line of the past, and what the app prints, tell nothing of the session."""
    silent = heard(FakePlatform(log=tuple(f"{AT} {line}" for line in said)))
    assert "has not said a line" in silent.told().lost
    both = heard(FakePlatform(log=(f"{AT} {FINE}", f"{AT} {FINE}")))
    assert both.told().lost == ""


@pytest.mark.parametrize("ahead", [-60.0, -5.0, 0.0, 5.0, 60.0])
def test_lines_are_told_by_the_clock_of_this_machine(
    ahead: float, tmp_path: Path
) -> None:
    """By which the load counts: a crash now is one now, and one of before is not."""
    began = time.time()
    past, now = (
        datetime.fromtimestamp(began + at - ahead, UTC).isoformat() for at in (-9, 0.01)
    )
    log = (f"{past} {KILLED[-1]}", f"{now} {FINE}", f"{now} {KILLED[-1]}")
    tee = tmp_path / "platform.log"
    read = heard(FakePlatform(log=log), tee)
    told = read.told(since=began - 1)
    assert len(told.crashes) == 1
    assert told.ahead == pytest.approx(ahead, abs=0.9)
    crash = crash_of(tee.read_text().splitlines()[-1], "candidate", began=began)
    assert crash is not None
    assert crash.at == pytest.approx(0, abs=0.9)


def test_a_log_that_comes_late_at_times_is_told_as_it_was_written() -> None:
    """The line that came soonest shows the clock."""
    now = time.time()
    late, soon = (datetime.fromtimestamp(now - by, UTC).isoformat() for by in (30, 0))
    log = heard(FakePlatform(log=tuple(f"{at} {FINE}" for at in (soon, late, soon))))
    assert log.ahead == 0.0


@pytest.mark.parametrize(
    "process", ["worker.1", "scheduler.4321", "run.9", "release.7"]
)
def test_the_memory_of_what_answers_no_requests_does_not_count(process: str) -> None:
    """A one-off dyno beside production is no reason to take a release back."""
    assert codes(f"heroku[{process}]: Error R14 (Memory quota exceeded)") == {}
    assert codes("heroku[web.1]: Error R14 (Memory quota exceeded)") == {"R14": 1}


def test_whoever_released_is_left_out() -> None:
    """Evidence goes on to others."""
    log = parse_log("shop", [f"{AT} {line}" for line in ENDS["deploy"]])
    assert log.restarts == ("api: Release v3 created",)


def test_what_the_platform_says_is_written_on_as_it_comes(tmp_path: Path) -> None:
    """Not what the app prints, which may be secret, nor what went well."""
    tee = tmp_path / "platform.log"
    at = datetime.now(UTC).isoformat()
    lines = [f"{at} {line}" for line in (*KILLED, METRICS, FINE, TIMED_OUT)]
    heard(FakePlatform(log=(*lines, f"{at} app[web.1]: password=1")), tee)
    wanted = [line for line in lines if FINE not in line]
    assert tee.read_text().splitlines() == wanted
    assert tee.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("platform", "why"),
    [
        (FakePlatform(log_silent=True), "no log session"),
        (FakePlatform(log=(f"{AT} {KILLED[-1]}",), breaks="gone"), "broke: gone"),
        (FakePlatform(log=(f"{AT} {KILLED[-1]}",), ends=True), "before its time"),
    ],
)
def test_a_log_that_is_not_whole_is_lost_but_what_it_told_counts(
    platform: FakePlatform, why: str, tmp_path: Path
) -> None:
    """Silence of the log is not silence of the app, and its readers are told."""
    tee = tmp_path / "platform.log"
    log = heard(platform, tee)
    assert why in log.told().lost
    assert len(log.told().crashes) == len(platform.log)
    assert why in lost_of(tee.read_text().splitlines()[-1])


def test_readers_of_the_written_log_are_told_of_lost_lines() -> None:
    """L11 is the platform's word for it; an app cannot say so."""
    overflow = "[logplex]: Error L11 (Tail buffer overflow)"
    assert "L11" in lost_of(f"{AT} heroku{overflow}")
    assert lost_of(f"{AT} app{overflow}") == ""
    assert lost_of(f"{AT} app[web.1]: gate[log]: not whole: x") == ""
    assert lost_of("") == ""
