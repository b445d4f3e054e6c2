"""A gate in a process of its own that promotes when it is told, and says how it ended.

    python -m tests_integration.gate.ledger.gate_process FOLDER

Reads a commit to promote from each line of stdin. Says ``examining`` once it examines
the candidate, and goes on after one more line; then ``ended`` and the exit code. All is
real but the examiner: the promotion is what matters here.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gate.errors import GateError
from gate.gatekeeper import Gatekeeper
from gate.house import House
from gate.ledger.chronicle import Chronicle, now
from gate.ledger.records import VerdictReached
from gate.model.evidence import BarrierEvidence, Category
from gate.model.release import Release
from gate.model.rollback import RollbackEvidence
from gate.model.subject import Subject
from gate.model.verdict import Action, Judgement, Result, Verdict
from gate.model.watch_evidence import Traffic, Watched
from gate.wiring import TOKEN_VARIABLE, gatekeeper
from tests_unit.gate.fakes.quiet import Quiet


class Patient(Quiet):
    """A `gate.actions.acting.Examiner` that finds all well, when it is told to go on."""

    def serves(self, release: Release) -> BarrierEvidence:
        return BarrierEvidence(release.name, True, "platform only", "it serves")

    def examine(
        self,
        run: Chronicle,
        subject: Subject,
        asked: Sequence[Category],
        way_back: RollbackEvidence | None = None,
    ) -> Verdict:
        say("examining")
        sys.stdin.readline()
        verdict = Verdict(subject.candidate.name, Action.PROMOTE, (), ())
        run.append(VerdictReached(run.run, now(), verdict))
        return verdict

    def watch(
        self,
        run: Chronicle,
        subject: Subject,
        release: Release,
        before: Traffic | None,
    ) -> Watched:
        return Watched(Judgement(Category.HEALTH, Result.PASSED, "all well"), 0.0, "")


def say(words: str) -> None:
    """Tell whoever started this process."""
    print(words, flush=True)


def main() -> None:
    """Promote each commit that is told."""
    house = House.around(Path(sys.argv[1]))
    token = os.environ[TOKEN_VARIABLE]
    say("ready")
    for line in iter(sys.stdin.readline, ""):
        os.environ[TOKEN_VARIABLE] = token  # it is taken out each time
        try:
            with gatekeeper(house, "promote") as real:
                keeper: Gatekeeper[Any] = real
                ending = replace(keeper, examiner=Patient()).promote(line.strip())
            say(f"ended {int(ending.exit_code)} {ending.says}")
        except GateError as error:
            say(f"ended {int(error.exit_code)} {error}")


if __name__ == "__main__":
    main()
