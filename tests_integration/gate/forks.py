"""Processes that need not import the gate first: forks of one that has, and no more.

A process of the tests has a past; this one has none but these imports, so what is forked
from it is as good as new. Hundreds of commands and of old consumers cost little so.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

IMPORTED = (
    "gate.__main__",
    "gate.cli.deploy",
    "gate.cli.load",
    "gate.cli.local",
    "gate.cli.promote",
    "gate.cli.status",
    "gate.suites.consumers.child",
    "pyrate_limiter",
    "schemathesis.specs.openapi.schemas",
    __name__,
)
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(list(IMPORTED))


def forked(
    main: Callable[[], int | None],
    arguments: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    streams: tuple[Path, Path],
    deadline: float,
) -> int | None:
    """Run *main* as a program with these arguments; return its exit code.

    What it prints and complains goes to the two *streams*. Null where it was not done
    after so many seconds, and was killed.
    """
    process = FORKS.Process(
        target=_be_a_program, args=(main, arguments, folder, dict(environment), streams)
    )
    process.start()
    process.join(deadline)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    process.close()
    return code


def _be_a_program(
    main: Callable[[], int | None],
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    streams: tuple[Path, Path],
) -> None:
    for number, path in enumerate(streams, 1):
        os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv[1:] = arguments
    sys.exit(main())
