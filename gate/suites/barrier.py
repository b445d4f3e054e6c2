"""The barrier: proof that only the named release serves.

The platform must say so (status succeeded, current, every web dyno up on that
version) and answers over HTTP must agree: several in a row carry the release's
version in a header, where the app has one. Heroku's preboot can serve old code for
minutes after the platform has said *up*.
"""

import re
import threading
import time
from collections.abc import Iterator

import requests

from gate.errors import PlatformUnavailable
from gate.model.evidence import BarrierEvidence
from gate.model.plan import HealthPlan
from gate.model.platform import Platform
from gate.model.release import Dyno, DynoState, Release, ReleaseStatus
from gate.suites.probing import Answer, ask, reason

AGREEING_ANSWERS = 3
SIGHTINGS_OF_A_CRASH = 3
PAUSE = 0.05
CRASH_PAUSE = 0.2  # between sightings: a dyno may be crashed for a moment
LONGEST_PAUSE = 1.0
SHARE = 0.05
"""Of the time that has passed, the most that a pause adds to it."""
SETTLE = 3.0
LOG_LINES = 80


def await_release(
    platform: Platform, release: Release, url: str, plan: HealthPlan
) -> BarrierEvidence:
    """Wait until only *release* serves at *url*, at most *plan.boot* seconds.

    Ends at once when the release failed or a web dyno stays crashed.
    """
    watch = _Barrier(platform, release, url, plan)
    try:
        return watch.run()
    except PlatformUnavailable as error:
        return watch.told(serves=False, seen=str(error), asked=False)


class _Barrier:
    def __init__(
        self, platform: Platform, release: Release, url: str, plan: HealthPlan
    ) -> None:
        self.platform = platform
        self.release = release
        self.url = url
        self.plan = plan
        self.identity = "platform only"
        self.agreeing = 0
        self.crashes = 0
        self.up_since: float | None = None

    def run(self) -> BarrierEvidence:
        """Look until it is decided."""
        seen = "nothing yet"
        for _ in self._beats():
            now = self.platform.release(self.release.app, self.release.version)
            if now.status is ReleaseStatus.FAILED:
                return self.told(serves=False, seen="its release command failed")
            if now.status is ReleaseStatus.PENDING:
                seen = "its release command still runs"
                continue
            if not now.current:
                return self.told(serves=False, seen="another release is current")
            trouble = self._look_at_dynos()
            if self.crashes >= SIGHTINGS_OF_A_CRASH:
                return self.told(serves=False, seen=trouble)
            seen = trouble or self._look_at_answers()
            if not seen:
                return self.told(serves=True, seen=self._agreement())
        return self.told(
            serves=False, seen=f"{seen}, {self.plan.boot:g} s after the release"
        )

    def told(self, *, serves: bool, seen: str, asked: bool = True) -> BarrierEvidence:
        """Return the evidence, with the end of the log where it does not serve."""
        tail: tuple[str, ...] = ()
        if not serves and asked:
            tail = self._log_tail()
        return BarrierEvidence(
            release=self.release.name,
            serves=serves,
            identity=self.identity,
            seen=seen,
            log_tail=tail,
            asked=asked,
        )

    def _beats(self) -> Iterator[None]:
        began = time.monotonic()
        waiting = threading.Event()
        while (passed := time.monotonic() - began) < self.plan.boot:
            yield
            waiting.wait(self._pause(passed))

    def _pause(self, passed: float) -> float:
        """Once an answer has named the release, the others are asked for at once.

        Each goes to whichever dyno the router picks: waiting makes none surer.
        """
        if self.agreeing:
            return 0.0
        least = CRASH_PAUSE if self.crashes else PAUSE
        return min(max(least, SHARE * passed), LONGEST_PAUSE)

    def _look_at_dynos(self) -> str:
        """Return what is wrong with the web dynos; empty: all up on the release."""
        web = [d for d in self.platform.dynos(self.release.app) if d.type == "web"]
        if not web:
            return "it has no web dyno"
        wrong = [dyno for dyno in web if not self._right(dyno)]
        crashed = any(d.state is DynoState.CRASHED for d in wrong)
        self.crashes = self.crashes + 1 if crashed else 0
        if not wrong:
            self.up_since = self.up_since or time.monotonic()
            return ""
        return ", ".join(
            f"{dyno.name} is {dyno.state.value} on v{dyno.release_version}"
            for dyno in wrong
        )

    def _right(self, dyno: Dyno) -> bool:
        return (
            dyno.state is DynoState.UP and dyno.release_version == self.release.version
        )

    def _look_at_answers(self) -> str:
        """Return why answers do not prove the release yet; empty: they do."""
        try:
            answer = ask(self.url + self.plan.path, timeout=self.plan.timeout)
        except requests.RequestException as error:
            self.agreeing = 0
            return f"its dynos are up, but {reason(error)}"
        named = self._named(answer)
        if named is None:
            return self._unnamed(answer)
        self.identity = self.plan.release_header
        if named != f"v{self.release.version}":
            self.agreeing = 0
            return f"answers still come from {named[:20]}"
        self.agreeing += 1
        if self.agreeing >= AGREEING_ANSWERS:
            return ""
        return "only some answers have named it"

    def _named(self, answer: Answer) -> str | None:
        return answer.headers.get(self.plan.release_header.lower() or " ")

    def _unnamed(self, answer: Answer) -> str:
        """Without a name in answers the platform's word has to do, after a while."""
        self.identity = "platform only"
        settled = time.monotonic() - (self.up_since or time.monotonic()) > SETTLE
        if settled or not self.plan.release_header:
            return ""
        return f"answers ({answer.status}) do not say which release they come from"

    def _agreement(self) -> str:
        if self.identity == "platform only":
            return "the platform says so; answers carry no release"
        return f"the platform and {self.agreeing} answers in a row say so"

    def _log_tail(self) -> tuple[str, ...]:
        try:
            with self.platform.open_log(self.release.app, lines=200, tail=False) as log:
                lines = [line for line in log if "heroku[router]" not in line]
        except PlatformUnavailable:
            return ()
        return tuple(self._since_released(lines)[-LOG_LINES:])

    def _since_released(self, lines: list[str]) -> list[str]:
        """Leave out what earlier releases said, where the log goes back that far."""
        begun = re.compile(
            rf"\bapp\[api\]: (?:Release v{self.release.version} created"
            rf"|Running release v{self.release.version} commands)\b"
        )
        for number, line in enumerate(lines):
            if begun.search(line):
                return lines[number:]
        return lines
