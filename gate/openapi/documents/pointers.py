"""Places in a document: JSON pointers, and what stands where they point."""

import re
from typing import Any

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


class Unresolvable(LookupError):
    """A reference cannot be followed; the message names it and says why."""


def step(pointer: str, *names: str | int) -> str:
    """The JSON pointer of a member of what `pointer` names (RFC 6901)."""
    return "/".join((pointer, *(escaped(str(name)) for name in names)))


def escaped(name: str) -> str:
    """One token of a JSON pointer for a name (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def unescaped(token: str) -> str:
    """The name that one token of a JSON pointer stands for (RFC 6901, section 4)."""
    return token.replace("~1", "/").replace("~0", "~")


def look_up(root: Any, pointer: str) -> Any:
    """What stands at `pointer` in `root`.

    Raises `Unresolvable` when the path leads nowhere or is no JSON pointer.
    """
    start, *tokens = pointer.split("/")
    if start:
        raise Unresolvable(f"#{pointer} is no JSON pointer, and no anchor of that name")
    here = root
    for name in map(unescaped, tokens):
        if isinstance(here, dict) and name in here:
            here = here[name]
        elif (
            isinstance(here, list) and _INDEX.fullmatch(name) and int(name) < len(here)
        ):
            here = here[int(name)]
        else:
            raise Unresolvable(f"#{pointer} names nothing in this document")
    return here
