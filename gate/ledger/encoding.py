"""Plain data as JSON bytes that any reader takes."""

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def to_json(adapter: TypeAdapter[T], value: T, *, indent: int | None = None) -> bytes:
    """Return *value* as JSON in UTF-8; what is no Unicode becomes a question mark.

    Text of an app can hold lone surrogates (RFC 8259, section 8.2).
    """
    plain: Any = adapter.dump_python(value, mode="json")
    text = json.dumps(plain, ensure_ascii=False, indent=indent, allow_nan=False)
    return text.encode("utf-8", "replace")
