"""Whether every value that one side writes is a value the other side reads.

The writer is on the left: the old document for requests, the new one for answers.
It sends no property that it does not declare (closed-world reading); the reader on
the right is taken as written. Two references are compared once as a pair, however
often they are used.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gate.openapi.changes import Direction, Level
from gate.openapi.documents.document import Document
from gate.openapi.schemas.equality import equal, equal_components, raw_references
from gate.openapi.schemas.flats import kinds, only
from gate.openapi.schemas.folding import TooWide, alternatives
from gate.openapi.schemas.keywords import EXTENSIBLE, PERHAPS, UNLISTED
from gate.openapi.schemas.merging import is_false
from gate.openapi.schemas.notes import noted
from gate.openapi.schemas.objects import relate_arrays, relate_objects
from gate.openapi.schemas.payloads import embed
from gate.openapi.schemas.proofs import Proofs
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.references import opaque, outside, referenced, references
from gate.openapi.schemas.same_text import (
    lone_items,
    longer,
    read_as_item,
    read_as_text,
)
from gate.openapi.schemas.samples import samples
from gate.openapi.schemas.spot import Finding, Outcome, Pair, Spot
from gate.openapi.schemas.unions import relate_unions
from gate.openapi.schemas.values import Refusal, asked, contradictory, refusals
from gate.openapi.schemas.wording import doubted, noun, perhaps_null, say, shown

_MAX_TRIALS = 6000  # alternatives of the one side against those of the other
_SHALLOW = 5
_MAX_STEPS = 48
_MAX_RELATIONS = 20_000  # of schemas within two that are compared
_SKETCH = 4  # relations that one sketch counts for, since most are in vain
_MAX_PROOFS = 1000  # of one body or component
_IMPOSSIBLE = "the document describes an impossible value"


class Variance:
    """The comparison of two documents' schemas in one direction."""

    def __init__(self, old: Document, new: Document, direction: Direction) -> None:
        self.direction = direction
        request = direction is Direction.REQUEST
        writer, reader = (old, new) if request else (new, old)
        self.left = Reading(writer, direction, role="writer")
        self.right = Reading(reader, direction, role="reader")
        self.proofs = Proofs(self.left, self.right)
        self._outcomes: dict[Pair, Outcome] = {}
        self._same_dialect = old.is_3_0 == new.is_3_0
        self._equal = equal_components(old, new)
        self._spent = 0  # on the two schemas under comparison
        self._cuts = 0  # how often a schema met itself again
        self._sketches: dict[tuple[int | bool, ...], tuple[Any, Outcome]] = {}

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
        self._spent = 0
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
            self._spent = 0
            self.relate(outcome, Spot.root(left, right, pair[2], component))
        return self._outcomes[pair]

    def same(self, left: dict[str, Any], right: dict[str, Any]) -> bool:
        """Whether the words of both are the same, and mean the same on both sides."""
        same = equal(left, right) and self._equal.issuperset(references(left))
        return same and not opaque(left)

    def relate(self, out: Outcome, spot: Spot) -> None:
        """Add to `out` what keeps the left values of `spot` from being right ones."""
        if self.same(spot.left, spot.right):
            return
        self._spent += _SKETCH if spot.sketch else 1
        if self._spent > _MAX_RELATIONS:
            self.undecided(out, spot, "it is too intricate")
        elif spot.sketch:
            out.take(self._sketched(spot))
        else:
            self._relate(out, spot)

    def _sketched(self, spot: Spot) -> Outcome:
        """What a sketch gives, worked out once where it depends on nothing above."""
        parts = spot.left, spot.right, spot.left_root, spot.right_root
        key = *map(id, parts), spot.text, spot.partly
        if key in self._sketches:
            return self._sketches[key][1]
        found, cut = Outcome(), self._cuts
        self._relate(found, spot)
        if cut == self._cuts:
            self._sketches[key] = parts, found  # which keeps the ids taken
        return found

    def _relate(self, out: Outcome, spot: Spot) -> None:
        left, right = spot.left, spot.right
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
        theirs = outside(rights)
        if (mine := outside(lefts)) != theirs:
            unread = self.right.unread(theirs) or self.left.unread(mine)
            self.undecided(out, spot, unread)
            return
        if len(spot.steps) > _SHALLOW:
            # Schemas without end meet themselves again; what is wrong was said above.
            again = repr(left), repr(right)
            if again in spot.above:
                self._cuts += 1
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
            relate_unions(self, self.proofs, out, lefts, spot)

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
                proof = self.proofs.payload(spot, values)
            if proof is not None and missing:
                out.lacking[spot.steps] = proof
            if proof is None:
                if self.proofs.covered(spot.left_root, spot.right_root):
                    if self.proofs.vacuous(spot.left_root):
                        self._impossible(out, spot)
                    return
                level = Level.UNDECIDED
                sentence = doubted(self.direction, what, path, spot.component, detail)
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
        rights = [*rights, *(lone_items(self.right, rights) if spot.text else ())]
        for kind in kinds(flat):
            typed = only(flat, kind)
            if typed is None or (spot.text and read_as_text(self, typed, kind, rights)):
                continue
            fitting = [r for r in (only(r, kind) for r in rights) if r is not None]
            if fitting:
                self._one_of(out, typed, fitting, kind, spot)
            elif not (spot.text and read_as_item(self, typed, rights)):
                refused.append(kind)
        return refused

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
        if nearest.breaks and self.proofs.covered(left, spot.right):
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
        for refusal in refusals(*sides, kind, self.same, sketch=spot.sketch):
            self._refusal(out, spot, refusal)
        if not out.findings and contradictory(spot.left):
            self._impossible(out, spot)
        mine = spot.left.get("allOf", ())
        for branch in spot.right.get("allOf", ()):
            if any(self.same(each, branch) for each in mine):
                continue
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
        elif not self.proofs.covered(spot.left_root, spot.right_root):
            groups = refusal.group, "unreadable"
            unread = self.right.unread(asked(spot.right, *groups))
            unread = unread or self.left.unread(asked(spot.left, *groups))
            why = f"its {noun(refusal.group)} could not be compared"
            self.undecided(out, spot, unread or why)

    def _cases(self, spot: Spot) -> bool:
        """Whether the reader's `if` is met in both cases, looked at one by one."""
        left, right = spot.left, spot.right
        if "if" not in right or {"not", "unevaluatedItems"} & right.keys():
            return False
        otherwise = Schema({"not": right["if"]}, left.pointer)
        for condition, then in ((right["if"], "then"), (otherwise, "else")):
            if then in right:
                case = Schema({"allOf": [left, condition]}, left.pointer)
                trial = Outcome()
                here = replace(spot.at(case, right[then]), sketch=True, partly=True)
                self.relate(trial, here)
                if trial.breaks and not self.proofs.covered(case, right[then]):
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
        detail = ", ".join(map(shown, listed))
        self.add(out, spot, group, level, detail=detail, values=examples)

    def _refused(
        self, out: Outcome, refused: list[str], lefts: list[Schema], spot: Spot
    ) -> None:
        unread = list(dict.fromkeys(refused))
        doubts = {flat[PERHAPS] for flat in lefts if PERHAPS in flat}
        if unread == ["null"] and doubts == {UNLISTED}:
            self.add(out, spot, "null-unlisted", Level.MAY_BREAK)
            return
        if unread == ["null"] and doubts:
            shown_at = embed(self.left, spot.left_root, spot.steps, None)
            self.undecided(out, spot, perhaps_null(self.direction, shown_at))
            return
        what = "null" if unread == ["null"] else "type-changed"
        typed = [only(flat, kind) for kind in unread for flat in lefts]
        if spot.text:
            arrays = [longer(f) for f in typed if f and f["type"] == "array"]
            typed = [*arrays, *typed]
        values = (v for flat in typed if flat for v in samples(self.left, flat)[:4])
        self.add(out, spot, what, detail=" or ".join(unread), values=values)


def _place(schema: Schema, name: str) -> str:
    """The pointer of a field where it is declared, else of the schema."""
    declared = schema.get("properties", {}).get(name)
    return declared.pointer if isinstance(declared, Schema) else schema.pointer


def _covers(flat: Schema, right: Schema) -> bool:
    """Whether `right` is the same component, and takes all that announces `flat`."""
    known = not right.tags or (flat.tags and set(flat.tags) <= set(right.tags))
    return right.name == flat.name and bool(known)
