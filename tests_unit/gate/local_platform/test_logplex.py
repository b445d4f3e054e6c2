"""The log of an app."""

from gate.local_platform.logplex import KEPT_LINES, AppLog, Filter, Tail


def test_old_lines_are_forgotten_and_numbers_go_on() -> None:
    """Only the last lines are kept."""
    log = AppLog()
    for number in range(KEPT_LINES + 10):
        log.write("app", "web.1", str(number))
    lines = list(log.recent(Filter(), None))
    assert len(lines) == KEPT_LINES
    assert (lines[0].text, lines[-1].number) == ("10", KEPT_LINES + 10)


def test_filters_take_a_source_and_a_dyno_or_its_type() -> None:
    """As the command line's --source and --dyno do."""
    log = AppLog()
    log.write("app", "web.1", "a")
    log.write("heroku", "web.1", "b")
    log.write("heroku", "router", "c")

    def shown(wanted: Filter) -> str:
        return "".join(line.text for line in log.recent(wanted, 10))

    assert shown(Filter("heroku")) == "bc"
    assert shown(Filter(dyno="web")) == "ab"
    assert shown(Filter("app", "web.1")) == "a"
    assert shown(Filter(dyno="worker")) == ""


def test_asking_for_no_lines_shows_none() -> None:
    """And for two, the last two."""
    log = AppLog()
    for text in "abc":
        log.write("app", "web.1", text)
    assert not list(log.recent(Filter(), 0))
    assert [line.text for line in log.recent(Filter(), 2)] == ["b", "c"]


def test_a_slow_follower_loses_lines_and_the_app_does_not_wait() -> None:
    """What was lost is counted, to be told as L11."""
    log, tail = AppLog(), Tail(Filter())
    log.tails.add(tail)
    for number in range(tail.queue.maxsize + 7):
        log.write("app", "web.1", str(number))
    assert tail.lost == 7


def test_long_lines_are_split() -> None:
    """At ten thousand characters."""
    log = AppLog()
    log.write("app", "web.1", "x" * 25_000)
    lines = log.recent(Filter(), None)
    assert [len(line.text) for line in lines] == [10_000, 10_000, 5_000]
