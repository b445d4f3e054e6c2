"""Judgement: evidence in, findings out; pure, so that it can be replayed."""

from gate.judges.contract import judge_contract
from gate.judges.health import judge_health, judge_watch
from gate.judges.integration import judge_integration
from gate.judges.load import judge_load
from gate.judges.unit import judge_unit
from gate.model.evidence import SUITES, Category, EvidenceBundle
from gate.model.policy import Limits, Policy
from gate.model.subject import Subject
from gate.model.verdict import Judgement, Verdict

__all__ = ["judge", "judge_category", "judge_watch"]


def judge(subject: Subject, bundle: EvidenceBundle, policy: Policy) -> Verdict:
    """Return the verdict on *subject*; categories without evidence are judged too."""
    url = subject.candidate_url
    judgements = [judge_category(each, bundle, policy.limits, url) for each in SUITES]
    return policy.decide(subject.candidate.name, judgements)


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
            return judge_contract(bundle.contract, limits, serves=serves, url=url)
        case Category.INTEGRATION:
            return judge_integration(bundle.integration, serves=serves)
        case Category.LOAD:
            return judge_load(bundle.load, bundle.platform, limits, serves=serves)
        case Category.EVIDENCE:
            raise ValueError("evidence is judged within the other categories")
