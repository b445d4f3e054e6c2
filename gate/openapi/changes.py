"""What a comparison of two documents says: one change, one sentence, one proof."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any


class Level(IntEnum):
    """How sure it is that a consumer of the old document breaks."""

    BREAKS = 0  # proved: by a rule of structure, or by a counterexample
    UNDECIDED = 1  # nothing could be proved either way
    MAY_BREAK = 2  # depends on the consumer
    NOTICE = 3  # worth knowing; no consumer that follows the document breaks

    @property
    def words(self) -> str:
        """The level as people say it."""
        return self.name.lower().replace("_", " ")


class Direction(StrEnum):
    """Who writes the data: the consumer (request) or the service (response)."""

    REQUEST = "request"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the old document allows; all values are JSON, not yet text.

    *path* is the old document's template. *media* is empty where there is no body.
    """

    method: str
    path: str
    in_path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    cookies: Mapping[str, Any] = field(default_factory=dict)
    media: str = ""
    body: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that the new document allows; *media* is empty without a body."""

    status: int
    headers: Mapping[str, Any] = field(default_factory=dict)
    media: str = ""
    body: Any = None


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A value that its writer's document allows and its reader's document refuses.

    *value* stands at *part* of the exchange: ``body``, ``query q``, ``header X-A``,
    ``path id``, ``cookie c``. *schema_old* and *schema_new* point to the two schemas
    (RFC 6901) it was validated against: for a request it is valid under the old one
    and refused by the new one, for an answer the other way round. *exchange* is the
    smallest whole request or answer around it, where one could be made.
    *by_discriminator*: only so by the OpenAPI discriminator, which JSON Schema does
    not know, since no value could be found that separates the two without it.
    """

    value: Any
    part: str
    schema_old: str
    schema_new: str
    exchange: Request | Answer | None = None
    by_discriminator: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two documents that a consumer can notice.

    *operation* is the nearest one that it reaches, such as ``GET /orders/{id}``, or
    empty when it belongs to none; *operations* are all that it reaches, the nearest
    first. Where only another one can show a whole counterexample, that is named first.
    *direction* is that of who writes: what a callback or webhook sends is a response.
    *pointer_old* and *pointer_new* are JSON pointers (RFC 6901) into the two
    documents. *summary* says who breaks and why. *counterexample* is there for every
    break of a schema; *request* for a structural break, where a request shows it.
    """

    rule: str
    level: Level
    direction: Direction | None
    operation: str
    pointer_old: str
    pointer_new: str
    summary: str
    counterexample: Counterexample | None = None
    operations: tuple[str, ...] = ()
    request: Request | None = None

    @property
    def reached(self) -> tuple[str, ...]:
        """All operations that it reaches, the nearest first."""
        return self.operations or ((self.operation,) if self.operation else ())

    @property
    def name(self) -> str:
        """What tells it apart in one comparison: rule, pointers and operation."""
        at = self.pointer_old, self.pointer_new
        return " ".join((self.rule, *at, self.operation))
