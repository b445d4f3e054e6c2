"""Told to stop: the first signal settles, the second ends at once; neither takes long."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BEFORE = """
import os, signal, sys, threading, time
from gate import interrupts
from gate.interrupts import held_back

def tell(word):
    print(word, flush=True)

def hit(number=signal.SIGTERM):
    os.kill(os.getpid(), number)

interrupts.listen(lambda: tell("at last"))
for_ever = threading.Event()
"""


def told(program: str) -> tuple[int, list[str]]:
    """Run a program that signals itself; return its exit code and its words."""
    done = subprocess.run(
        [sys.executable, "-c", BEFORE + program],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.split("\n")[:-1] + done.stderr.split("\n")[:-1]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_the_first_signal_is_an_interrupt(name: str) -> None:
    """Of either kind; what follows it is not disturbed."""
    program = f"""
try:
    hit(signal.{name})
    for_ever.wait()
except KeyboardInterrupt:
    tell("interrupted")
tell(interrupts.settled())
"""
    assert told(program) == (0, ["interrupted", "True"])


def test_the_second_signal_ends_it_at_once() -> None:
    """In the middle of whatever settles; what must be ended is ended first."""
    program = """
try:
    hit()
    for_ever.wait()
finally:
    hit(signal.SIGINT)
    tell("not reached")
"""
    code, words = told(program)
    assert code == 130
    assert words == [
        "at last",
        "gate: ended before it had settled; see: python -m gate status",
    ]


def test_an_interrupt_waits_for_what_must_not_be_broken_off() -> None:
    """It comes right after the outermost block, and but once."""
    program = """
try:
    with held_back():
        with held_back():
            hit()
            tell("sent")
        tell("recorded")
    tell("not reached")
except KeyboardInterrupt:
    with held_back():
        tell("settled")
"""
    assert told(program) == (0, ["sent", "recorded", "settled"])


def test_an_error_from_within_is_not_hidden_by_the_interrupt() -> None:
    """How a run ends is said, whoever presses a key meanwhile."""
    program = """
try:
    with held_back():
        hit()
        raise ValueError
except ValueError:
    tell("the error")
tell(interrupts.settled())
"""
    assert told(program) == (0, ["the error", "True"])


def test_nothing_holds_an_interrupt_back_for_long() -> None:
    """An answer that does not come is not waited for."""
    program = """
interrupts.HELD = 0.1
try:
    with held_back():
        hit()
        for_ever.wait()
except KeyboardInterrupt:
    tell("interrupted")
"""
    assert told(program) == (0, ["interrupted"])


def test_an_interrupt_that_was_swallowed_comes_again() -> None:
    """Python drops what is raised in a finalizer."""
    program = """
interrupts.HELD = 0.1
class Dropped:
    def __del__(self):
        hit()
        for n in range(9): pass
sys.unraisablehook = lambda _: tell("dropped")
try:
    Dropped()
    for_ever.wait()
except KeyboardInterrupt:
    tell("interrupted")
"""
    assert told(program) == (0, ["dropped", "interrupted"])


def test_what_never_settles_is_ended() -> None:
    """Whoever told it to stop does not wait for ever."""
    program = """
interrupts.HELD, interrupts.SETTLE = 0.1, 0.2
for act in (hit, for_ever.wait, for_ever.wait):
    try:
        act()
        for_ever.wait()
    except KeyboardInterrupt:
        tell("interrupted")
"""
    code, words = told(program)
    assert code == 130
    assert words[:3] == ["interrupted", "interrupted", "at last"]


def test_other_threads_hold_nothing_back() -> None:
    """Only the main one is interrupted, and nothing is raised in another."""
    program = """
inside, leave = threading.Event(), threading.Event()
def work():
    with held_back():
        inside.set()
        leave.wait()
    tell("the thread went on")
thread = threading.Thread(target=work)
thread.start()
inside.wait()
try:
    hit()
    for_ever.wait()
except KeyboardInterrupt:
    tell("interrupted")
leave.set()
thread.join()
"""
    assert told(program) == (0, ["interrupted", "the thread went on"])


def test_an_ignored_sigint_stays_ignored() -> None:
    """As in a job that a script has put into the background."""
    program = """
signal.signal(signal.SIGINT, signal.SIG_IGN)
interrupts.listen(lambda: None)
hit(signal.SIGINT)
tell("went on")
"""
    # `listen` was called before, when SIGINT was not ignored; the last call counts.
    assert told(program) == (0, ["went on"])


def test_a_command_says_how_its_run_ended_though_it_was_interrupted_then() -> None:
    """The exit code is that of the run: 21, and not 130."""
    program = """
from gate import cli
from gate.errors import Unresolved

def main(*_, **__):
    try:
        raise Unresolved("not known yet", advice="resume")
    except Unresolved:
        hit()
        for_ever.wait()

cli.gate.main = main
print(cli.run(["promote"]), flush=True)
"""
    code, words = told(program)
    assert (code, words[0]) == (0, "21")
    assert any("not known yet" in word for word in words)
