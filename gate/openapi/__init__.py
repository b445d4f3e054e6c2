"""What two OpenAPI documents promise, and which promises the newer one breaks."""

from gate.openapi.changes import Change, Level
from gate.openapi.comparison import compare
from gate.openapi.documents import Document, NotOpenApi, parse

__all__ = ["Change", "Document", "Level", "NotOpenApi", "compare", "parse"]
