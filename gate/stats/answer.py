"""What a comparison can answer."""

from enum import StrEnum


class Answer(StrEnum):
    """The three answers of a comparison; there is no fourth.

    WORSE and NOT_WORSE are each wrong with a probability of at most the alpha
    that the comparison was given. UNDECIDED means that the numbers allow neither.
    """

    WORSE = "worse"
    NOT_WORSE = "not worse"
    UNDECIDED = "undecided"
