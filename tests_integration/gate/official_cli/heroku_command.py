"""Heroku's own command line as people start it, with what it connected to."""

import os
import shlex
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

VERSION = "11.10.0"
VARIABLE = "HEROKU_CLI"
DEADLINE = 90
_RECORDER = Path(__file__).with_name("record_connections.cjs")


def recording(notes: Path) -> dict[str, str]:
    """What makes a command write down there whatever it connects to."""
    return {"NODE_OPTIONS": f'--require "{_RECORDER}"', "CONNECTIONS": str(notes)}


@dataclass(frozen=True)
class Said:
    """How a command ended, what it printed, and the addresses it connected to."""

    code: int
    out: str
    err: str
    reached: frozenset[str]

    @property
    def told(self) -> str:
        """What it told on standard error, without its margin and line breaks."""
        return " ".join(self.err.replace("\u203a", " ").split())


class Started:
    """A command under way."""

    def __init__(self, command: list[str], env: dict[str, str], notes: Path) -> None:
        self._notes = notes
        self._seen = ""
        with notes.with_suffix(".err").open("w") as errors:
            self._process = subprocess.Popen(
                command,
                env={**env, **recording(notes)},
                cwd=notes.parent,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._deadline = threading.Timer(DEADLINE, self._process.kill)
        self._deadline.start()

    def until(self, text: str) -> None:
        """Read what it prints until a line holds this text."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._seen += line
            if text in line:
                return
        raise AssertionError(f"it ended without {text!r}: {self.finish()}")

    def interrupt(self) -> Said:
        """As Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        return self.finish()

    def finish(self) -> Said:
        """Wait for its end."""
        assert self._process.stdout is not None
        with self._process:
            self._seen += self._process.stdout.read()
            code = self._process.wait()
        self._deadline.cancel()
        reached = self._notes.read_text().splitlines() if self._notes.exists() else ()
        errors = self._notes.with_suffix(".err").read_text()
        return Said(code, self._seen, errors, frozenset(reached))


@dataclass(frozen=True)
class Heroku:
    """The command line, given an environment of the local platform's and no other."""

    program: Path
    variables: dict[str, str]
    scratch: Path

    def start(self, line: str, **variables: str) -> Started:
        """Start one command, such as `ps -a shop`."""
        env = {
            "PATH": os.environ["PATH"],
            **self.variables,
            **variables,
        }
        command = [str(self.program), *shlex.split(line)]
        return Started(command, env, self.scratch / uuid4().hex)

    def together(self, *lines: str) -> list[Said]:
        """Run several commands at once; they must not depend on each other."""
        return [started.finish() for started in [self.start(line) for line in lines]]

    def __call__(self, line: str, **variables: str) -> Said:
        """Run one command."""
        return self.start(line, **variables).finish()

    def do(self, line: str) -> Said:
        """Run one command that must succeed."""
        said = self(line)
        assert said.code == 0, said
        return said
