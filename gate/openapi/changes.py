"""What a comparison of two documents says: one change, one sentence, one example."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Level(IntEnum):
    """How sure it is that a consumer of the old document breaks."""

    BREAKS = 0  # proved by a rule or by an example
    MAY_BREAK = 1  # depends on the consumer, or could not be decided
    NOTICE = 2  # worth knowing; no consumer that follows the document breaks


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two documents that a consumer can notice.

    `operation` is "GET /orders/{id}" or "" when the change belongs to none.
    `pointer_old` and `pointer_new` are JSON pointers (RFC 6901) into the two
    documents. `example` is the smallest payload found that shows the change: a
    request that the old document allows and the new one refuses, or an answer that
    the new document allows and the old one rules out. It is None when none was
    found, and has been validated against both documents when it is there.
    """

    rule: str
    level: Level
    operation: str
    pointer_old: str
    pointer_new: str
    summary: str
    example: Any = None
