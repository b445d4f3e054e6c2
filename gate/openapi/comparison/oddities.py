"""Parts of the wrong type, which could not be read: did they change?"""

from gate.openapi.comparison.exchange import Comparison


def compare_odd_parts(comparison: Comparison) -> None:
    """Report each odd part; undecided unless both sides say the same, word for word.

    One that refers to something else may have changed all the same.
    """
    old, new = comparison.old.odd, comparison.new.odd
    exchange = comparison.exchange("")
    for pointer in dict.fromkeys((*old, *new)):
        before, after = old.get(pointer), new.get(pointer)
        told = after or before
        if told is None:
            continue
        at = pointer if before else "", pointer if after else ""
        if before == after and not told.refers:
            exchange.add("unread", *at, f"{told.said}; both documents have it")
        else:
            exchange.add("undecided", *at, f"{told.said}, so it was not compared")
