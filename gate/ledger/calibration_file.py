"""The calibration of this gate on this machine, kept beside the ledger."""

import hashlib
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from gate.ledger.encoding import to_json
from gate.ledger.evidence_files import write_whole
from gate.model.calibration import Calibration
from gate.model.plan import LoadPlan

CALIBRATION: TypeAdapter[Calibration] = TypeAdapter(Calibration)
LOAD: TypeAdapter[LoadPlan] = TypeAdapter(LoadPlan)
FILE = "calibration.json"


def write_calibration(home: Path, calibration: Calibration) -> Path:
    """Keep a calibration in the gate's own folder, in the place of an older one."""
    path = home / FILE
    write_whole(path, to_json(CALIBRATION, calibration, indent=1))
    return path


def told_calibration(home: Path, plan: LoadPlan) -> str:
    """Return what a verdict says of the calibration; empty where there is none."""
    try:
        kept = CALIBRATION.validate_json((home / FILE).read_bytes())
    except FileNotFoundError:
        return ""
    except (OSError, ValidationError):
        return f"{FILE} cannot be read: run python -m gate calibrate again"
    other = "" if kept.load == load_digest(plan) else "; other load settings"
    return f"{kept.words}{other}"


def load_digest(plan: LoadPlan) -> str:
    """Return the SHA-256 of load settings; the seed of a run does not count."""
    return hashlib.sha256(to_json(LOAD, replace(plan, seed=0))).hexdigest()
