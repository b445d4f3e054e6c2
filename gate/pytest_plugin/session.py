"""A run that pytest itself opens: the candidate before the tests, the verdict after."""

import io
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from gate.examining import Examination
from gate.gatekeeper import Gatekeeper
from gate.house import House
from gate.ledger.chronicle import Chronicle, opened
from gate.model.ending import Ending
from gate.model.evidence import Category, IntegrationEvidence
from gate.model.subject import Subject
from gate.model.verdict import Action, Verdict
from gate.reports.terminal import Progress, show_ending
from gate.suites.collecting import Listening, listening
from gate.suites.control import with_control
from gate.suites.run_folder import RunFolder
from gate.wiring import gatekeeper


class Session:
    """What `gate check` does around its suites, done around pytest's tests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.summary = ""
        self._stack = ExitStack()
        with ExitStack() as opening:
            house = House.around(root)
            self.keeper: Gatekeeper[Examination] = opening.enter_context(
                gatekeeper(house, "pytest -m gate", listeners=(Progress(),))
            )
            # Another platform's staging is judged as it is; ours gets the commit.
            local = house.settings.is_local
            commit = house.committed(dirty=True) if local else None
            self.run: Chronicle = opening.enter_context(
                opened(
                    self.keeper.ledger, "pytest -m gate", house.premises, commit or ""
                )
            )
            self.subject: Subject = self.keeper.prepare(self.run, commit)
            self.folder: RunFolder = self.keeper.examiner.folder(self.run)
            acting = self.keeper.acting(self.run)
            self.folder.write(acting.await_serving(self.subject.candidate))
            self._logs: Listening = opening.enter_context(
                listening(self.keeper.platform, self.subject, self.folder)
            )
            self._stack = opening.pop_all()

    def conclude(self, asked: Sequence[Category]) -> bool:
        """Judge what was *asked*, with evidence or not; return whether all passed."""
        integration = self.folder.find(Category.INTEGRATION.value)
        if isinstance(integration, IntegrationEvidence):
            self.folder.write(
                with_control(
                    integration,
                    self.subject,
                    self.keeper.plans,
                    folder=self.folder,
                    checkout=self.root,
                )
            )
        self.folder.write(self._logs.told())
        seen = tuple(self.folder.all())
        for item in seen:
            self.keeper.examiner.record(self.run, item)
        verdict = self.keeper.examiner.conclude(self.run, self.subject, seen, asked)
        self.summary = self._end(verdict)
        return verdict.action is Action.PROMOTE

    def _end(self, verdict: Verdict) -> str:
        """Record how it ended; return the table and what would follow."""
        ending = Ending(
            run=self.run.run,
            exit_code=verdict.exit_code,
            says=f"the answer to {verdict.release} is: {verdict.words}",
            evidence=str(self.folder.evidence),
            verdict=verdict,
        )
        text = io.StringIO()
        show_ending(self.run.close(ending), text)
        return text.getvalue()

    def close(self) -> None:
        """Let go of the logs, the ledger and the lease."""
        self._stack.close()
