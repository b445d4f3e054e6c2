"""What the README says of the command line is what the command line does."""

import re
import shlex
from pathlib import Path

import click
import pytest

from gate.cli import COMMANDS, gate
from gate.errors import EXIT_CODE_MEANINGS

README = (Path(__file__).parents[3] / "README.md").read_text()
CALLS = re.findall(r"python -m gate ([^#`\n|)&]+)", README)


def test_every_exit_code_is_in_the_readme() -> None:
    """With the very words of the help."""
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", README, re.MULTILINE)
    assert rows == [(str(int(c)), words) for c, words in EXIT_CODE_MEANINGS.items()]


def test_every_command_is_named_in_the_readme() -> None:
    """Those of a group with the group: `local up|down`."""
    listed = README.partition("## Three ways to use it")[2].partition("\n- `pytest")[0]
    named = {
        word
        for call in re.findall(r"`(?:python -m gate )?([a-z |]+)`", listed)
        for word in re.split(r"[ |]", call)
    }
    for command in COMMANDS.values():
        assert command.name in named
        for below in getattr(command, "commands", ()):
            assert below in named or f"gate {command.name} {below}" in README


@pytest.mark.parametrize("call", sorted({each.strip() for each in CALLS}))
def test_every_call_in_the_readme_can_be_made(call: str) -> None:
    """Each command and each option that it shows is there."""
    command: click.Command = gate
    words = shlex.split(call.replace("…", ""))
    while isinstance(command, click.Group) and not _is_option(words):
        command = command.commands[words.pop(0)]
    options = {name for each in command.params for name in each.opts}
    assert {word for word in words if word.startswith("-")} <= options


def _is_option(words: list[str]) -> bool:
    """Whether what comes next is one; `load` is a command, and a group as well."""
    return words[0].startswith("-")
