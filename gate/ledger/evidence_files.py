"""Evidence as files: written whole or not at all, and named by digest."""

import hashlib
import os
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from gate.errors import StateDamaged
from gate.ledger.encoding import to_json
from gate.model.evidence import Evidence
from gate.model.policy import Policy
from gate.model.subject import Subject
from gate.model.watch_evidence import WatchEvidence

EVIDENCE: TypeAdapter[Evidence] = TypeAdapter(
    Annotated[Evidence, Field(discriminator="kind")],
    config=ConfigDict(defer_build=True),
)
SUBJECT: TypeAdapter[Subject] = TypeAdapter(Subject)
WATCH: TypeAdapter[WatchEvidence] = TypeAdapter(WatchEvidence)
POLICY: TypeAdapter[Policy] = TypeAdapter(Policy)
POLICY_FILE = "policy.json"


class NotAsRecorded(Exception):
    """A file is not the one whose digest the ledger holds."""


def recorded(path: Path, digest: str) -> bytes:
    """Return what a file holds, read once: what is checked is what is used.

    Raises NotAsRecorded where its SHA-256 is not *digest*, OSError where it cannot be
    read.
    """
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise NotAsRecorded(f"its SHA-256 is {found[:16]}…, recorded is {digest[:16]}…")
    return content


def write_evidence(folder: Path, evidence: Evidence) -> tuple[Path, str]:
    """Write one piece of evidence as ``<kind>.json``; return its path and SHA-256."""
    path = folder / f"{evidence.kind}.json"
    return path, write_whole(path, to_json(EVIDENCE, evidence, indent=1))


def read_evidence(path: Path) -> Evidence:
    """Return one piece of evidence; raises StateDamaged when it is not one."""
    try:
        return EVIDENCE.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise StateDamaged(
            f"the evidence {path} cannot be read", why=str(error).splitlines()[0]
        ) from error


def write_subject(path: Path, subject: Subject) -> None:
    """Write what a run is about, for the suites that run in child processes."""
    write_whole(path, to_json(SUBJECT, subject, indent=1))


def read_subject(path: Path) -> Subject:
    """Return what a run is about; raises StateDamaged when it cannot be read."""
    try:
        return SUBJECT.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise StateDamaged(
            f"the run's subject {path} cannot be read", why=str(error).splitlines()[0]
        ) from error


def write_watch(folder: Path, evidence: WatchEvidence) -> tuple[Path, str]:
    """Write what production showed; return its path and SHA-256."""
    path = folder / "watch.json"
    return path, write_whole(path, to_json(WATCH, evidence, indent=1))


def write_policy(folder: Path, policy: Policy) -> str:
    """Write by what a verdict was reached, for a replay; return its SHA-256."""
    return write_whole(folder / POLICY_FILE, to_json(POLICY, policy, indent=1))


def write_whole(path: Path, content: bytes) -> str:
    """Replace a file in one step and return the content's SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return hashlib.sha256(content).hexdigest()
