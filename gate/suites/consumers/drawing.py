"""The requests of old consumers, drawn by Schemathesis from production's document.

Examples and boundary values first, of every operation in turn; then random ones; then
sequences in which one answer feeds the next request. The same seed draws the same.
"""

import contextlib
import warnings
import zlib
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain, islice
from typing import Any, ClassVar

import hypothesis
from hypothesis import HealthCheck, Phase
from schemathesis import APIOperation, Case, Config, GenerationMode, openapi
from schemathesis.core.errors import SchemathesisError
from schemathesis.core.result import Ok
from schemathesis.generation.drivers import CoverageGenerator, ExamplesGenerator
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.hypothesis.reporting import ignore_hypothesis_output
from schemathesis.generation.overrides import Override
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput
from schemathesis.resources import record_delete_attempt, record_interaction
from schemathesis.schemas import BaseSchema

from gate.model.plan import ContractPlan
from gate.suites.consumers.arms import Unsendable
from gate.suites.consumers.budget import Spent
from gate.suites.consumers.exchange import (
    NOTHING_LINKED,
    Exchange,
    Links,
    as_request,
    from_request,
)
from gate.suites.consumers.grafting import crossed
from gate.suites.consumers.playing import SAFE, Play, accepted_by_both

POSITIVE = GenerationMode.POSITIVE
# Until when, as shares of all time; what follows the last belongs to confirming.
BOUNDARIES_UNTIL, RANDOM_UNTIL, CROSSED_UNTIL, SEQUENCES_UNTIL = 0.3, 0.5, 0.6, 0.7
# What a schema can do to a generator: nothing fits, no such format, bad patterns.
Undrawable = (
    SchemathesisError,
    hypothesis.errors.HypothesisException,
    ValueError,
    TypeError,
    LookupError,
    RecursionError,
    AttributeError,
)


def load(document: dict[str, Any], base: str, plan: ContractPlan) -> BaseSchema:
    """Return the document as Schemathesis reads it; raises SchemathesisError."""
    secured = bool(plan.headers or plan.hooks)
    settings = {
        "base-url": base,
        "seed": plan.seed,
        "generation": {
            "mode": "positive",
            "database": "none",
            # Invented credentials would only be refused.
            "with-security-parameters": not secured,
        },
    }
    schema: BaseSchema = openapi.from_dict(document, config=Config.from_dict(settings))
    return schema


class Drawing:
    """Draws from *schema* for *play*, without the operations that are *withheld*."""

    def __init__(
        self,
        schema: BaseSchema,
        withheld: Iterable[str],
        plan: ContractPlan,
        play: Play,
    ) -> None:
        left_out = frozenset(withheld)
        self._schema = schema.exclude(lambda it: it.operation.label in left_out)
        self._plan = plan
        self._play = play
        self._pool = self._schema.create_extra_data_source()
        # Whether each was accepted; not the answers, of which there may be gigabytes.
        self._drawn: dict[str, list[tuple[Case[Any], bool]]] = defaultdict(list)
        self.undrawn: dict[str, str] = {}

    def run(self) -> None:
        """Draw until everything is drawn or the budget is spent."""
        operations = self._operations()
        if not operations:
            return
        budget = self._play.budget
        # Half of all for what is needed, half of the rest for what is random.
        self._each(operations, budget.requests // 2, BOUNDARIES_UNTIL, self._boundaries)
        self._each(operations, budget.left // 2, RANDOM_UNTIL, self._random)
        self._each(operations, budget.left // 2, CROSSED_UNTIL, self._crossed)
        budget.allow(budget.left, SEQUENCES_UNTIL)
        with contextlib.suppress(Spent):
            self._sequences()

    def _operations(self) -> list[APIOperation[Any, Any, Any, Any]]:
        """The operations in which what one makes, the next may need."""
        found = []
        for result in self._schema.get_all_operations():
            if isinstance(result, Ok):
                found.append(result.ok())
            else:
                error = result.err()
                self.undrawn[f"{(error.method or '').upper()} {error.path}"] = str(
                    error
                )
        try:
            layers = self._schema.get_operation_layers(found)
        except Undrawable:
            return found
        ordered = [operation for layer in layers for operation in layer]
        return ordered if len(ordered) == len(found) else found

    def _each(
        self,
        operations: list[APIOperation[Any, Any, Any, Any]],
        requests: int,
        until: float,
        draw: Any,
    ) -> None:
        """Give every operation the same share of requests and of time."""
        share = max(1, requests // len(operations))
        for number, operation in enumerate(operations):
            self._play.budget.allow(share, until, among=len(operations) - number)
            met: list[Exchange] = []
            try:
                with contextlib.suppress(Spent), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    draw(operation, share, met)
            except Undrawable as error:
                words = " ".join(str(error).split()) or type(error).__name__
                self.undrawn[str(operation.label)] = words[:200]
            drawn = [(each.case, accepted_by_both(each)) for each in met]
            self._drawn[str(operation.label)] += drawn
            self._remember(met)

    def _meet(
        self,
        met: list[Exchange],
        case: Case[Any],
        linked: Links = NOTHING_LINKED,
        earlier: tuple[Exchange, ...] = (),
    ) -> bool:
        """Send one and note it; say whether it could be sent at all."""
        try:
            met.append(self._play.meet(case, linked, earlier))
        except Unsendable as error:
            self.undrawn.setdefault(str(case.operation.label), str(error))
            return False
        return True

    def _boundaries(
        self,
        operation: APIOperation[Any, Any, Any, Any],
        share: int,
        met: list[Exchange],
    ) -> None:
        feedback = FeedbackSources(extra_data_source=self._pool)
        examples = ExamplesGenerator(
            operation=operation,
            override=Override(),
            feedback=feedback,
            fill_missing=False,
        )
        boundaries = CoverageGenerator(
            operation=operation,
            generation_modes=[POSITIVE],
            generation_config=self._schema.config.generation_for(
                operation=operation, phase="coverage"
            ),
            auth_storage=None,
            override=Override(),
            feedback=feedback,
        )
        with ignore_hypothesis_output():
            for case in islice(chain(examples, boundaries), share):
                self._meet(met, case)

    def _random(
        self,
        operation: APIOperation[Any, Any, Any, Any],
        share: int,
        met: list[Exchange],
    ) -> None:
        strategy = operation.as_strategy(
            generation_mode=POSITIVE,
            feedback=FeedbackSources(extra_data_source=self._pool),
        )

        # Each operation has a seed of its own: another one more changes no other.
        @hypothesis.seed(self._plan.seed + zlib.crc32(operation.label.encode()))
        @_settings(min(self._plan.examples, share))
        @hypothesis.given(case=strategy)
        def drawn(case: Case[Any]) -> None:
            if not self._meet(met, case):
                hypothesis.reject()

        with ignore_hypothesis_output():
            drawn()

    def _crossed(
        self,
        operation: APIOperation[Any, Any, Any, Any],
        share: int,
        met: list[Exchange],
    ) -> None:
        """Put what was not accepted, part by part, into what was.

        Most random requests name something that does not exist, and show no more.
        """
        label = str(operation.label)
        base = next(iter(self._play.examples.get(label, ())), None)
        request = as_request(base.case) if base else None
        lost = [case for case, accepted in self._drawn[label] if not accepted]
        if base is None or request is None or 2 * len(lost) < len(self._drawn[label]):
            return
        if base.earlier and operation.method.upper() not in SAFE:
            return  # what was made for it has served
        others = [each for each in map(as_request, lost) if each]
        budget = min(share, self._plan.examples)
        for each in crossed(request, others):
            if len(met) >= budget:
                break
            if self._play.old.refuses_request(label, each) is False:
                case = from_request(base.case, each)
                self._meet(met, case, base.linked, base.earlier)

    def _sequences(self) -> None:
        try:
            machine = _machine(self._schema, self._play)
            if not machine.root_rules:
                return
            hypothesis.seed(self._plan.seed)(machine)
            machine.run(settings=_settings(self._plan.examples))
        except Undrawable as error:
            words = " ".join(str(error).split()) or type(error).__name__
            self.undrawn["sequences"] = words[:200]

    def _remember(self, met: Iterable[Exchange]) -> None:
        """Let later draws use what these answers named."""
        if self._pool is None:
            return
        for each in met:
            if each.candidate.response is not None:
                with contextlib.suppress(*Undrawable):
                    record_interaction(self._pool, each.case, each.candidate.response)
                    record_delete_attempt(self._pool, each.case, each.candidate.status)


def _settings(examples: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=max(1, examples),
        stateful_step_count=6,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )


def _machine(schema: BaseSchema, play: Play) -> Any:
    """Return the machine of sequences, whose steps go to both arms."""
    base: Any = schema.as_state_machine()

    class Sequence(base):  # type: ignore[misc]
        """Steps that go to both arms, each knowing those before it."""

        root_rules: ClassVar[frozenset[str]] = base.root_rules

        def __init__(self) -> None:
            super().__init__()
            self._steps: dict[str, Exchange] = {}

        def step(self, input: StepInput) -> StepOutput:
            """Send one step; where nothing answers, the sequence ends here."""
            transition = input.transition
            parent = self._steps.get(transition.parent_id) if transition else None
            earlier = (*parent.earlier, parent) if parent else ()
            linked = frozenset(input.applied_parameters) if parent else frozenset()
            try:
                exchange = play.meet(input.case, linked, earlier)
            except Unsendable:
                hypothesis.reject()
            self._steps[input.case.id] = exchange
            if exchange.candidate.response is None:
                hypothesis.reject()
            self.recorder.record_response(
                case_id=input.case.id, response=exchange.candidate.response
            )
            return StepOutput(exchange.candidate.response, input.case)

    return Sequence
