"""The parts of an examiner of which few tests speak."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gate.ledger.chronicle import Chronicle
from gate.model.subject import Subject
from gate.model.watch_evidence import Traffic


class Quiet:
    """A `gate.actions.acting.Examiner` in part: it keeps nothing and objects to nothing."""

    def prepare(self, run: Chronicle, subject: Subject) -> None:
        pass

    @contextmanager
    def remembering(self, subject: Subject) -> Iterator[Callable[[], Traffic | None]]:
        yield lambda: None

    def own_checks(self, run: Chronicle, subject: Subject) -> tuple[str, ...]:
        return ()
