"""Refused up front: what no run within its budget could ever answer."""

import math
from collections.abc import Iterator

from gate.model.load_questions import asked_of, questions_of, texts
from gate.model.plan import LoadPlan
from gate.model.questions import CPU, RELATIVE, SHARE, Question
from gate.stats.asked import Metric
from gate.stats.budget import Need, needs

LEAST_RELATIVE = 0.04
ALIKE = 0.013  # by how much two instances of the same code were seen to differ
HEROKU_SAMPLE = 20.0  # seconds between two samples of memory on Heroku
LEAST_SAMPLES = 8
HEROKU = "heroku"
MINUTE = 60.0


def unaffordable(plan: LoadPlan, platform: str) -> Iterator[str]:
    """Yield what is wrong with a plan that its budget cannot meet, a line for each.

    A line begins with the name of the setting, and says what would be needed.
    """
    if plan.deadline <= plan.longest:
        yield (
            f"deadline: {plan.deadline:g} s cut a load of {plan.longest:g} s off: set it to "
            f"{plan.longest + MINUTE:g} or more, or lower longest"
        )
    if plan.workers > plan.users:
        yield (
            f"workers: {plan.workers} cannot share {plan.users} "
            f"user{'' if plan.users == 1 else 's'}: set users to {plan.workers} or more, "
            f"or workers to {plan.users} or fewer"
        )
    asked = questions_of(plan)
    if not asked:
        yield (
            "nothing is asked of a load run: ask one question at least, such as errors = "
            f'"{SHARE.example}"'
        )
    written = dict(texts(plan))
    for metric, each in asked.items():
        said = _too_fine(each) or _never_told(metric, each, plan, platform)
        if said:
            yield f'{metric}: "{written[metric]}" {said}'
    for need in needs(asked_of(plan, paired=True)):
        said = _too_dear(need, plan)
        if said:
            yield f'{need.metric}: "{written[need.metric]}" {said}'


def _too_fine(each: Question) -> str:
    if each.form not in (RELATIVE, CPU) or each.value >= LEAST_RELATIVE:
        return ""
    return (
        "is finer than can be told: two instances of the same code differ by up to "
        f"{100 * ALIKE:g} %; ask for +{LEAST_RELATIVE:.0%} or more"
    )


def _never_told(metric: Metric, each: Question, plan: LoadPlan, platform: str) -> str:
    if platform != HEROKU or each.where_told:
        return ""
    if metric is Metric.CPU:
        return 'is never told by Heroku: add ", where told", or say "not asked"'
    least = LEAST_SAMPLES * HEROKU_SAMPLE
    if metric is Metric.MEMORY and plan.longest < least:
        return (
            f"needs {LEAST_SAMPLES} samples, which Heroku tells every "
            f"{HEROKU_SAMPLE:g} s: set longest to {least:g} or more (it is "
            f'{plan.longest:g} s), add ", where told", or say "not asked"'
        )
    return ""


def _too_dear(need: Need, plan: LoadPlan) -> str:
    at = f"at {100 * (1 - plan.false_passes):.6g} %"
    requests = 2 * need.flows
    seconds = math.ceil(need.seconds - 1e-9)
    if need.seconds > plan.longest:
        return (
            f"needs {seconds:,} s of load {at}: set longest to {seconds} or more (it "
            f"is {plan.longest:g} s), or exclude less"
        )
    if requests > plan.most_requests:
        return (
            f"needs {need.flows:,} flows on each app, {requests:,} requests, {at}: set "
            f"most_requests to {requests} or more (it is {plan.most_requests:,}), or "
            "exclude less"
        )
    if plan.arrivals and need.flows > plan.arrivals * plan.longest:
        return (
            f"needs {need.flows:,} flows {at}, and {plan.arrivals:g} a second start "
            f"for {plan.longest:g} s: raise arrivals or longest, or exclude less"
        )
    return ""
