"""What can go wrong: words for a person, a documented code for a machine."""

import inspect

import pytest

import gate.errors
from gate.errors import EXIT_CODE_MEANINGS, ExitCode, GateError, SettingsInvalid
from gate.reports.machine import WORDS

KINDS: list[type[GateError]] = [
    kind
    for _, kind in inspect.getmembers(gate.errors, inspect.isclass)
    if issubclass(kind, GateError) and kind is not SettingsInvalid
]


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_has_a_meaning_and_a_word(code: ExitCode) -> None:
    """One sentence for the help, one word for the JSON document."""
    assert EXIT_CODE_MEANINGS[code]
    assert WORDS[code]


def test_no_verdict_looks_like_a_crash() -> None:
    """Python exits with 1 on an uncaught exception, a shell with 126 and up."""
    codes = {int(code) for code in ExitCode}
    assert 1 not in codes
    assert not codes & {126, 127, 137, 143}
    assert len(codes) == len(ExitCode)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_says_what_why_and_what_next(kind: type[GateError]) -> None:
    """Its text is the first two; the third stands beside it."""
    error = kind("it broke", why="a reason", advice="mend it")
    assert str(error) == "it broke: a reason"
    assert error.advice == "mend it"
    assert str(kind("it broke")) == "it broke"
    assert error.exit_code in EXIT_CODE_MEANINGS


def test_the_documented_tree_is_the_real_one() -> None:
    """The module's own picture names each error with the code it ends with."""
    picture = gate.errors.__doc__ or ""
    kinds: list[type[GateError]] = [*KINDS, SettingsInvalid]
    for kind in kinds:
        (line,) = [
            words
            for line in picture.splitlines()
            if kind.__name__ in (words := line.strip("│├└─ ").split())
        ]
        assert line[1] == str(int(kind.exit_code)), kind.__name__


def test_mistakes_in_the_settings_are_told_together() -> None:
    """One error holds them all."""
    error = SettingsInvalid(("a is wrong", "b is missing"))
    assert error.mistakes == ("a is wrong", "b is missing")
    assert "2 mistakes" in str(error)
    assert "a is wrong" in str(error)
    assert "b is missing" in str(error)
    assert error.exit_code == ExitCode.USAGE
