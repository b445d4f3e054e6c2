"""Calibration: one release against itself, again and again, judged like any other.

What speaks against it then is a false alarm; how far the numbers stray is the noise of
this machine; what the runs exclude is what a verdict here can promise.
"""

import os
import platform as machine
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from gate.actions.twin import twin
from gate.errors import GateError, PlatformUnavailable
from gate.examining import Examination
from gate.gatekeeper import Gatekeeper
from gate.judges import judge_category
from gate.judges.calibrating import Trial, calibrated
from gate.ledger.calibration_file import keep_calibration, load_digest
from gate.ledger.chronicle import Chronicle, now, opened
from gate.model.calibration import Calibration, Machine
from gate.model.ending import Ending
from gate.model.evidence import Category, EvidenceBundle
from gate.model.subject import Subject
from gate.suites.collecting import Suites
from gate.suites.run_folder import RunFolder

ASKED = (Category.LOAD,)


def calibrate(
    keeper: Gatekeeper[Examination], runs: int, tell: Callable[[Trial], None]
) -> tuple[Calibration, Calibration]:
    """Judge staging's release against itself so often; return the result and what is kept.

    They differ where an earlier calibration of the same rests on more runs. *tell* is
    called after each run. An interrupt ends it early; what was measured by then counts,
    and its `runs` are fewer than its `asked_runs`. Raises UsageProblem when there is
    nothing to measure, PlatformUnavailable when it cannot be brought up.
    """
    trials: list[Trial] = []
    with opened(keeper.ledger, "calibrate", keeper.premises, "") as run:
        with twin(keeper.acting(run)) as subject:
            try:
                for trial in _trials(keeper, run, subject, runs):
                    trials.append(trial)
                    tell(trial)
            except KeyboardInterrupt:
                if not trials:
                    raise
            except GateError:
                if trials:
                    _kept(keeper, subject, trials, runs)
                raise
            found, kept = _kept(keeper, subject, trials, runs)
        run.close(Ending(run.run, found.exit_code, found.words))
        return found, kept


def _trials(
    keeper: Gatekeeper[Examination], run: Chronicle, subject: Subject, runs: int
) -> Iterator[Trial]:
    """Yield one run after the other, each with choices of its own."""
    checkout = keeper.home / "checkouts" / run.run
    history = keeper.examiner.history(subject)
    with keeper.repository.checkout(subject.commit, checkout) as files:
        for number in range(runs):
            plan = replace(keeper.plans.load, seed=keeper.plans.load.seed + number)
            plans = replace(keeper.plans, load=plan)
            folder = RunFolder(keeper.examiner.folder(run).path / f"{number + 1:03d}")
            folder.prepare(subject, plans, history)
            suites = Suites(keeper.platform, plans, folder, files)
            bundle = EvidenceBundle.of(suites.collect(subject, ASKED))
            judgement = judge_category(
                Category.LOAD,
                bundle,
                keeper.examiner.policy.limits,
                subject.candidate_url,
            )
            if bundle.load is None:
                raise PlatformUnavailable(
                    f"{subject.candidate.name} could not be loaded",
                    why=bundle.barrier.seen if bundle.barrier else "",
                    advice="see that it serves: python -m gate check",
                )
            yield Trial.of(bundle.load, judgement, plan)


def _kept(
    keeper: Gatekeeper[Examination],
    subject: Subject,
    trials: Sequence[Trial],
    runs: int,
) -> tuple[Calibration, Calibration]:
    """Return what the trials show, and what is kept from now on."""
    slug = subject.candidate.slug
    found = calibrated(
        trials,
        keeper.plans.load,
        machine=Machine(os.cpu_count() or 1, f"{machine.system()} {machine.machine()}"),
        named={
            "at": now(),
            "release": subject.candidate.name,
            "slug": slug.id if slug else "",
            "load": load_digest(keeper.plans.load),
        },
        asked_runs=runs,
    )
    return found, keep_calibration(keeper.home, found)
