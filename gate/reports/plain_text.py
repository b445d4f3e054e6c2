"""Foreign text made safe to show: no control characters, no direction tricks."""

import unicodedata

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def plain(text: str, *, most: int = 4_000) -> str:
    """Return *text* without anything that could steer a terminal or hide words."""
    cleaned = "".join(
        c if c in "\n\t" or unicodedata.category(c) not in HIDDEN else "?" for c in text
    )
    return cleaned if len(cleaned) <= most else cleaned[: most - 1] + "…"


def first_line(text: str, *, most: int = 200) -> str:
    """Return the first line of *text*, made safe."""
    lines = plain(text).strip().splitlines()
    line = lines[0] if lines else ""
    return line if len(line) <= most else line[: most - 1] + "…"
