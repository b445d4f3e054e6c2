"""What two OpenAPI documents promise, and which promises the newer one breaks."""

from .changes import Change, Level
from .comparison import compare
from .documents import Document, NotOpenApi, parse

__all__ = ["Change", "Document", "Level", "NotOpenApi", "compare", "parse"]
