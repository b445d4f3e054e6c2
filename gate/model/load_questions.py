"""The questions of a load plan, put in numbers for the statistics."""

from gate.model.evidence import LoadEvidence
from gate.model.plan import LoadPlan
from gate.model.questions import (
    CRASHES,
    FORMS,
    LIMIT,
    QUOTA,
    SHARE,
    Form,
    Question,
    question,
)
from gate.stats.asked import Asked, Metric

LEAST_LOADED = 50  # flows under load, before a run of several users passes
ABSOLUTE = (SHARE, LIMIT, CRASHES)


def asked_of(
    plan: LoadPlan,
    *,
    paired: bool,
    history: tuple[int, int] | None = None,
    first: bool = False,
) -> Asked:
    """Return what a load run is asked; an unpaired one keeps its relative questions.

    They stay open then: nothing can answer them. *first*: there is no release to
    compare with, so that they are not even asked. A *history* that cannot be is none.
    """
    questions = questions_of(plan)
    beside = {} if first else questions
    memory = beside.get(Metric.MEMORY)
    return Asked(
        errors=_value(questions.get(Metric.ERRORS)),
        p50=_unless(beside.get(Metric.P50), LIMIT),
        p95=_unless(beside.get(Metric.P95), LIMIT),
        p50_limit=_only(questions.get(Metric.P50), LIMIT),
        p95_limit=_only(questions.get(Metric.P95), LIMIT),
        cpu=_value(beside.get(Metric.CPU)),
        memory=_unless(memory, QUOTA),
        memory_hours=_only(memory, QUOTA),
        rate=plan.rate,
        crashes=_value(questions.get(Metric.CRASHES)),
        where_told=frozenset(m for m, each in questions.items() if each.where_told),
        false_alarms=plan.false_alarms,
        false_passes=plan.false_passes,
        users=plan.users,
        loaded=LEAST_LOADED if plan.users > 1 else 0,
        workers=plan.workers,
        paired=paired and not first,
        first=first,
        history=history if history and 0 <= history[0] <= history[1] else None,
    )


def asked_in(load: LoadEvidence, plan: LoadPlan) -> Asked:
    """Return what one run was asked, with what it had at hand."""
    return asked_of(plan, paired=load.paired, history=load.history, first=load.first)


def questions_of(plan: LoadPlan) -> dict[Metric, Question]:
    """Return the questions that are asked, by metric."""
    stated = {metric: question(text, *forms_of(metric)) for metric, text in texts(plan)}
    return {metric: each for metric, each in stated.items() if each is not None}


def texts(plan: LoadPlan) -> tuple[tuple[Metric, str], ...]:
    """Return the questions as they are written, in the order in which they are told."""
    return (
        (Metric.ERRORS, plan.errors),
        (Metric.P50, plan.latency.p50),
        (Metric.P95, plan.latency.p95),
        (Metric.CPU, plan.cpu),
        (Metric.MEMORY, plan.memory),
        (Metric.CRASHES, plan.crashes),
    )


def forms_of(metric: Metric) -> tuple[Form, ...]:
    """Return the forms in which a metric may be asked."""
    return FORMS[metric.value.rpartition(".")[2]]


def is_relative(each: Question) -> bool:
    """Whether only a baseline beside the candidate can answer it."""
    return each.form not in ABSOLUTE


def _value(each: Question | None) -> float | None:
    return each.value if each else None


def _only(each: Question | None, form: Form) -> float | None:
    return each.value if each and each.form is form else None


def _unless(each: Question | None, form: Form) -> float | None:
    return each.value if each and each.form is not form else None
