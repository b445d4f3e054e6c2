"""The Procfile: one `type: command` a line."""

import re

_LINE = re.compile(r"^([A-Za-z0-9_-]{1,128}):\s*(\S.*?)\s*$")
_BYTE_ORDER_MARK = "\ufeff"


class ProcfileError(ValueError):
    """The Procfile declares nothing, or a line cannot be read."""


def parse(text: str) -> dict[str, str]:
    """Process types and their commands; empty lines and comments are skipped.

    Raises ProcfileError naming the line.
    """
    types: dict[str, str] = {}
    for number, line in enumerate(text.lstrip(_BYTE_ORDER_MARK).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None:
            raise ProcfileError(
                f"line {number} of the Procfile is not `type: command`: "
                f"{line.strip()[:80]!r}"
            )
        if match[1] in types:
            raise ProcfileError(f"the Procfile declares {match[1]} twice")
        types[match[1]] = match[2]
    if not types:
        raise ProcfileError("the Procfile declares no process type")
    return types
