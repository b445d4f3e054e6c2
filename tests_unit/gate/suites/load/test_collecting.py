"""The load suite where nothing can be loaded; runs of Locust are tested elsewhere."""

from pathlib import Path

from gate.model.evidence import Completion
from gate.model.plan import LoadPlan, Plans
from gate.suites.load.collecting import collect_load
from gate.suites.run_folder import RunFolder
from tests_unit.gate.fakes.good_run import subject


def test_a_missing_locust_file_is_said_at_once(tmp_path: Path) -> None:
    """No process is started for it, and nothing passes."""
    folder = RunFolder(tmp_path / "run")
    folder.prepare(subject(), Plans())
    evidence = collect_load(subject(), LoadPlan(file="no/such.py"), tmp_path, folder)
    assert evidence.run.completion is Completion.COMPLETE
    assert "there is no no/such.py" in evidence.trouble
    assert evidence.events == ()
    assert evidence.stopped == ""
    assert not (folder.scratch / "locust.log").exists()
