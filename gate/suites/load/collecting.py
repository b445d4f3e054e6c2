"""Load: the same tasks on candidate and baseline, until it is known which is worse.

Locust runs in a child process and writes what it sees; that is judged while it runs,
and it is stopped by the first answer.
"""

import hashlib
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gate.model.evidence import CaseRun, Completion, LoadEvidence
from gate.model.load_questions import asked_of
from gate.model.plan import LoadPlan
from gate.model.subject import Subject
from gate.stats.answer import Answer
from gate.stats.events import BASELINE, CANDIDATE, Arm
from gate.suites.child_process import Child, Ended, started
from gate.suites.environment import child_environment
from gate.suites.load.generator.settings import Settings
from gate.suites.load.running import LoadRun
from gate.suites.load.stream import STOPPED
from gate.suites.run_folder import RunFolder

LOOK = 0.05
START_UP = 30.0
FINISH = 10.0
"""Seconds between a request to stop and the end; flows under way may take five."""
COMPLETE = CaseRun(Completion.COMPLETE)
ANSWERED = {Answer.WORSE: "worse", Answer.NOT_WORSE: "not worse"}


def collect_load(
    subject: Subject, plan: LoadPlan, root: Path, folder: RunFolder
) -> LoadEvidence:
    """Run *plan.file* of the checkout *root* against what serves the subject's apps."""
    evidence = LoadEvidence(
        run=COMPLETE,
        began=time.time(),
        paired=bool(subject.control_url),
        first=subject.baseline is None,
        history=folder.history(),
        calibration=folder.calibration(),
        again=f"python -m gate load --seed {plan.seed}",
    )
    if not (root / plan.file).is_file():
        said = f"there is no {plan.file}: name yours in [tool.gate.load] file"
        return replace(evidence, ended=evidence.began, trouble=said)
    scenario = hashlib.sha256((root / plan.file).read_bytes()).hexdigest()
    evidence = replace(evidence, scenario=scenario)
    stream = folder.scratch / "load-stream.jsonl"
    stream.unlink(missing_ok=True)
    asked = asked_of(
        plan, paired=evidence.paired, history=evidence.history, first=evidence.first
    )
    run = LoadRun(asked, stream, {arm: folder.log(arm) for arm in _arms(subject)})
    settings = _settings(subject, plan, root, stream)
    with started(
        settings.command(),
        folder=root,
        output=folder.scratch / "locust.log",
        environment=child_environment(settings.environ()),
    ) as child:
        trouble = _follow(child, run, plan)
    return _told(evidence, run, trouble.replace(f"{root}/", ""))


def _told(evidence: LoadEvidence, run: LoadRun, trouble: str) -> LoadEvidence:
    """Return *evidence* with all that the run has told."""
    told = run.told
    return replace(
        evidence,
        events=tuple(run.events),
        began=told.began or evidence.began,
        ended=time.time(),
        generator=told.generator,
        errors=told.errors(CANDIDATE),
        baseline_errors=told.errors(BASELINE),
        error_ids=told.error_ids,
        slowest=told.slowest,
        stopped=ANSWERED.get(run.answer, "" if trouble else told.reason),
        trouble=trouble,
    )


def _follow(child: Child, run: LoadRun, plan: LoadPlan) -> str:
    """Look until the child has ended; stop it once there is an answer.

    Returns why what was seen cannot be trusted; empty: it can.
    """
    began = time.monotonic()
    stopped = None
    alone = True
    trouble = ""
    while True:
        ended = child.wait(LOOK)
        run.look(last=ended.exit_code is not None)
        now = time.monotonic()
        if ended.exit_code is not None:
            return trouble or _trouble(run, ended, told=stopped is not None)
        if stopped is not None:
            if now - stopped > FINISH:
                run.look(last=True)
                return trouble or f"Locust did not end within {FINISH:g} s of its stop"
            continue
        known = run.answer is not Answer.UNDECIDED
        trouble = "" if known else run.dead or _overdue(run, plan, now - began)
        if known or trouble:
            child.send(signal.SIGTERM)
            stopped = now
        elif alone and run.latency_known:
            child.send(signal.SIGUSR1)
            alone = False


def _overdue(run: LoadRun, plan: LoadPlan, waited: float) -> str:
    if run.told.began is None:
        most = plan.deadline - FINISH if plan.await_workers else START_UP
        return f"Locust did not begin within {most:g} s" if waited > most else ""
    beyond = run.now > plan.longest + FINISH
    return f"Locust went on beyond the {plan.longest:g} s it had" if beyond else ""


def _trouble(run: LoadRun, ended: Ended, *, told: bool) -> str:
    """Say what is wrong with how the child ended; *told*: it was told to."""
    reason = run.told.reason
    if reason == STOPPED and not told:
        return "the load run was stopped by somebody else"
    if reason and run.told.trouble:
        return run.told.trouble
    if ended.exit_code != 0:
        return f"Locust ended with exit code {ended.exit_code}: {ended.tail(3)}"
    return run.told.trouble


def _arms(subject: Subject) -> Sequence[Arm]:
    return (CANDIDATE, BASELINE) if subject.control_app else (CANDIDATE,)


def _settings(subject: Subject, plan: LoadPlan, root: Path, stream: Path) -> Settings:
    arms = {CANDIDATE: subject.candidate_url, BASELINE: subject.control_url}
    return Settings(
        file=root / plan.file,
        arms={arm: url for arm, url in arms.items() if url},
        stream=stream,
        serial=min(plan.serial, plan.longest / 2),
        longest=plan.longest,
        users=plan.users,
        seed=plan.seed,
        most_requests=plan.most_requests,
        arrivals=plan.arrivals,
        workers=plan.workers,
        await_workers=plan.await_workers,
        listen=plan.listen,
    )
