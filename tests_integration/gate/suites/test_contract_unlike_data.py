"""Two databases are never alike: what only they differ in is no break, and hides none."""

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gate.judges.contract import judge_contract
from gate.model.evidence import ContractEvidence
from gate.model.plan import ContractPlan
from gate.model.verdict import Result
from tests_integration.gate.suites.forked_consumers import collect_contract
from tests_integration.gate.suites.shops import as_json, reply
from tests_unit.gate.fakes.good_run import subject
from tests_unit.gate.fakes.web import Reply, Request, serving

PLAN = ContractPlan(examples=4, requests=120, deadline=120.0)
WHOLE = {"type": "integer"}
NO = {"description": "no"}


def thing(**members: Any) -> dict[str, Any]:
    """An object with these members, all required."""
    return {"type": "object", "required": list(members), "properties": members}


def operation(answer: Any, status: str = "200", body: Any = None) -> dict[str, Any]:
    """An operation that takes *body* and answers so, or that it will not."""
    told = {"description": "yes", "content": as_json(answer)}
    taken = {"requestBody": {"required": True, "content": as_json(body)}}
    refusals = {"400": NO, "404": NO, "409": NO}
    return {**(taken if body else {}), "responses": {status: told, **refusals}}


PROJECT, TASK = thing(id=WHOLE), thing(id=WHOLE, project=WHOLE)
NEW_TASK = thing(
    project=WHOLE, priority={"type": "integer", "minimum": 1, "maximum": 9}
)
NEW_USER = thing(name={"type": "string", "minLength": 1, "maxLength": 40})
IN_PATH = {"name": "id", "in": "path", "required": True, "schema": WHOLE}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "tasks", "version": "1"},
    "paths": {
        "/projects": {
            "post": operation(PROJECT, "201", thing(title={"type": "string"}))
        },
        "/tasks": {"post": operation(TASK, "201", NEW_TASK)},
        "/users": {"post": operation(NEW_USER, "201", NEW_USER)},
        "/totals": {
            "get": operation({"type": "object", "additionalProperties": WHOLE})
        },
        "/rows": {"get": operation({"type": "array", "items": PROJECT})},
        "/rows/{id}": {
            "parameters": [IN_PATH],
            "delete": {"responses": {"204": NO, "404": NO}},
        },
    },
}


class Office:
    """Keeps projects, tasks and users; rows are there and never made."""

    def __init__(self, first: int = 1, taken: str = "", most: int = 9) -> None:
        self.next, self.most = first, most
        self.projects: set[int] = set()
        self.names = {"0", taken}
        self.rows = [1, 2]
        self.totals = {"all": 1, **({taken: 1} if taken else {})}
        self.as_text = False
        self.takes_users = True

    def __call__(self, request: Request) -> Reply:
        """Answer as the document says."""
        body = json.loads(request.body) if request.body else {}
        match request.method, *request.path.strip("/").split("/"):
            case "GET", "openapi.json":
                return reply(200, DOCUMENT)
            case "GET", "totals":
                return reply(200, self.totals)
            case "GET", "rows":
                rows = [str(each) if self.as_text else each for each in self.rows]
                return reply(200, [{"id": each} for each in rows])
            case "DELETE", "rows", id:
                there = id.isdigit() and int(id) in self.rows
                self.rows = [each for each in self.rows if str(each) != id]
                return Reply(204, b"") if there else reply(404, {})
            case "POST", "projects":
                self.next += 1
                self.projects.add(self.next)
                return reply(201, {"id": self.next})
            case "POST", "tasks":
                fine = body["project"] in self.projects | {0}
                fine = fine and body["priority"] <= self.most
                return reply(201, {"id": 1, **body}) if fine else reply(400, {})
            case _:
                return self._user(body["name"])

    def _user(self, name: str) -> Reply:
        if name in self.names or not self.takes_users:
            return reply(400, {"name": ["already exists"]})
        self.names.add(name)
        return reply(201, {"name": name})


def collected(tmp_path: Path, candidate: Office, baseline: Office) -> ContractEvidence:
    """What old consumers met on a candidate, beside a baseline."""
    with ExitStack() as stack:
        here = stack.enter_context(serving(candidate))
        there = stack.enter_context(serving(baseline))
        evidence = collect_contract(subject(here, control_url=there), PLAN, tmp_path)
    assert evidence.trouble == ""
    return evidence


@pytest.mark.parametrize("old_is_staging", [True, False])
def test_an_equal_release_passes_whatever_is_stored(
    tmp_path: Path, *, old_is_staging: bool
) -> None:
    """Other ids, a name that is taken, a map with other keys: none is the release's."""
    old, new = Office(1001, taken="a"), Office(1)
    pair = (old, new) if old_is_staging else (new, old)
    evidence = collected(tmp_path, *pair)
    assert judge_contract(evidence, serves=True).result is Result.PASSED
    taken = {each.operation: each.accepted for each in evidence.exercises}
    assert all(taken.values()), "tasks are made about projects that were made"


def test_a_refusal_is_shown_about_what_both_sides_have(tmp_path: Path) -> None:
    """A task of a project that exists, with a priority that is taken no more."""
    evidence = collected(tmp_path, Office(1001, most=5), Office(1))
    (found,) = [each for each in evidence.breaks if not each.on_baseline]
    assert (found.operation, found.replays) == ("POST /tasks", 2)
    assert json.loads(found.request.body or "")["priority"] > 5
    assert judge_contract(evidence, serves=True).result is Result.FAILED


def test_what_is_always_refused_is_found_though_names_are_unique(
    tmp_path: Path,
) -> None:
    """The baseline cannot take the same name twice; others it takes."""
    candidate = Office()
    candidate.takes_users = False
    evidence = collected(tmp_path, candidate, Office())
    (found,) = [each for each in evidence.breaks if not each.on_baseline]
    assert found.operation == "POST /users"
    assert found.baseline is not None
    assert (found.candidate.status, found.baseline.status) == (400, 201)


def test_what_is_deleted_later_was_seen_twice_before(tmp_path: Path) -> None:
    """Rows that no consumer can make again: their ids became texts."""
    candidate = Office()
    candidate.as_text = True
    evidence = collected(tmp_path, candidate, Office())
    (found,) = [each for each in evidence.breaks if not each.on_baseline]
    assert (found.operation, found.replays) == ("GET /rows", 2)
    assert candidate.rows == []


def test_replays_and_trials_have_a_bound_of_their_own(tmp_path: Path) -> None:
    """contract.requests bounds what is drawn; half as many more show it again."""
    asked: list[str] = []
    office = Office(most=1)

    def counting(request: Request) -> Reply:
        asked.append(request.path)
        return office(request)

    few = replace(PLAN, requests=30)
    with serving(counting) as here, serving(Office()) as there:
        about = subject(here, control_url=there)
        evidence = collect_contract(about, few, tmp_path)
    assert sum(each.sent for each in evidence.exercises) <= 30
    assert len(asked) <= 30 + 15 + 2, "and the document"
