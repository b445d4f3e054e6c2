"""Questions to a load run, as people write them: ``exclude > 1%``.

    errors    exclude > 1%
    latency   exclude > +20%                    or  exclude > 800 ms
    cpu       exclude > +30% per request
    memory    exclude > 10 KiB per request      or  must not reach the dyno quota within 24 h
    crashes   exclude > 1 per 10 min
    slower    exclude > +200%

Each may be ``not asked``, and end with ``, where told``.
"""

import math
import re
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Predicate

NOT_ASKED = "not asked"
WHERE_TOLD = ", where told"
_NUMBER = r"(?P<number>\d+(?:\.\d+)?)"
_TIMES = {"s": 1.0, "min": 60.0, "h": 3600.0, "day": 86_400.0}
_TIME = r"(?:(?P<span>\d+(?:\.\d+)?) )?(?P<unit>s|min|h|day)"


@dataclass(frozen=True, slots=True)
class Form:
    """One way to put a question, *pattern*, with an *example* to copy."""

    pattern: re.Pattern[str]
    example: str


SHARE = Form(re.compile(rf"exclude > {_NUMBER}%"), "exclude > 1%")
RELATIVE = Form(re.compile(rf"exclude > \+{_NUMBER}%"), "exclude > +20%")
LIMIT = Form(re.compile(rf"exclude > {_NUMBER} ms"), "exclude > 800 ms")
CPU = Form(
    re.compile(rf"exclude > \+{_NUMBER}% per request"), "exclude > +30% per request"
)
GROWTH = Form(
    re.compile(rf"exclude > {_NUMBER} KiB per request"), "exclude > 10 KiB per request"
)
QUOTA = Form(
    re.compile(rf"must not reach the dyno quota within {_NUMBER} h"),
    "must not reach the dyno quota within 24 h",
)
CRASHES = Form(re.compile(rf"exclude > {_NUMBER} per {_TIME}"), "exclude > 1 per 10 s")
IN_PERCENT = (SHARE, RELATIVE, CPU)
UNTOLD = (CPU, GROWTH, QUOTA)
"""What some platforms do not tell."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question in numbers.

    *value* is a share, a relative worsening, milliseconds, KiB a request, hours or
    events a second, as *form* says.
    """

    form: Form
    value: float
    where_told: bool = False


def question(text: str, *forms: Form) -> Question | None:
    """Return what *text* asks in one of these forms; None: it is not asked.

    Raises ValueError for any other text, and for a margin that excludes nothing; it
    says which forms there are.
    """
    stated = " ".join(text.split())
    if stated == NOT_ASKED:
        return None
    asked = stated.removesuffix(WHERE_TOLD)
    for form in forms:
        match = form.pattern.fullmatch(asked)
        if match is None:
            continue
        value = _value(match, form)
        if not 0 < value < (1 if form is SHARE else math.inf):
            raise ValueError(f"{text!r} asks for nothing that could be excluded")
        return Question(form, value, where_told=asked != stated)
    raise ValueError(f"{text!r} is no question that can be answered; {ways(*forms)}")


def ways(*forms: Form) -> str:
    """Return how a question may be written, with examples to copy."""
    examples = " or ".join(f'"{each.example}"' for each in forms)
    told = ', with ", where told" if need be' if set(forms) & set(UNTOLD) else ""
    return f'write {examples}{told}; or "not asked"'


def _value(match: re.Match[str], form: Form) -> float:
    value = float(match["number"])
    if form in IN_PERCENT:
        return value / 100
    if form is CRASHES:
        span = float(match["span"] or 1) * _TIMES[match["unit"]]
        return value / span if span else 0.0
    return value


class Asks:
    """Whether a text is a question in one of these forms; says so by ValueError."""

    def __init__(self, *forms: Form) -> None:
        self.forms = forms

    def __call__(self, text: str) -> bool:
        """Return true, or raise ValueError with the forms that there are."""
        question(text, *self.forms)
        return True


FORMS: dict[str, tuple[Form, ...]] = {
    "errors": (SHARE,),
    "p50": (RELATIVE, LIMIT),
    "p95": (RELATIVE, LIMIT),
    "cpu": (CPU,),
    "memory": (GROWTH, QUOTA),
    "crashes": (CRASHES,),
    "slower": (RELATIVE,),
}
"""The forms of each question, by the name of its setting."""

ErrorQuestion = Annotated[str, Predicate(Asks(*FORMS["errors"]))]
LatencyQuestion = Annotated[str, Predicate(Asks(*FORMS["p50"]))]
CpuQuestion = Annotated[str, Predicate(Asks(*FORMS["cpu"]))]
MemoryQuestion = Annotated[str, Predicate(Asks(*FORMS["memory"]))]
CrashQuestion = Annotated[str, Predicate(Asks(*FORMS["crashes"]))]
SlowerQuestion = Annotated[str, Predicate(Asks(*FORMS["slower"]))]
