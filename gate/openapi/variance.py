"""Whether every value that one side writes is a value the other side reads.

The writer is on the left: the old document for requests, the new one for answers.
It sends no property that it does not declare (closed-world reading); the reader on
the right is taken as written. Two references are compared once as a pair, however
often they are used.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gate.openapi.changes import Level
from gate.openapi.documents import Document
from gate.openapi.folding import TooWide, alternatives, fold, types
from gate.openapi.objects import relate_arrays, relate_objects
from gate.openapi.relation import impossible, proves
from gate.openapi.samples import embed, samples
from gate.openapi.schemas import (
    TYPES,
    Direction,
    Reading,
    Schema,
    referenced,
    references,
)
from gate.openapi.spot import Finding, Outcome, Pair, Spot
from gate.openapi.values import GENERIC, KEYWORDS, refusals
from gate.openapi.wording import say

_TRIED = 12
_SHOWN = 60


class Variance:
    """The comparison of two documents' schemas in one direction."""

    def __init__(self, old: Document, new: Document, direction: Direction) -> None:
        self.direction = direction
        before, after = Reading(old, direction), Reading(new, direction)
        request = direction is Direction.REQUEST
        self.left, self.right = (before, after) if request else (after, before)
        self._outcomes: dict[Pair, Outcome] = {}
        self._equal = self._equal_components()

    def roots(
        self,
        old: Any,
        old_at: str,
        new: Any,
        new_at: str,
        text: bool = False,
        subject: str = "",
    ) -> Outcome:
        """Compare two schema objects as found in the old and the new document."""
        if self.direction is Direction.RESPONSE:
            old, old_at, new, new_at = new, new_at, old, old_at
        left, right = self.left.schema(old, old_at), self.right.schema(new, new_at)
        outcome = Outcome()
        self.relate(outcome, Spot.root(left, right, text, subject))
        return outcome

    def pair(self, pair: Pair) -> Outcome:
        """What comparing two components gave, worked out once."""
        if pair not in self._outcomes:
            outcome = self._outcomes[pair] = Outcome()
            mine, theirs = self.left.definition(pair[0]), self.right.definition(pair[1])
            left, right = (Schema(s, s.pointer) for s in (mine, theirs))
            shown = pair[1] if self.direction is Direction.RESPONSE else pair[0]
            component = "" if shown.startswith("#") else shown
            self.relate(outcome, Spot.root(left, right, pair[2], component))
        return self._outcomes[pair]

    def relate(self, out: Outcome, spot: Spot) -> None:
        """Add to `out` what keeps the left values of `spot` from being right ones."""
        left, right = spot.left, spot.right
        if self._same(left, right):
            return
        if len(left) == len(right) == 1 and referenced(left) and referenced(right):
            pair = referenced(left), referenced(right), spot.text
            out.use(pair, len(spot.steps))
            return
        try:
            lefts = alternatives(self.left, left)
            rights = alternatives(self.right, right)
        except TooWide:
            self.undecided(out, spot, "it has too many alternatives")
            return
        before = len(out.findings)
        refused: list[str] = []
        for flat in lefts:
            trial = Outcome()
            whole = len(lefts) > 1 and flat.name
            place = replace(spot, sketch=True) if whole else spot
            found = self._flat(trial, flat, rights, place)
            if whole and (found or trial.findings):
                values = (v for v in samples(self.left, flat))
                self.add(out, spot, "alternative", detail=flat.name, values=values)
                continue
            refused += found
            out.take(trial)
        if refused:
            self._refused(out, refused, lefts, spot)
        if right.get("x-discriminator") not in (None, left.get("x-discriminator")):
            self.undecided(out, spot, "its discriminator changed")
        if len(out.findings) == before:
            self._overlap(out, lefts, spot)

    def add(
        self,
        out: Outcome,
        spot: Spot,
        what: str,
        level: Level = Level.BREAKS,
        name: str = "",
        detail: str = "",
        values: Iterable[Any] = (),
        certain: bool = True,
    ) -> None:
        """Record trouble of kind `what`, with the first of `values` that shows it.

        Without an example, only what is `certain` is said to break anybody.
        """
        path = spot.path(name)
        rule, sentence = say(self.direction, what, path, spot.component, detail)
        example, complete, shown = None, False, spot.sketch
        if not spot.sketch:
            example, complete, shown = self._example(spot, values)
        if level is Level.BREAKS and not certain and not shown:
            level = Level.MAY_BREAK
        at = spot.left.pointer, spot.right.pointer
        out.findings.append(Finding(rule, level, *at, sentence, example, complete))

    def undecided(self, out: Outcome, spot: Spot, why: str) -> None:
        """Record that nothing could be proved either way."""
        self.add(out, spot, "undecided", Level.MAY_BREAK, detail=why)

    def _flat(
        self, out: Outcome, flat: Schema, rights: list[Schema], spot: Spot
    ) -> list[str]:
        """Relate one alternative of the writer; the types no reader takes."""
        named = next((r for r in rights if flat.name and r.name == flat.name), None)
        if named is not None:
            out.use((flat.name, named.name, spot.text), len(spot.steps))
            return []
        refused = []
        for kind in _kinds(flat):
            typed = _typed(flat, kind)
            if typed is None or (spot.text and _free(kind, rights)):
                continue
            fitting = [r for r in (_typed(r, kind) for r in rights) if r is not None]
            if fitting:
                self._one_of(out, typed, fitting, kind, spot)
            else:
                refused.append(kind)
        return refused

    def _one_of(
        self, out: Outcome, left: Schema, fitting: list[Schema], kind: str, spot: Spot
    ) -> None:
        if len(fitting) == 1:
            self._typed(out, spot.at(left, fitting[0]), kind)
            return
        trials: list[tuple[tuple[int, int], int, Outcome]] = []
        for index, right in enumerate(fitting):
            trial = Outcome()
            self._typed(trial, replace(spot.at(left, right), sketch=True), kind)
            if not trial.findings:
                out.take(trial)
                return
            trials.append((trial.cost, index, trial))
        if self._proved(left, spot.right):
            return
        _, index, nearest = min(trials, key=lambda trial: trial[:2])
        if not spot.sketch:
            nearest = Outcome()
            self._typed(nearest, spot.at(left, fitting[index]), kind)
            nearest.findings = [_doubted(finding) for finding in nearest.findings]
        out.take(nearest)

    def _typed(self, out: Outcome, spot: Spot, kind: str) -> None:
        if kind == "object":
            relate_objects(self, out, spot)
        elif kind == "array":
            relate_arrays(self, out, spot)
        for refusal in refusals(self.left, spot.left, self.right, spot.right, kind):
            if refusal.impossible:
                self.undecided(out, spot, "the document describes an impossible value")
            elif not refusal.examples:
                self.undecided(out, spot, f"its {refusal.group} could not be compared")
            else:
                self._value(out, spot, refusal.group, refusal.examples)
        for branch in spot.right.get("allOf", ()):
            self.relate(out, spot.at(spot.left, branch))

    def _value(
        self, out: Outcome, spot: Spot, group: str, examples: tuple[Any, ...]
    ) -> None:
        level = Level.BREAKS
        if group == "type":
            group = "type-changed"
        elif group == "enum" and not {"enum", "const"} & spot.left.keys():
            group = "enum-limits"
        elif group == "enum" and spot.right.get("x-extensible-enum"):
            level = Level.NOTICE
        listed = examples[:8] if group == "enum" else examples[:1]
        shown = ", ".join(map(_shown, listed))
        self.add(out, spot, group, level, detail=shown, values=examples)

    def _refused(
        self, out: Outcome, refused: list[str], lefts: list[Schema], spot: Spot
    ) -> None:
        kinds = list(dict.fromkeys(refused))
        what = "null" if kinds == ["null"] else "type-changed"
        typed = (_typed(flat, kind) for flat in lefts for kind in kinds)
        values = (v for flat in typed if flat for v in samples(self.left, flat)[:4])
        whole = None if spot.sketch else self.left.whole(spot.left)
        certain = whole is None or not impossible(whole)
        shown = " or ".join(kinds)
        self.add(out, spot, what, detail=shown, values=values, certain=certain)

    def _overlap(self, out: Outcome, lefts: list[Schema], spot: Spot) -> None:
        """A request has to match exactly one branch of the reader's `oneOf`.

        In answers the old consumer's `oneOf` is read as `anyOf`.
        """
        branches = fold(self.right, spot.right).get("oneOf", ())
        known = fold(self.left, spot.left).get("oneOf", ())
        if self.direction is Direction.RESPONSE or len(branches) <= len(known):
            return
        doubt = any(sum(self._meet(f, b) for b in branches) > 1 for f in lefts)
        if not doubt or self._proved(spot.left, spot.right):
            return
        values = [v for flat in lefts for v in samples(self.left, flat)]
        bad = [v for v in values if self.right.accepts(spot.right, v) is False]
        if bad:
            self._value(out, spot, "one-of", tuple(bad))
        else:
            self.undecided(out, spot, "alternatives of its oneOf may overlap")

    def _meet(self, left: Schema, branch: Schema) -> bool:
        """Whether a value of `left`, without undeclared fields, may match `branch`."""
        declared = {*left.get("properties", {}), *left.get("required", ())}
        for flat in alternatives(self.right, branch):
            strange = not declared.issuperset(flat.get("required", ()))
            if (
                "properties" in left
                and not left.get("additionalProperties")
                and strange
            ):
                continue
            plain = not any(references([left, flat]))
            if not (plain and impossible({"allOf": [left, flat]})):
                return True
        return False

    def _example(self, spot: Spot, values: Iterable[Any]) -> tuple[Any, bool, bool]:
        """An example, whether it is a whole payload, and whether there is one."""
        tried = list(values)[:_TRIED]
        for value in tried:
            for payload in embed(self.left, spot.left_root, spot.steps, value):
                if self._shows(spot.left_root, spot.right_root, payload):
                    return payload, True, True
        for value in tried:
            if self._shows(spot.left, spot.right, value):
                return value, False, True
        return None, False, False

    def _shows(self, left: Schema, right: Schema, value: Any) -> bool:
        fits = self.left.accepts(left, value) is True
        return fits and self.right.accepts(right, value) is False

    def _proved(self, left: Schema, right: Schema) -> bool:
        mine, theirs = self.left.whole(left), self.right.whole(right)
        return mine is not None and theirs is not None and proves(mine, theirs)

    def _same(self, left: Schema, right: Schema) -> bool:
        return _same_text(left, right) and self._equal.issuperset(references(left))

    def _equal_components(self) -> set[str]:
        """Components that say the same in both documents, references included."""
        mine, theirs = self.left.components(), self.right.components()
        needs: dict[str, set[str]] = {}
        for name in sorted(mine & theirs):
            definition = self.left.definition(name)
            if _same_text(definition, self.right.definition(name)):
                needs[name] = set(references(definition))
        while fallen := [
            n for n, needed in needs.items() if not needed <= needs.keys()
        ]:
            for name in fallen:
                del needs[name]
        return set(needs)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def _doubted(finding: Finding) -> Finding:
    """A finding about one of several readings counts only with a whole payload."""
    if finding.complete:
        return finding
    return replace(finding, level=max(finding.level, Level.MAY_BREAK))


def _same_text(left: Schema, right: Schema) -> bool:
    # Python takes 1, 1.0 and True for equal; JSON text does not.
    return left == right and json.dumps(left, sort_keys=True) == json.dumps(
        right, sort_keys=True
    )


def _kinds(flat: Schema) -> list[str]:
    """The JSON types of a writer's schema; one that lists fields writes objects."""
    if "type" in flat:
        found = types(flat["type"])
        return [k for k in found if k != "integer" or "number" not in found]
    if "properties" in flat or "required" in flat:
        return ["object"]
    if "items" in flat or "prefixItems" in flat:
        return ["array"]
    return [kind for kind in TYPES if kind != "integer"]


def _typed(flat: Schema, kind: str) -> Schema | None:
    """The part of a flat schema that concerns one type; None when it excludes it."""
    listed = types(flat.get("type", kind))
    number = kind in ("integer", "number")
    mine = (
        next((k for k in ("number", "integer") if k in listed), "") if number else kind
    )
    if mine not in listed:
        return None
    kept = {k: v for k, v in flat.items() if k in KEYWORDS[kind] or k in GENERIC}
    for keyword in ("enum", "const"):
        if keyword in kept:
            values = kept[keyword] if keyword == "enum" else [kept[keyword]]
            chosen = [value for value in values if _is(value, kind)]
            if not chosen:
                return None
            kept[keyword] = chosen if keyword == "enum" else chosen[0]
    return Schema({**kept, "type": mine}, flat.pointer)


def _is(value: Any, kind: str) -> bool:
    found = {
        dict: "object",
        list: "array",
        str: "string",
        bool: "boolean",
        int: "integer",
    }.get(type(value), "null" if value is None else "number")
    return found == kind or {found, kind} == {"integer", "number"}


def _free(kind: str, rights: list[Schema]) -> bool:
    """Whether text of this type needs no check: null is no text, a string takes all."""
    if kind == "null":
        return True
    if kind in ("object", "array", "string"):
        return False
    limits = KEYWORDS["string"] | GENERIC
    return any(
        "string" in types(r.get("type", "string")) and not limits & r.keys()
        for r in rights
    )
