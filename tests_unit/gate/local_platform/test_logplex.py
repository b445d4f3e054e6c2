"""The log of an app."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from gate.local_platform.logplex import (
    KEPT_LINES,
    LONGEST,
    TAIL_BUFFER,
    AppLog,
    Filter,
    Line,
    Tail,
    cut,
    pieces,
)


def test_old_lines_are_forgotten_and_numbers_go_on() -> None:
    """Only the last lines are kept."""
    log = AppLog()
    for number in range(KEPT_LINES + 10):
        log.write("app", "web.1", str(number))
    lines = log.recent(Filter(), KEPT_LINES + 10)
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
    assert not log.recent(Filter(), 0)
    assert [line.text for line in log.recent(Filter(), 2)] == ["b", "c"]


def test_a_slow_follower_loses_lines_and_the_app_does_not_wait() -> None:
    """What was lost is counted, and told in its place (L11)."""
    log, tail = AppLog(), Tail(Filter())
    log.tails.add(tail)
    text = "x" * LONGEST
    written = 2 * TAIL_BUFFER // LONGEST
    for _ in range(written):
        log.write("app", "web.1", text)

    async def read() -> list[Line]:
        lines: list[Line] = []
        while not lines or lines[-1].process != "logplex":
            lines += await tail.take()
        return lines

    *shown, told = asyncio.run(read())
    assert [line.number for line in shown] == list(range(1, len(shown) + 1))
    assert sum(line.weight for line in shown) < TAIL_BUFFER + 2 * LONGEST
    lost = written - len(shown)
    assert f" -> This tail session dropped {lost} messages since 20" in told.text
    assert (told.source, told.number) == ("heroku", written)
    log.write("app", "web.1", "later")
    assert [line.text for line in asyncio.run(tail.take())] == ["later"]


def test_a_gap_is_told_to_who_comes_back_late() -> None:
    """Lines that are not kept any more cannot be shown."""
    log = AppLog()
    for number in range(KEPT_LINES + 10):
        log.write("app", "web.1", str(number))
    told, *lines = log.after(Filter(), 4)
    assert "dropped up to 6 messages before 20" in told.text
    assert (told.number, lines[0].number, len(lines)) == (10, 11, KEPT_LINES)
    assert [line.number for line in log.after(Filter(), log.count - 2)] == [1509, 1510]
    assert log.after(Filter(), log.count) == []


@given(st.text(min_size=LONGEST // 5, max_size=LONGEST), st.integers(1, 4))
@settings(max_examples=30)
def test_long_lines_are_split_between_characters(text: str, times: int) -> None:
    """At ten thousand bytes; nothing is lost."""
    parts = list(pieces(text * times))
    assert "".join(parts) == text * times
    sizes = [len(part.encode()) for part in parts]
    assert max(sizes) <= LONGEST
    assert all(size > LONGEST - 4 for size in sizes[:-1])


@given(st.binary(min_size=LONGEST, max_size=LONGEST + 8))
@settings(max_examples=30)
def test_what_is_no_text_is_split_too(data: bytes) -> None:
    """An app may write anything."""
    assert LONGEST - 4 < cut(data, 0) <= LONGEST


def test_what_is_no_character_is_replaced() -> None:
    """Bytes of a request that are no text must not keep the line from any reader."""
    log = AppLog()
    log.write("heroku", "router", "fwd=\udcff\u20ac")
    assert [line.text for line in log.recent(Filter(), 1)] == ["fwd=?\u20ac"]


def test_a_line_is_one_line_for_every_reader() -> None:
    """An app cannot forge a line of the platform, whatever breaks it writes."""
    log = AppLog()
    log.write("app", "web.1", "a\nb\rc\x0bd\x85e\u2028f")
    log.write("app", "web.1", "")
    first, second = log.recent(Filter(), 2)
    assert str(first).splitlines() == [str(first)]
    assert first.text == "a b c d e f"
    assert second.text == ""
