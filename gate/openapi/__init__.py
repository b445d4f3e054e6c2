"""What two OpenAPI documents promise, and which promises the newer one breaks."""

from gate.openapi.changes import (
    Answer,
    Change,
    Counterexample,
    Direction,
    Level,
    Request,
)
from gate.openapi.comparison.comparing import compare
from gate.openapi.documents.document import Document, NotOpenApi, parse

__all__ = [
    "Answer",
    "Change",
    "Counterexample",
    "Direction",
    "Document",
    "Level",
    "NotOpenApi",
    "Request",
    "compare",
    "parse",
]
