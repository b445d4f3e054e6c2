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


def keep_calibration(home: Path, found: Calibration) -> Calibration:
    """Keep what was found in the gate's own folder; return what is kept there now.

    That is the one kept before where it is of the same release, settings and machine
    and rests on more runs.
    """
    try:
        before = _kept(home)
    except (OSError, ValidationError):
        before = None
    if before is not None and before.runs > found.runs and _like(before, found):
        return before
    write_whole(home / FILE, to_json(CALIBRATION, found, indent=1))
    return found


def told_calibration(home: Path, plan: LoadPlan) -> str:
    """Return what a verdict says of the calibration; empty where there is none."""
    try:
        kept = _kept(home)
    except (OSError, ValidationError):
        return f"{FILE} cannot be read: run python -m gate calibrate again"
    if kept is None:
        return ""
    other = "" if kept.load == load_digest(plan) else "; other load settings"
    return f"{kept.words}{other}"


def _kept(home: Path) -> Calibration | None:
    try:
        return CALIBRATION.validate_json((home / FILE).read_bytes())
    except FileNotFoundError:
        return None


def _like(one: Calibration, other: Calibration) -> bool:
    """Whether both tell of the same thing."""
    return (one.slug, one.load, one.machine) == (other.slug, other.load, other.machine)


def load_digest(plan: LoadPlan) -> str:
    """Return the SHA-256 of load settings; the seed of a run does not count."""
    return hashlib.sha256(to_json(LOAD, replace(plan, seed=0))).hexdigest()
