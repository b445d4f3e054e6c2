"""Regular expressions as trees, in the dialect of JSON Schema (ECMA-262, section 22.2).

Only what is regular is read: look-around, back-references and word boundaries are
refused, so that a tree always means exactly what its text says.
"""

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

Intervals = tuple[tuple[int, int], ...]

LAST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)  # no JSON text can hold one of them alone
_MAX_REPEATED = 5000
_LOOKS = ("=", "!", "<=", "<!")
_NAMED = {"n": 10, "r": 13, "t": 9, "v": 11, "f": 12, "0": 0}
_DIGITS: Intervals = ((48, 57),)
_WORDS: Intervals = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACES: Intervals = (
    *((9, 13), (32, 32), (160, 160), (0x1680, 0x1680), (0x2000, 0x200A)),
    *((0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)),
    (0xFEFF, 0xFEFF),
)
_LINE_ENDS: Intervals = ((10, 10), (13, 13), (0x2028, 0x2029))


class Irregular(ValueError):
    """The expression uses what is not regular, or is none."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set."""

    intervals: Intervals


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part `least` to `most` times; `None` is without end."""

    part: "Tree"
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Edge:
    """The start or the end of the text."""

    start: bool


Tree = Chars | Sequence | Choice | Repeat | Edge


def inverted(intervals: Intervals) -> Intervals:
    """All other characters that a JSON text can hold."""
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted((*intervals, _SURROGATES)):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, LAST)) if start <= LAST else tuple(found)


ANY = Chars(inverted(()))


@lru_cache(maxsize=1)
def categories() -> dict[str, Intervals]:
    """The characters of each general category of Unicode, by its short name (UAX 44)."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for code in range(LAST + 1):
        name = unicodedata.category(chr(code))
        for each in (name, name[0]):
            ends = found[each]
            if ends and ends[-1][1] == code - 1:
                ends[-1] = ends[-1][0], code
            else:
                ends.append((code, code))
    return {
        name: tuple(each) for name, each in found.items() if name not in ("C", "Cs")
    }


def read(pattern: str, *, loosely: bool = False) -> Tree:
    """The tree of an expression.

    `loosely`, look-around and word boundaries are taken for nothing, so that the tree
    may match more than the text does. Raises `Irregular`.
    """
    reader = _Reader(pattern, loosely=loosely)
    tree = reader.choice()
    if reader.rest():
        raise Irregular(pattern)
    return tree


def contains(outer: Tree, inner: Tree) -> bool:
    """Whether the trees' shapes prove that `outer` matches all that `inner` matches.

    Where they are built alike, and each part of the one contains its counterpart.
    """
    match outer, inner:
        case Chars(wide), Chars(narrow):
            return all(any(a <= c and d <= b for a, b in wide) for c, d in narrow)
        case (Sequence(wide), Sequence(narrow)) if len(wide) == len(narrow):
            return all(map(contains, wide, narrow))
        case Choice(wide), Choice(narrow):
            return all(any(contains(w, n) for w in wide) for n in narrow)
        case Repeat(part, least, most), Repeat(other, fewest, longest):
            fits = most is None or (longest is not None and longest <= most)
            return least <= fewest and fits and contains(part, other)
    return outer == inner


def looks_ahead(pattern: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The expressions that a text has to match, and those that it must not.

    They are more than one where look-ahead opens the pattern: `^(?=.*a)(?!b).+$`.
    """
    matching: list[str] = []
    refusing: list[str] = []
    rest = pattern
    while rest.startswith(("^(?=", "^(?!")):
        end = _closing(rest, 1)
        found = matching if rest[3] == "=" else refusing
        found.append(f"^(?:{rest[4:end]})")
        rest = "^" + rest[end + 1 :]
    alone = not matching and not refusing
    if alone or _has_choice(rest):  # `^(?=a)b|c`: the look-ahead is of one choice only
        return (pattern,), ()
    return (*matching, rest), tuple(refusing)


def _closing(text: str, at: int) -> int:
    """Where the group that opens at `at` is closed."""
    depth, members, index = 0, False, at
    while index < len(text):
        match text[index]:
            case "\\":
                index += 1
            case "[" | "]":
                members = text[index] == "["
            case "(" if not members:
                depth += 1
            case ")" if not members:
                depth -= 1
                if not depth:
                    return index
        index += 1
    return len(text)


def _has_choice(text: str) -> bool:
    try:
        return isinstance(read(text, loosely=True), Choice)
    except Irregular:
        return True


class _Reader:
    def __init__(self, text: str, *, loosely: bool) -> None:
        self._text = text
        self._loosely = loosely
        self._at = 0

    def rest(self) -> str:
        return self._text[self._at :]

    def choice(self) -> Tree:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Tree:
        parts: list[Tree] = []
        while self.rest() and self.rest()[0] not in "|)":
            parts.append(self._repeated(self._atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _take(self, text: str) -> bool:
        if not self._text.startswith(text, self._at):
            return False
        self._at += len(text)
        return True

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise Irregular(self._text)
        self._at += 1
        return self._text[self._at - 1]

    def _atom(self) -> Tree:
        here = self._next()
        match here:
            case "^" | "$":
                return Edge(here == "^")
            case ".":
                return Chars(inverted(_LINE_ENDS))
            case "(":
                return self._group()
            case "[":
                return Chars(self._set())
            case "\\" if self._loosely and self.rest()[:1] in ("b", "B"):
                self._next()
                return Sequence(())
            case "\\":
                return Chars(self._escape())
            case "*" | "+" | "?":
                raise Irregular(self._text)
        return Chars(((ord(here), ord(here)),))

    def _group(self) -> Tree:
        looks = False
        if self._take("?"):
            if self._take("P<") or (self._take("<") and self.rest()[:1] not in "=!"):
                self._at = self._text.find(">", self._at) + 1 or len(self._text)
            elif any(self._take(sign) for sign in _LOOKS):
                looks = True
            elif not self._take(":"):
                raise Irregular(self._text)
        if looks and not self._loosely:
            raise Irregular(self._text)
        inner = self.choice()
        if not self._take(")"):
            raise Irregular(self._text)
        return Sequence(()) if looks else inner

    def _repeated(self, part: Tree) -> Tree:
        bounds = self._bounds()
        if bounds is None:
            return part
        if isinstance(part, Edge):
            raise Irregular(self._text)
        least, most = bounds
        highest = least if most is None else most
        if highest < least or highest > _MAX_REPEATED:
            raise Irregular(self._text)
        self._take("?")  # lazy or not, the same texts match
        if self.rest()[:1] in ("+", "*", "?"):
            raise Irregular(self._text)
        return Repeat(part, least, most)

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        end = self._text.find("}", self._at)
        low, comma, high = self._text[self._at + 1 : end].partition(",")
        if not self.rest().startswith("{") or end < 0 or not _number(low):
            return None
        if high and not _number(high):
            return None
        self._at = end + 1
        most = int(high) if high else None if comma else int(low)
        return int(low), most

    def _set(self) -> Intervals:
        outside = self._take("^")
        found: list[tuple[int, int]] = []
        while not self._take("]"):
            low = self._member()
            if (
                self.rest()[:1] == "-"
                and self.rest()[1:2] not in ("]", "")
                and _single(low)
            ):
                mark = self._at
                self._at += 1
                high = self._member()
                if _single(high):
                    if high[0][0] < low[0][0]:
                        raise Irregular(self._text)
                    found.append((low[0][0], high[0][0]))
                    continue
                self._at = mark  # `[\w-.]`: the hyphen stands for itself
            found.extend(low)
        return inverted(tuple(found)) if outside else tuple(sorted(found))

    def _member(self) -> Intervals:
        here = self._next()
        if here != "\\":
            return ((ord(here), ord(here)),)
        if self._take("b"):
            return ((8, 8),)
        return self._escape()

    def _escape(self) -> Intervals:
        here = self._next()
        for letter, intervals in (("d", _DIGITS), ("w", _WORDS), ("s", _SPACES)):
            if here == letter:
                return intervals
            if here == letter.upper():
                return inverted(intervals)
        if here in _NAMED and not (here == "0" and self.rest()[:1].isdigit()):
            return ((_NAMED[here], _NAMED[here]),)
        if here in "xu":
            return self._code(2 if here == "x" else 4)
        if here in "pP" and self._take("{"):
            name, _, _ = self.rest().partition("}")
            self._at += len(name) + 1
            found = categories().get(name.removeprefix("gc="), ())
            if not found:
                raise Irregular(self._text)
            return found if here == "p" else inverted(found)
        if here.isalnum():
            raise Irregular(self._text)
        return ((ord(here), ord(here)),)

    def _code(self, digits: int) -> Intervals:
        if digits == 4 and self._take("{"):
            text, _, _ = self.rest().partition("}")
            self._at += len(text) + 1
        else:
            text = self.rest()[:digits]
            self._at += digits
        try:
            code = int(text, 16)
        except ValueError as error:
            raise Irregular(self._text) from error
        if code > LAST or _SURROGATES[0] <= code <= _SURROGATES[1]:
            raise Irregular(self._text)
        return ((code, code),)


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6


def _single(intervals: Intervals) -> bool:
    return len(intervals) == 1 and intervals[0][0] == intervals[0][1]
