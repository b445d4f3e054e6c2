"""Names told in a row's one line: the first few, and how many more there are."""

from collections.abc import Sequence

MOST_NAMED = 5


def shortened(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    told = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"{told} and {more} more" if more > 0 else told
