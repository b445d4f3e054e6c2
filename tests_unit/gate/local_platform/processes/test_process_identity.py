"""Processes are known whatever they call themselves."""

import signal
import subprocess
import sys
from pathlib import Path

from gate.local_platform.processes import census
from gate.local_platform.processes.death_signal import with_parent
from gate.local_platform.processes.process_identity import ProcessIdentity

# The kernel cuts a name after 15 bytes, in the middle of the last letter here.
NAMED = """
import ctypes, time
ctypes.CDLL(None).prctl(15, "Prüfprozeßßßß".encode())
print("named", flush=True)
time.sleep(600)
"""


def test_a_name_that_is_no_text_hides_nobody(tmp_path: Path) -> None:
    """It is identified, counted, measured and ended like any other."""
    with subprocess.Popen(
        [sys.executable, "-c", NAMED],
        stdout=subprocess.PIPE,
        preexec_fn=with_parent(tmp_path),  # noqa: PLW1509
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            identity = ProcessIdentity.of(process.pid)
            assert identity is not None and identity.is_alive()
            assert census.usages([tmp_path], {})[tmp_path].rss > 0
            assert census.kill_all(tmp_path) >= 1
            assert process.wait() == -signal.SIGKILL
        finally:
            process.kill()
