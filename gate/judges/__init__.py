"""Judgement: evidence in, findings out; pure, so that it can be replayed."""

from collections.abc import Sequence

from gate.judges.health import judge_health
from gate.judges.integration import judge_integration
from gate.judges.load.judging import judge_load
from gate.judges.rollback import judge_rollback
from gate.judges.unit import judge_unit
from gate.judges.watch import judge_watch
from gate.model.evidence import SUITES, Category, EvidenceBundle
from gate.model.policy import Limits, Policy
from gate.model.subject import Subject
from gate.model.verdict import Judgement, Verdict

__all__ = ["judge", "judge_category", "judge_watch"]


def judge(
    subject: Subject,
    bundle: EvidenceBundle,
    policy: Policy,
    asked: Sequence[Category] = SUITES,
) -> Verdict:
    """Return the verdict on *subject* by all that is *asked*, with evidence or not."""
    url = subject.candidate_url
    judgements = [judge_category(each, bundle, policy.limits, url) for each in asked]
    return policy.decide(subject.candidate.name, judgements, asked)


def judge_category(
    category: Category, bundle: EvidenceBundle, limits: Limits, url: str = ""
) -> Judgement:
    """Return the judgement on one category; a judge is given what it may look at.

    *url* is the candidate's, for the command that shows a finding. Raises ValueError
    for the category evidence, which is judged within the others.
    """
    serves = bundle.barrier is None or bundle.barrier.serves
    match category:
        case Category.HEALTH:
            return judge_health(bundle.barrier, bundle.health, limits)
        case Category.UNIT:
            return judge_unit(bundle.unit, limits)
        case Category.CONTRACT:
            # Late, because it comes with all that reads documents; most judge none.
            from gate.judges.contract import judge_contract  # noqa: PLC0415

            return judge_contract(bundle.contract, limits, serves=serves, url=url)
        case Category.INTEGRATION:
            return judge_integration(bundle.integration, serves=serves)
        case Category.LOAD:
            return judge_load(bundle.load, bundle.platform, limits, serves=serves)
        case Category.ROLLBACK:
            return judge_rollback(bundle.rollback)
        case Category.EVIDENCE:
            raise ValueError("evidence is judged within the other categories")
