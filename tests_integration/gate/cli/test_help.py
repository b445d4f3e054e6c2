"""Help: an example and the exit codes, for every command there is."""

import click
import pytest
from click.testing import CliRunner

from gate.cli import gate
from gate.errors import EXIT_CODE_MEANINGS

GROUPS = {(), ("contract",), ("local",), ("ledger",)}
JSON_ANYWAY = {("ledger", "export")}


def commands(command: click.Command, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The words of a command and of all below it."""
    found = [words]
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            found += commands(each, (*words, name))
    return found


@pytest.mark.parametrize("words", commands(gate, ()), ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    """What it does, how it is called, an example, and what each exit code means."""
    told = CliRunner().invoke(gate, [*words, "--help"], prog_name="gate")
    assert told.exit_code == 0
    assert "Usage: gate" in told.output
    example = told.output.partition("Example:")[2].split("\n")[1].strip()
    assert example.startswith(" ".join(("python -m gate", *words)))
    for code, meaning in EXIT_CODE_MEANINGS.items():
        assert f"{int(code):>3}  {meaning}" in told.output


@pytest.mark.parametrize(
    "words",
    [each for each in commands(gate, ()) if each not in GROUPS | JSON_ANYWAY],
    ids=" ".join,
)
def test_every_command_can_answer_a_machine(words: tuple[str, ...]) -> None:
    """With --json there is one document to read."""
    told = CliRunner().invoke(gate, [*words, "--help"], prog_name="gate")
    assert "--json" in told.output


def test_the_version_is_told() -> None:
    """By the name that people call it."""
    told = CliRunner().invoke(gate, ["--version"], prog_name="gate")
    assert told.exit_code == 0
    assert told.output.startswith("gate, version ")
