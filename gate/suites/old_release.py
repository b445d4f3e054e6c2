"""What production's log tells of the release that serves before a promotion."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from gate.model.platform import Platform
from gate.model.release import Release
from gate.model.subject import Subject
from gate.model.watch_evidence import Traffic
from gate.suites.log_watch import LogWatch, answers_too
from gate.suites.platform_log import MOST_ANSWERS, Account, answered_of

PAST_LINES: Final = 1500


@dataclass(frozen=True, slots=True)
class OldRelease:
    """What production's log tells of the release that serves before the promotion."""

    release: Release | None = None
    log: LogWatch | None = None

    def told(self) -> Traffic | None:
        """Return what it did; null: there was none."""
        if self.release is None or self.log is None:
            return None
        since = self.release.created_at.timestamp()
        heard = [line for line in self.log.heard() if line.at >= since]
        told = Account.of(heard).told(self.release.app, lost=self.log.trouble)
        answers = [each for line in heard if (each := answered_of(line))]
        first = min((line.at for line in heard), default=0.0)
        last = max((line.at for line in heard), default=0.0)
        return Traffic(
            release=self.release.name,
            seconds=round(last - first, 1),
            answers=tuple(answered for _, answered in answers[-MOST_ANSWERS:]),
            lost=told.lost,
            crashes=len(told.crashes),
            codes=told.codes,
        )


@contextmanager
def old_release(platform: Platform, subject: Subject) -> Iterator[OldRelease]:
    """Read production's log, what is left of the past first, until the context is left.

    It is what the new release is held against later.
    """
    if subject.baseline is None:
        yield OldRelease()
        return
    log = LogWatch(subject.baseline.app, keeps=answers_too)
    with log.reading(platform, lines=PAST_LINES):
        yield OldRelease(subject.baseline, log)
