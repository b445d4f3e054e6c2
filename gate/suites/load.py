"""Load: a short Locust run, the same task on candidate and baseline back to back."""

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.model.evidence import ArmTotals, CaseRun, Completion, LoadEvidence
from gate.model.plan import LoadPlan
from gate.model.subject import Subject
from gate.stats.quantiles import quantile
from gate.stats.samples import BASELINE, CANDIDATE, Sample, errors_of, pairs_of
from gate.suites.child_process import run_child
from gate.suites.environment import child_environment

DRIVER = Path(__file__).with_name("paired_locustfile.py")
SEED = 20_261
START_UP = 20.0
MOST_ERROR_KINDS = 10


def collect_load(
    subject: Subject, plan: LoadPlan, root: Path, folder: Path
) -> LoadEvidence:
    """Run *plan.file* of the checkout *root*; scratch files go to *folder*."""
    samples = folder / "load-samples.jsonl"
    began = time.time()
    if not (root / plan.file).is_file():
        said = f"there is no {plan.file}: name yours in [tool.gate.load] file"
        nothing = ArmTotals(0, 0, 0)
        complete = CaseRun(Completion.COMPLETE)
        return LoadEvidence(complete, nothing, None, (), began, began, trouble=said)
    ended = run_child(
        [
            sys.executable,
            "-m",
            "locust",
            "--locustfile",
            str(DRIVER),
            "--headless",
            "--only-summary",
            "--exit-code-on-error=0",
            "--stop-timeout=5",
        ],
        folder=root,
        output=folder / "locust.log",
        environment=child_environment(_settings(subject, plan, root, samples)),
        deadline=min(plan.deadline, plan.serial + plan.concurrent + START_UP),
    )
    trouble = ""
    if ended.exit_code is None:
        trouble = "Locust did not end in time"
    elif ended.exit_code != 0:
        trouble = f"Locust ended with exit code {ended.exit_code}: {ended.tail(3)}"
    told = read_samples(samples)
    return LoadEvidence(
        run=CaseRun(Completion.COMPLETE),
        candidate=told.totals(CANDIDATE),
        baseline=told.totals(BASELINE) if subject.control_url else None,
        pairs=tuple(pairs_of(told.samples, "serial")),
        began=began,
        ended=time.time(),
        trouble=trouble or told.trouble,
    )


def _settings(
    subject: Subject, plan: LoadPlan, root: Path, samples: Path
) -> Mapping[str, str]:
    return {
        "GATE_LOAD_FILE": str(root / plan.file),
        "GATE_LOAD_CANDIDATE": subject.candidate_url,
        "GATE_LOAD_BASELINE": subject.control_url,
        "GATE_LOAD_SAMPLES": str(samples),
        "GATE_LOAD_SERIAL_SECONDS": f"{plan.serial:g}",
        "GATE_LOAD_CONCURRENT_SECONDS": f"{plan.concurrent:g}",
        "GATE_LOAD_USERS": str(plan.users),
        "GATE_LOAD_SEED": str(SEED),
        "GATE_LOAD_MAX_REQUESTS": str(plan.most_requests),
    }


@dataclass(frozen=True, slots=True)
class Told:
    """What a samples file tells; *trouble* says why it cannot be trusted."""

    samples: tuple[Sample, ...]
    errors: Mapping[str, Counter[str]]
    trouble: str

    def totals(self, arm: str) -> ArmTotals:
        """Return the totals of one arm."""
        mine = [s for s in self.samples if s.arm == arm and s.name != "TASK"]
        served = [sample.ms for sample in mine if not sample.failed]
        failed, flows = errors_of(self.samples, arm)
        kinds = self.errors.get(arm, Counter()).most_common(MOST_ERROR_KINDS)
        return ArmTotals(
            requests=len(mine),
            flows=flows,
            failed=failed,
            errors=dict(kinds),
            median=round(quantile(served, 0.5), 2) if served else 0.0,
            p95=round(quantile(served, 0.95), 2) if served else 0.0,
        )


def read_samples(path: Path) -> Told:
    """Return what a samples file tells, also when it was cut short."""
    samples: list[Sample] = []
    errors: dict[str, Counter[str]] = {}
    reason = ""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return Told((), {}, "Locust wrote no samples")
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if row.get("end"):
            reason = str(row["reason"])
        elif "arm" in row:
            samples.append(_sample(row))
            if row["error"]:
                kind = f"{row['method']} {row['name']}: {row['error']}"
                errors.setdefault(row["arm"], Counter())[kind] += 1
    if not reason:
        return Told(tuple(samples), errors, "the load run was cut short")
    trouble = "" if reason in {"time", "max_requests"} else f"it ended: {reason}"
    return Told(tuple(samples), errors, trouble)


def _sample(row: Mapping[str, Any]) -> Sample:
    return Sample(
        arm=row["arm"],
        pair=row["pair"],
        k=row["k"],
        phase=row["phase"],
        name=row["name"] if row["method"] != "TASK" else "TASK",
        ms=row["ms"],
        failed=bool(row["error"]),
    )
