"""One run at a time for machines that share nothing but a git repository.

The lease is a ref of the remote, ``refs/gate/<production>``. A push moves it only from
where it was seen (``--force-with-lease``), so of two that try one succeeds. Its holder
moves it on again and again; who finds that it stayed where it was for `PATIENCE` seconds
of their own clock takes it over, for clocks of two machines need not agree.
"""

import os
import re
import secrets
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from gate.errors import PlatformUnavailable
from gate.ledger.lease import held, on_this_machine

RENEWAL = 20.0
PATIENCE = 90.0
ANSWER = 30.0
LAST_ANSWER = 5.0
"""Seconds for git to give the lease back: an interrupted run ends soon."""
PASSED_ON = frozenset({"PATH", "HOME", "LANG", "TMPDIR", "XDG_CONFIG_HOME"})
PASSED_ON |= {"SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS"}
PASSED_ON |= {"SSH_ASKPASS", "SSL_CERT_FILE", "SSL_CERT_DIR"}
PASSED_ON |= {"http_proxy", "https_proxy", "no_proxy", "HTTPS_PROXY", "NO_PROXY"}
"""What git needs to reach a remote."""
WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "gate"), ("EMAIL", "gate@localhost"))
}


@contextmanager
def git_lease(
    ref: "Ref", *, holder: str, renewal: float = RENEWAL, patience: float = PATIENCE
) -> Iterator[None]:
    """Hold the lease at *ref*, renewed in a thread; given back at the end.

    Raises LeaseHeld, naming the holder; PlatformUnavailable when the remote does not
    answer.
    """
    mine = _take(ref, holder, patience=patience, pause=renewal / 4)
    ended = threading.Event()

    def renew() -> None:
        nonlocal mine
        while not ended.wait(renewal):
            with suppress(PlatformUnavailable):  # tried again when it is due again
                fresh = ref.made(holder)
                if ref.moved(mine, fresh):
                    mine = fresh

    renewing = threading.Thread(target=renew, name="git lease", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join(ANSWER)
        with suppress(PlatformUnavailable):
            ref.moved(mine, "", answer=LAST_ANSWER)


def _take(ref: "Ref", holder: str, *, patience: float, pause: float) -> str:
    """Return the commit by which the lease is ours."""
    seen = ref.seen()
    since = time.monotonic()
    while True:
        if not seen or time.monotonic() - since >= patience:
            mine = ref.made(holder)
            if ref.moved(seen, mine):
                return mine
            raise held("with this repository", ref.told(ref.seen()))
        time.sleep(pause)
        now = ref.seen()
        if now and now != seen:
            raise held("with this repository", ref.told(now))
        seen = now


class Ref:
    """A ref of a remote of the repository at *root*; raises PlatformUnavailable."""

    def __init__(self, root: Path, remote: str, production: str) -> None:
        self._root = root
        self._remote = remote
        self._name = f"refs/gate/{production}"

    def seen(self) -> str:
        """Return the commit that it is at; empty: there is no such ref."""
        said = self._git("ls-remote", self._remote, self._name)
        return said.split("\t", 1)[0] if said else ""

    def made(self, holder: str) -> str:
        """Return a new commit that tells who moves the ref; it holds no files."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        name = on_this_machine(holder, f"at {at}")
        no_files = self._git("mktree")
        return self._git(
            "commit-tree", no_files, "-m", f"{name}\n\n{secrets.token_hex(8)}"
        )

    def moved(self, seen: str, to: str, *, answer: float = ANSWER) -> bool:
        """Move it from where it was seen; empty: from or to nothing. Whether it was."""
        with suppress(PlatformUnavailable):
            self._git(
                "push",
                "--quiet",
                "--no-verify",
                f"--force-with-lease={self._name}:{seen}",
                self._remote,
                f"{to}:{self._name}",
                answer=answer,
            )
            return True
        # Refused, or the answer was lost: where it is now tells which.
        return self.seen() == to

    def told(self, commit: str) -> str:
        """Return who moved it there; empty where that cannot be read."""
        with suppress(PlatformUnavailable):
            self._git("fetch", "--quiet", "--no-tags", self._remote, self._name)
            return self._git("show", "--no-patch", "--format=%s", commit)
        return ""

    def _git(self, *arguments: str, answer: float = ANSWER) -> str:
        passed_on = {n: v for n, v in os.environ.items() if n in PASSED_ON}
        quiet = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **WHO}
        try:
            ended = subprocess.run(
                ["git", "-C", str(self._root), *arguments],
                env={**passed_on, **quiet},
                input="",
                capture_output=True,
                text=True,
                errors="replace",
                timeout=answer,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise self._silent(type(error).__name__) from None
        if ended.returncode != 0:
            said = ended.stderr.strip().splitlines()
            raise self._silent(said[0] if said else "git did not say why")
        return ended.stdout.strip()

    def _silent(self, why: str) -> PlatformUnavailable:
        return PlatformUnavailable(
            f"the lease {self._name} on {self._remote} could not be asked for",
            why=re.sub(r"://[^@/\s]*@", "://…@", why),  # an address may hold a token
            advice="look whether git can push there; or leave it out: "
            'lease = "file" in [tool.gate]',
        )
