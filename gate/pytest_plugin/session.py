"""A run that pytest itself opens: the candidate before the tests, the verdict after."""

import io
from contextlib import ExitStack
from pathlib import Path

from gate.errors import ExitCode
from gate.gatekeeper import Gatekeeper
from gate.ledger.chronicle import Chronicle, opened
from gate.ledger.store import Listener
from gate.model.ending import Ending
from gate.model.evidence import Category, IntegrationEvidence
from gate.model.subject import Subject
from gate.model.verdict import Result, Verdict
from gate.reports.terminal import show_ending
from gate.suites.barrier import await_release
from gate.suites.collecting import Listening, listening
from gate.suites.control import with_control
from gate.suites.run_folder import RunFolder
from gate.wiring import House, gatekeeper


class Session:
    """What `gate check` does around its suites, done around pytest's tests."""

    def __init__(self, root: Path, listeners: tuple[Listener, ...]) -> None:
        self.root = root
        self._stack = ExitStack()
        with ExitStack() as opening:
            house = House.around(root)
            self.keeper: Gatekeeper = opening.enter_context(
                gatekeeper(house, "pytest -m gate", listeners=listeners)
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
            self.folder: RunFolder = self.keeper.folder(self.run)
            self.folder.write(
                await_release(
                    self.keeper.platform,
                    self.subject.candidate,
                    self.subject.candidate_url,
                    self.keeper.plans.health,
                )
            )
            self._logs: Listening = opening.enter_context(
                listening(self.keeper.platform, self.subject)
            )
            self._stack = opening.pop_all()

    def conclude(self) -> Verdict:
        """Judge all evidence of the run."""
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
        return self.keeper.conclude(self.run, self.subject, self.folder.all())

    def end(self, verdict: Verdict) -> str:
        """Record how it ended; return the table and what would follow."""
        code = ExitCode.PASSED if not verdict.because else ExitCode.BLOCKED
        if verdict.because and not verdict.regression:
            code = ExitCode.INSUFFICIENT
        ending = Ending(
            run=self.run.run,
            exit_code=code,
            says=f"the answer to {verdict.release} is: {verdict.action.words}",
            evidence=str(self.folder.evidence),
            verdict=verdict,
        )
        text = io.StringIO()
        show_ending(self.run.close(ending), text)
        return text.getvalue()

    def close(self) -> None:
        """Let go of the logs, the ledger and the lease."""
        self._stack.close()


def speaks_against(verdict: Verdict, categories: set[Category]) -> bool:
    """Whether any of these categories did not pass."""
    return any(
        row.result is not Result.PASSED
        for row in verdict.rows
        if row.category in categories
    )
