"""Whether every value that one side writes is a value the other side reads.

The writer is on the left: the old document for requests, the new one for answers.
It sends no property that it does not declare (closed-world reading); the reader on
the right is taken as written. Two references are compared once as a pair, however
often they are used.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

from gate.openapi.changes import Direction, Level
from gate.openapi.documents.document import Document
from gate.openapi.schemas.discriminators import quarrel
from gate.openapi.schemas.equality import equal, equal_components, raw_references
from gate.openapi.schemas.flats import as_text, kinds, only
from gate.openapi.schemas.folding import TooWide, alternatives, fold
from gate.openapi.schemas.keywords import DISCRIMINATOR, EXTENSIBLE, PERHAPS
from gate.openapi.schemas.merging import is_false
from gate.openapi.schemas.notes import noted
from gate.openapi.schemas.objects import relate_arrays, relate_objects
from gate.openapi.schemas.overlap import nested, overlapping
from gate.openapi.schemas.proofs import Proofs
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.references import opaque, referenced, references
from gate.openapi.schemas.samples import samples
from gate.openapi.schemas.spot import Finding, Outcome, Pair, Spot
from gate.openapi.schemas.texts import spellings
from gate.openapi.schemas.values import Refusal, contradictory, refusals
from gate.openapi.schemas.wording import say

_SHOWN = 60
_TRIED = 60  # values, in search of one that two alternatives take
_MAX_TRIALS = 6000  # alternatives of the one side against those of the other
_SHALLOW = 5
_MAX_STEPS = 48
_MAX_PROOFS = 1000  # of one body or component
_IMPOSSIBLE = "the document describes an impossible value"
_PERHAPS_NULL = "whether its `nullable` lets it be null is read in two ways"
_NOT_SHOWN = "no example could be found, and no proof that there is none"


class Variance:
    """The comparison of two documents' schemas in one direction."""

    def __init__(self, old: Document, new: Document, direction: Direction) -> None:
        self.direction = direction
        request = direction is Direction.REQUEST
        writer, reader = (old, new) if request else (new, old)
        self.left = Reading(writer, direction, role="writer")
        self.right = Reading(reader, direction, role="reader")
        self._proofs = Proofs(self.left, self.right)
        self._outcomes: dict[Pair, Outcome] = {}
        self._same_dialect = old.is_3_0 == new.is_3_0
        self._equal = equal_components(old, new)

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
        outcome = Outcome()
        same = self._same_dialect and equal(old, new)
        if same and self._equal.issuperset(raw_references(old)):
            return outcome
        if self.direction is Direction.RESPONSE:
            old, old_at, new, new_at = new, new_at, old, old_at
        left, right = self.left.schema(old, old_at), self.right.schema(new, new_at)
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
        if not spot.sketch:
            for what, detail in noted(self.direction, left, right, spot.text):
                self.add(out, spot, what, Level.NOTICE, detail=detail)
        if len(left) == len(right) == 1 and referenced(left) and referenced(right):
            pair = referenced(left), referenced(right), spot.text
            out.use(pair, len(spot.steps))
            return
        try:
            lefts = alternatives(self.left, left)
            known = any(flat.tags for flat in lefts)
            rights = alternatives(self.right, right, tagged=known)
        except TooWide:
            self.undecided(out, spot, "it has too many alternatives")
            return
        if len(spot.steps) > _SHALLOW:
            # Schemas without end meet themselves again; what is wrong was said above.
            again = repr(left), repr(right)
            if again in spot.above:
                return
            spot = replace(spot, above=spot.above | {again})
        names = {flat.name for flat in rights}
        unpaired = sum(flat.name == "" or flat.name not in names for flat in lefts)
        if unpaired * len(rights) > _MAX_TRIALS or len(spot.steps) > _MAX_STEPS:
            self.undecided(out, spot, "it has too many alternatives or levels")
            return
        found = Outcome()
        self._alternatives(found, lefts, rights, spot)
        out.take(found)
        if not found.breaks:
            self._unions(out, lefts, spot)

    def add(
        self,
        out: Outcome,
        spot: Spot,
        what: str,
        level: Level = Level.BREAKS,
        name: str = "",
        detail: str = "",
        values: Iterable[Any] = (),
    ) -> None:
        """Record trouble of kind `what`, with the first of `values` that shows it.

        A break that no payload shows is undecided, or nothing where it is refuted.
        """
        path = spot.path(name)
        rule, sentence = say(self.direction, what, path, spot.component, detail)
        proof = None
        if level is Level.BREAKS and not spot.sketch:
            missing = what in ("field-removed", "field-optional")
            proof = out.lacks(spot.steps, name) if missing else None
            if proof is None and out.proofs < _MAX_PROOFS:
                out.proofs += 1
                proof = self._proofs.payload(spot, values)
            if proof is not None and missing:
                out.lacking[spot.steps] = proof
            if proof is None:
                if self._proofs.covered(spot.left_root, spot.right_root):
                    if self._proofs.vacuous(spot.left_root):
                        self._impossible(out, spot)
                    return
                level = Level.UNDECIDED
                sentence = f"{sentence}; but {_NOT_SHOWN}"
        at = _place(spot.left, name), _place(spot.right, name)
        out.findings.append(Finding(rule, level, *at, sentence, proof, name))

    def undecided(self, out: Outcome, spot: Spot, why: str) -> None:
        """Record, once per place, that nothing could be proved either way."""
        told = say(self.direction, "undecided", spot.path(), spot.component, why)
        if not any((f.rule, f.sentence) == told for f in out.findings):
            self.add(out, spot, "undecided", Level.UNDECIDED, detail=why)

    def _impossible(self, out: Outcome, spot: Spot) -> None:
        """Nothing can be written here; that is no trouble where it is left out."""
        whole = samples(self.left, spot.left_root)[:4] if spot.steps else ()
        if not any(self.left.accepts(spot.left_root, value) for value in whole):
            self.undecided(out, spot, _IMPOSSIBLE)

    def _alternatives(
        self, out: Outcome, lefts: list[Schema], rights: list[Schema], spot: Spot
    ) -> None:
        refused: list[str] = []
        if all(is_false(flat) for flat in lefts):
            self._impossible(out, spot)
        for flat in lefts:
            twins = any(flat.name == right.name for right in rights)
            whole = len(lefts) > 1 and bool(flat.name) and not twins
            trial = Outcome()
            place = replace(spot, sketch=True) if whole else spot
            found = self._flat(trial, flat, rights, place)
            if not whole or not (found or trial.findings):
                refused += found
                out.take(trial)
                continue
            if not (found or trial.breaks):
                here = spot.at(flat, spot.right)
                self.add(out, here, "alternative", Level.MAY_BREAK, detail=flat.name)
                continue
            if self._gone(out, flat, spot):
                continue
            trial = Outcome()
            refused += self._flat(trial, flat, rights, spot)
            out.take(trial)
        if refused:
            self._refused(out, refused, lefts, spot)

    def _gone(self, out: Outcome, flat: Schema, spot: Spot) -> bool:
        """Report a named alternative as a whole; False when no payload shows it."""
        if spot.sketch:
            self.add(out, spot, "alternative", detail=flat.name)
            return True
        trial = Outcome()
        values = samples(self.left, flat)
        self.add(
            trial,
            spot.at(flat, spot.right),
            "alternative",
            detail=flat.name,
            values=values,
        )
        out.take(trial)
        return any(f.level is Level.BREAKS for f in trial.findings)

    def _flat(
        self, out: Outcome, flat: Schema, rights: list[Schema], spot: Spot
    ) -> list[str]:
        """Relate one alternative of the writer; the types no reader takes."""
        named = next((r for r in rights if flat.name and _covers(flat, r)), None)
        if named is not None:
            out.use((flat.name, named.name, spot.text), len(spot.steps))
            return []
        refused = []
        for kind in kinds(flat):
            typed = only(flat, kind)
            if typed is None or (spot.text and self._read_as_text(typed, kind, rights)):
                continue
            fitting = [r for r in (only(r, kind) for r in rights) if r is not None]
            if fitting:
                self._one_of(out, typed, fitting, kind, spot)
            else:
                refused.append(kind)
        return refused

    def _read_as_text(self, flat: Schema, kind: str, rights: list[Schema]) -> bool:
        """Whether the text of every such value is certainly read; null is no text."""
        if kind == "null":
            return True
        if "enum" in flat or kind == "boolean":
            return all(
                any(self.right.accepts(r, s) for r in rights for s in spellings(value))
                for value in flat.get("enum", (True, False))
            )
        spelt = as_text(flat, kind)
        for right in filter(None, (only(r, "string") for r in rights if spelt)):
            trial = Outcome()
            self._typed(
                trial,
                replace(Spot.root(spelt, right, text=False), sketch=True),
                "string",
            )
            if not trial.findings:
                return True
        return False

    def _one_of(
        self, out: Outcome, left: Schema, fitting: list[Schema], kind: str, spot: Spot
    ) -> None:
        if len(fitting) == 1:
            self._typed(out, spot.at(left, fitting[0]), kind)
            return
        trials: list[tuple[tuple[int, int, int], int, Outcome]] = []
        for index, right in enumerate(fitting):
            trial = Outcome()
            self._typed(trial, replace(spot.at(left, right), sketch=True), kind)
            if not trial.findings:
                out.take(trial)
                return
            trials.append((trial.cost, index, trial))
        _, index, nearest = min(trials, key=lambda trial: trial[:2])
        if nearest.breaks and self._proofs.covered(left, spot.right):
            return
        if not spot.sketch:
            nearest = Outcome()
            self._typed(nearest, spot.at(left, fitting[index]), kind)
        out.take(nearest)

    def _typed(self, out: Outcome, spot: Spot, kind: str) -> None:
        if kind == "object":
            relate_objects(self, out, spot)
        elif kind == "array":
            relate_arrays(self, out, spot)
        sides = self.left, spot.left, self.right, spot.right
        for refusal in refusals(*sides, kind, sketch=spot.sketch):
            self._refusal(out, spot, refusal)
        if not out.findings and contradictory(spot.left):
            self._impossible(out, spot)
        for branch in spot.right.get("allOf", ()):
            part = replace(spot.at(spot.left, branch), partly=True)
            self.relate(out, part)

    def _refusal(self, out: Outcome, spot: Spot, refusal: Refusal) -> None:
        if refusal.trouble == "impossible":
            self._impossible(out, spot)
        elif refusal.trouble == "annotation":
            self.add(out, spot, "annotation", Level.MAY_BREAK)
        elif refusal.examples:
            self._value(out, spot, refusal.group, refusal.examples)
        elif refusal.group == "conditions" and self._cases(spot):
            pass
        elif refusal.trouble == "sketch":
            self._value(out, spot, refusal.group, ())
        elif not self._proofs.covered(spot.left_root, spot.right_root):
            unread = self.left.unread(spot.left) or self.right.unread(spot.right)
            why = f"its {refusal.group} could not be compared"
            self.undecided(out, spot, unread or why)

    def _cases(self, spot: Spot) -> bool:
        """Whether the reader's `if` is met in both cases, looked at one by one."""
        left, right = spot.left, spot.right
        if "if" not in right or {"not", "unevaluatedItems"} & right.keys():
            return False
        otherwise = Schema({"not": right["if"]}, left.pointer)
        for condition, asked in ((right["if"], "then"), (otherwise, "else")):
            if asked in right:
                case = Schema({"allOf": [left, condition]}, left.pointer)
                trial = Outcome()
                here = replace(spot.at(case, right[asked]), sketch=True, partly=True)
                self.relate(trial, here)
                if trial.breaks and not self._proofs.covered(case, right[asked]):
                    return False
        return True

    def _value(
        self, out: Outcome, spot: Spot, group: str, examples: tuple[Any, ...]
    ) -> None:
        level = Level.BREAKS
        if group == "type":
            group = "type-changed"
        elif group == "enum" and "enum" not in spot.left:
            group = "enum-limits"
        elif group == "enum" and spot.right.get(EXTENSIBLE):
            level = Level.NOTICE
        listed = examples[:8] if group == "enum" else examples[:1]
        shown = ", ".join(map(_shown, listed))
        self.add(out, spot, group, level, detail=shown, values=examples)

    def _refused(
        self, out: Outcome, refused: list[str], lefts: list[Schema], spot: Spot
    ) -> None:
        unread = list(dict.fromkeys(refused))
        if unread == ["null"] and any(PERHAPS in flat for flat in lefts):
            self.undecided(out, spot, _PERHAPS_NULL)
            return
        what = "null" if unread == ["null"] else "type-changed"
        typed = (only(flat, kind) for kind in unread for flat in lefts)
        values = (v for flat in typed if flat for v in samples(self.left, flat)[:4])
        self.add(out, spot, what, detail=" or ".join(unread), values=values)

    def _unions(self, out: Outcome, lefts: list[Schema], spot: Spot) -> None:
        """What is asked of a union beyond its alternatives."""
        left, right = fold(self.left, spot.left), fold(self.right, spot.right)
        mine, theirs = left.get(DISCRIMINATOR), right.get(DISCRIMINATOR)
        if theirs is not None and mine is None and not spot.sketch:
            self.add(out, spot, "discriminator", Level.MAY_BREAK)
        why = quarrel(mine, theirs) if not any(flat.tags for flat in lefts) else ""
        if why:
            self.undecided(out, spot, why)
        if self.direction is Direction.RESPONSE or theirs is not None:
            return  # in answers the old consumer's `oneOf` is read as `anyOf`
        doubt = overlapping(self.left, left, lefts, self.right, right)
        doubt = doubt or ("old" if nested(self.right, right) else "")
        if not doubt or self._proofs.covered(spot.left, spot.right):
            return
        values = (v for flat in lefts for v in samples(self.left, flat))
        here = spot.left, spot.right, spot.text
        bad = (v for v in islice(values, _TRIED) if self._proofs.separates(*here, v))
        shown = tuple(islice(bad, 4))
        if shown:
            self._value(out, spot, "one-of", shown)
        elif doubt == "new":
            self.undecided(out, spot, "alternatives of its oneOf may overlap")

    def _same(self, left: Schema, right: Schema) -> bool:
        same = equal(left, right) and self._equal.issuperset(references(left))
        return same and not opaque(left)


def _place(schema: Schema, name: str) -> str:
    """The pointer of a field where it is declared, else of the schema."""
    declared = schema.get("properties", {}).get(name)
    return declared.pointer if isinstance(declared, Schema) else schema.pointer


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def _covers(flat: Schema, right: Schema) -> bool:
    """Whether `right` is the same component, and takes all that announces `flat`."""
    known = not right.tags or (flat.tags and set(flat.tags) <= set(right.tags))
    return right.name == flat.name and bool(known)
