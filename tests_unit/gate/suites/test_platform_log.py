"""The platform's log: lines as Heroku writes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import PlatformUnavailable
from gate.model.platform import Platform
from gate.suites.platform_log import LogWatch, parse_log
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


def test_memory_is_sampled_for_each_dyno_in_megabytes() -> None:
    """Resident memory, at the time of the line."""
    (sample,) = parse_log("shop", [f"{AT} {METRICS}"]).memory
    assert (sample.dyno, sample.megabytes) == ("web.1", 21.22)
    assert sample.at == pytest.approx(UNIX)


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
    [
        *(
            each
            for each in ("/callback?code=H10", "/search?q=code=H12", "/x code=H13 y")
        ),
        "/?code=R14",
    ],
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
    assert len(parse_log("shop", [f"{AT} {KILLED[-1]}"] * 500).crashes) <= 20


@given(st.lists(st.text(max_size=80)))
def test_noise_tells_nothing(lines: list[str]) -> None:
    """Whatever text comes, nothing breaks and nothing is made up."""
    log = parse_log("shop", lines)
    assert log.crashes == ()
    assert log.memory == ()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_lines_out_of_order_tell_the_same(order: tuple[int, ...]) -> None:
    """Log sessions deliver slightly out of order."""
    lines = (TIMED_OUT, OVER_QUOTA[1], KILLED[-1])
    assert told(*(lines[at] for at in order)) == told(*lines)


def test_a_log_is_read_while_something_happens() -> None:
    """From its own app, in the background, until the context is left."""
    platform = FakePlatform(log=tuple(f"{AT} {line}" for line in KILLED))
    there: Platform = platform  # type: ignore[assignment]
    with LogWatch("shop").reading(there) as log:
        pass
    assert platform.opened == ["shop"]
    assert log.told().crashes
    assert log.told().lost == ""


def test_a_log_that_cannot_be_opened_is_lost() -> None:
    """Silence of the log is not silence of the app."""
    there: Platform = FakePlatform(log_silent=True)  # type: ignore[assignment]
    with LogWatch("shop").reading(there) as log:
        pass
    assert "no log session" in log.told().lost


class Breaking(FakePlatform):
    """A platform whose log session breaks off."""

    @contextmanager
    def open_log(
        self, app: str, *, lines: int = 1, tail: bool = True
    ) -> Iterator[Iterator[str]]:
        def broken() -> Iterator[str]:
            yield f"{AT} {KILLED[-1]}"
            raise PlatformUnavailable("gone")

        yield broken()


def test_a_log_that_breaks_off_is_lost_but_what_it_told_counts() -> None:
    """Both are in the evidence."""
    there: Platform = Breaking()  # type: ignore[assignment]
    with LogWatch("shop").reading(there) as log:
        pass
    assert log.told().crashes
    assert "broke: gone" in log.told().lost
