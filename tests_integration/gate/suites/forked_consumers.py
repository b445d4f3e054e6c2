"""Contract evidence from old consumers whose process is forked, and not started anew.

`test_contract.py` collects it as the gate does.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from gate.model.evidence import ContractEvidence
from gate.model.plan import ContractPlan
from gate.model.subject import Subject
from gate.suites import contract, old_consumers
from gate.suites.child_process import Ended
from gate.suites.consumers import child
from tests_integration.gate.forks import forked


def collect_contract(
    subject: Subject, plan: ContractPlan, folder: Path, root: Path | None = None
) -> ContractEvidence:
    """What `gate.suites.contract.collect_contract` returns, sooner."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(old_consumers, "run_child", _fork_child)
        return contract.collect_contract(subject, plan, folder, root)


def _fork_child(
    command: Sequence[str],
    *,
    folder: Path,
    output: Path,
    environment: Mapping[str, str],
    deadline: float,
) -> Ended:
    assert command[1:3] == ["-m", child.__name__]
    code = forked(
        child.main,
        command[3:],
        folder=folder,
        environment=environment,
        streams=(output, output),
        deadline=deadline,
    )
    return Ended(code, output)
