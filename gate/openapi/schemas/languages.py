"""The texts that regular expressions match: is there one that others do not?

A breadth-first search through the product of their automata: the shortest witness
comes first, and an exhausted search is a proof that there is none. A pattern of JSON
Schema may match anywhere in a text unless it says otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from gate.openapi.schemas.expressions import (
    ANY,
    Chars,
    Choice,
    Edge,
    Intervals,
    Irregular,
    Repeat,
    Sequence,
    Tree,
    contains,
    read,
)

_MAX_STATES = 12_000
_MAX_STEPS = 20_000
_HEAVY = 50  # states that cost as much as a step more
_ALIKE = 3  # characters of a kind that are looked at
_PLEASANT = "a0Ab1B-_. /@:zZ9"
_HALVES = range(0xD800, 0xE000)  # surrogates, which are half a character each


class Unclear(Exception):
    """The search took too long, or an expression is not regular."""


@dataclass(slots=True)
class _Automaton:
    """Thompson's construction; state 0 is the start, `final` the end."""

    plain: list[list[int]] = field(default_factory=lambda: [[]])
    starts: dict[int, list[int]] = field(default_factory=dict)
    ends: dict[int, list[int]] = field(default_factory=dict)
    moves: dict[int, list[tuple[Intervals, int]]] = field(default_factory=dict)
    final: int = 0

    def state(self) -> int:
        if len(self.plain) >= _MAX_STATES:
            raise Unclear
        self.plain.append([])
        return len(self.plain) - 1

    def add(self, tree: Tree, at: int) -> int:
        """Append `tree` behind the state `at`; the state behind it."""
        after = at
        match tree:
            case Chars(intervals):
                after = self.state()
                self.moves.setdefault(at, []).append((intervals, after))
            case Edge(start):
                after = self.state()
                edges = self.starts if start else self.ends
                edges.setdefault(at, []).append(after)
            case Sequence(parts):
                for part in parts:
                    after = self.add(part, after)
            case Choice(parts):
                after = self.state()
                for part in parts:
                    first = self.state()
                    self.plain[at].append(first)
                    self.plain[self.add(part, first)].append(after)
            case Repeat(part, least, most):
                after = self._repeat(part, least, most, at)
        return after

    def _repeat(self, part: Tree, least: int, most: int | None, at: int) -> int:
        for _ in range(least):
            at = self.add(part, at)
        if most is None:
            loop = self.state()
            self.plain[at].append(loop)
            self.plain[self.add(part, loop)].append(loop)
            return loop
        exits = [at]
        for _ in range(most - least):
            fresh = self.state()
            self.plain[at].append(fresh)
            at = self.add(part, fresh)
            exits.append(at)
        after = self.state()
        for each in exits:
            self.plain[each].append(after)
        return after

    def spread(
        self, states: frozenset[int], start: bool, end: bool = False
    ) -> frozenset[int]:
        """All states that are reached without reading a character."""
        found, waiting = set(states), list(states)
        while waiting:
            here = waiting.pop()
            following = [
                *self.plain[here],
                *(self.starts.get(here, ()) if start else ()),
            ]
            following += self.ends.get(here, ()) if end else ()
            waiting.extend(s for s in following if s not in found)
            found.update(following)
        return frozenset(found)


def _within(inner: str, outer: str) -> bool:
    """Whether the one is proved to match nothing but what the other matches.

    Only by their shape: this is for repetitions too large to be searched.
    """
    try:
        return contains(_free(read(outer)), _free(read(inner, loosely=True)))
    except (Irregular, RecursionError):
        return False


def _free(tree: Tree) -> Tree:
    """The tree without what its free ends, beside which anything may stand, repeat."""
    match tree:
        case Repeat(part, least):
            return Repeat(part, least, least)
        case Sequence((first, *middle, last)):
            ends = (_free(e) if isinstance(e, Repeat) else e for e in (first, last))
            start, end = ends
            return Sequence((start, *middle, end))
    return tree


@lru_cache(maxsize=64)
def _automaton(pattern: str, *, loosely: bool) -> _Automaton:
    try:
        tree = read(pattern, loosely=loosely)
    except (Irregular, RecursionError) as error:
        raise Unclear from error
    automaton = _Automaton()
    anywhere = Repeat(ANY, 0, None)
    automaton.final = automaton.add(Sequence((anywhere, _free(tree), anywhere)), 0)
    return automaton


def texts(
    matching: tuple[str, ...],
    refusing: tuple[str, ...] = (),
    least: int = 0,
    most: int | None = None,
) -> Iterator[str]:
    """The texts that match all of `matching` and none of `refusing`, shortest first.

    They have `least` to `most` characters. One text stands for all that the automata
    cannot tell apart, so there are finitely many, and none at all is a proof. Look-around
    in `matching` is left aside, so that a text may turn out not to match. Raises
    `Unclear`.
    """
    if any(_within(mine, other) for mine in matching for other in refusing):
        return
    automata = [_automaton(pattern, loosely=True) for pattern in matching]
    automata += [_automaton(pattern, loosely=False) for pattern in refusing]
    letters = _letters(automata)
    wanted = [index < len(matching) for index in range(len(automata))]
    cap = least if most is None else most
    begin = tuple(a.spread(frozenset((0,)), start=True) for a in automata)
    moved: dict[tuple[int, frozenset[int], int], frozenset[int]] = {}
    level, seen, steps = [(begin, 0, "")], {(begin, 0)}, 0
    while level:
        following = []
        for states, length, text in level:
            verdict = [
                a.final in a.spread(s, start=not text, end=True)
                for a, s in zip(automata, states, strict=True)
            ]
            if verdict == wanted and len(text) >= least:
                yield text
            if most is not None and len(text) >= most:
                continue
            for letter in letters:
                steps += 1 + sum(map(len, states)) // _HEAVY
                if steps > _MAX_STEPS:
                    raise Unclear
                after = _after(automata, states, letter, moved)
                key = after, min(length + 1, cap)
                alive = all(s for s, w in zip(after, wanted, strict=True) if w)
                if alive and key not in seen:
                    seen.add(key)
                    following.append((*key, text + chr(letter)))
        level = following


def _after(
    automata: list[_Automaton],
    states: tuple[frozenset[int], ...],
    letter: int,
    moved: dict[tuple[int, frozenset[int], int], frozenset[int]],
) -> tuple[frozenset[int], ...]:
    found = []
    for index, (automaton, here) in enumerate(zip(automata, states, strict=True)):
        key = index, here, letter
        if key not in moved:
            targets = frozenset(
                target
                for state in here
                for intervals, target in automaton.moves.get(state, ())
                if any(low <= letter <= high for low, high in intervals)
            )
            moved[key] = automaton.spread(targets, start=False)
        found.append(moved[key])
    return tuple(found)


def _letters(automata: list[_Automaton]) -> list[int]:
    """A few characters of each group that no expression tells apart, pleasant ones first."""
    sets = {i for a in automata for moves in a.moves.values() for i, _ in moves}
    edges = sorted({e for each in sets for low, high in each for e in (low, high + 1)})
    groups: dict[tuple[bool, ...], list[int]] = {}
    for low, high in pairwise(edges):
        within = tuple(any(a <= low <= b for a, b in each) for each in sets)
        nice = [ord(c) for c in _PLEASANT if low <= ord(c) < high]
        printable = max(low, 33) if low < 127 and high > 33 else low
        if printable in _HALVES:  # no text has them
            printable = _HALVES.stop
        if any(within) and (nice or printable < high):
            groups.setdefault(within, []).append(nice[0] if nice else printable)
    order = {ord(letter): rank for rank, letter in enumerate(_PLEASANT)}

    def rank(code: int) -> tuple[int, bool, int]:
        return order.get(code, 99), not 33 <= code < 127, code

    kept = (sorted(group, key=rank)[:_ALIKE] for group in groups.values())
    return sorted((code for group in kept for code in group), key=rank)
