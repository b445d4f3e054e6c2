"""``gate explain FINDING``: what proves it, and a test of it that really tells."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from gate.cli import gate as command
from gate.errors import ExitCode, UsageProblem
from gate.judges import judge
from gate.ledger.chronicle import now
from gate.ledger.records import CandidateBound, RunClosed, RunOpened, VerdictReached
from gate.ledger.store import Ledger
from gate.model.evidence import (
    CaseRun,
    Completion,
    ContractEvidence,
    Exercise,
    LiveBreak,
)
from gate.model.exchange import WireAnswer, WireRequest
from gate.model.plan import Plans
from gate.model.subject import Subject
from gate.model.verdict import Finding
from gate.suites.run_folder import RunFolder
from tests_integration.gate.cli.gate_command import gate
from tests_unit.gate.fakes.good_run import BUNDLE, FAILED, POLICY, RUN, UNIT, subject
from tests_unit.gate.fakes.project import Project
from tests_unit.gate.fakes.web import Reply, Request, serving

PRODUCT = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "name": {"type": "string"}},
    "required": ["sku", "name"],
}
JSON = {"Content-Type": "application/json"}


def paths(**more: Any) -> dict[str, Any]:
    """The paths of a shop; *more* are parameters of what is ordered."""
    product = {"application/json": {"schema": {"$ref": "#/components/schemas/Product"}}}
    body = {"type": "object", "properties": {"quantity": {"type": "integer", **more}}}
    return {
        "/products/{sku}": {
            "get": {
                "parameters": [
                    {
                        "name": "sku",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                    }
                ],
                "responses": {"200": {"description": "one", "content": product}},
            }
        },
        "/orders": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": body}}},
                "responses": {"201": {"description": "ordered"}},
            }
        },
        "/prices": {"get": {"responses": {"200": {"description": "prices"}}}},
        "/carts": {"post": {"responses": {"201": {"description": "a cart"}}}},
        "/stock": {"get": {"responses": {"200": {"description": "stock"}}}},
        "/health": {"get": {"responses": {"200": {"description": "well"}}}},
    }


def document(product: dict[str, Any], **more: Any) -> str:
    """An OpenAPI document of a shop with such products."""
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "shop", "version": "1"},
            "paths": paths(**more),
            "components": {"schemas": {"Product": product}},
        }
    )


NAMELESS = {
    "type": "object",
    "properties": {"sku": {"type": "string"}},
    "required": ["sku"],
}
WHERE = {
    "name": "where",
    "in": "query",
    "required": True,
    "schema": {"type": "string"},
}
OLD = document(PRODUCT, maximum=100)
NEW = document(NAMELESS, maximum=3).replace(
    '"/stock": {"get": {', f'"/stock": {{"get": {{"parameters": [{json.dumps(WHERE)}], '
)


def reply(status: int, told: object) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(told).encode(), JSON)


def old_shop(request: Request) -> Reply:
    """What production runs."""
    match request.method, request.path:
        case "GET", "/products/mug":
            return reply(200, {"sku": "mug", "name": "Mug"})
        case "POST", "/orders":
            few = json.loads(request.body)["quantity"] <= 100
            return reply(201 if few else 422, {})
        case "POST", "/carts":
            return reply(409, {"title": "no"})
        case "GET", "/prices":
            return reply(200, [{"sku": "mug", "cents": 100}])
        case "GET", "/stock":
            return reply(200, [])
        case "GET", "/health":
            return Reply(200, b"well", {"Content-Type": "text/plain"})
    return reply(404, {})


def new_shop(request: Request) -> Reply:
    """The candidate: it broke everything that the shop promised."""
    match request.method, request.path:
        case "GET", "/products/mug":
            return reply(200, {"sku": "mug"})
        case "POST", "/orders":
            few = json.loads(request.body)["quantity"] <= 3
            return reply(201 if few else 422, {"title": "too many"})
        case "POST", "/carts":
            return reply(422, {"title": "no"})
        case "GET", "/prices":
            return reply(200, [{"sku": "mug", "cents": "1.00"}])
        case "GET", "/stock":
            return reply(400, {"title": "where?"})
        case "GET", "/health":
            return reply(500, {"title": "unwell"})
    return reply(404, {})


@dataclass(frozen=True)
class Shops:
    """A project whose last run found both shops to differ."""

    project: Project
    subject: Subject
    findings: dict[str, Finding]
    unit: Finding


def answered(base: str, request: WireRequest) -> WireAnswer:
    """What a shop really answers."""
    got = requests.request(
        request.method,
        base + request.path,
        headers=dict(request.headers),
        data=request.body,
        timeout=30,
    )
    return WireAnswer(got.status_code, got.headers["Content-Type"], got.text)


def seen(about: Subject) -> Iterator[LiveBreak]:
    """What old consumers met, one of each kind."""
    order = WireRequest(
        "POST",
        "/orders",
        {**JSON, "Idempotency-Key": "key-of-then"},
        {"Authorization": "SHOP_TOKEN"},
        '{"quantity": 50}',
    )
    kinds = [
        ("GET /products/{sku}", "response_schema_conformance", "/products/mug"),
        ("GET /prices", "differs_from_baseline", "/prices"),
        ("GET /health", "not_a_server_error", "/health"),
    ]
    refused = "positive_data_acceptance"
    asked = [
        ("POST /orders", refused, order),
        ("POST /carts", refused, WireRequest("POST", "/carts")),
        *((at, check, WireRequest("GET", path)) for at, check, path in kinds),
    ]
    for at, check, request in asked:
        declared = at in ("POST /orders", "GET /products/{sku}")
        yield LiveBreak(
            operation=at,
            check=check,
            message="it says [no]",
            request=request,
            candidate=answered(about.candidate_url, request),
            baseline=answered(about.control_url, request),
            on_baseline=False,
            declared=declared,
            violated=("/components/schemas/Product/required",) * at.endswith("{sku}"),
            replays=2,
        )


def settle(
    project: Project, about: Subject, contract: ContractEvidence
) -> tuple[Finding, ...]:
    """Write down a run of the project; the ledger and the evidence are real."""
    folder = RunFolder(project.root / ".gate" / "runs" / about.run)
    folder.prepare(about, Plans())
    folder.write(contract)
    red = replace(UNIT, run=CaseRun(Completion.COMPLETE, (FAILED,)))
    bundle = replace(BUNDLE, contract=contract, unit=red)
    ledger = Ledger(project.root / ".gate" / "ledger.db")
    ledger.append(RunOpened(about.run, now(), "check", "a", "b", "c" * 40))
    ledger.append(CandidateBound(about.run, now(), about))
    verdict = judge(about, bundle, POLICY)
    ledger.append(VerdictReached(about.run, now(), verdict))
    ledger.append(RunClosed(about.run, now(), 10, "blocked"))
    ledger.close()
    return verdict.because


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shops]:
    """Both shops, up; and the run that compared them."""
    project = Project.at(tmp_path_factory.mktemp("projects") / "shop")
    project.commit({"README.md": "hello\n"})
    with ExitStack() as stack:
        here = stack.enter_context(serving(new_shop))
        there = stack.enter_context(serving(old_shop))
        about = subject(here, control_url=there)
        contract = ContractEvidence(
            RUN,
            OLD,
            NEW,
            exercises=(Exercise("GET /prices", 9, 9),),
            breaks=tuple(seen(about)),
            day="2025-01-02",
            compared=True,
        )
        found = settle(project, about, contract)
        findings = {each.operation: each for each in found}
        yield Shops(project, about, findings, findings.pop(""))


@pytest.fixture
def explain(shops: Shops, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command, within this process."""
    monkeypatch.chdir(shops.project.root)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(command, ["explain", *arguments])

    return run


def test_each_break_is_one_finding_with_its_standing(shops: Shops) -> None:
    """Declared and seen, or seen alone."""
    assert {at: each.standing for at, each in shops.findings.items()} == {
        "GET /products/{sku}": "declared and confirmed",
        "POST /orders": "declared and confirmed",
        "POST /carts": "undeclared but observed",
        "GET /stock": "declared only",
        "GET /prices": "undeclared but observed",
        "GET /health": "undeclared but observed",
    }


def test_the_written_tests_fail_on_the_candidate_and_pass_on_the_baseline(
    shops: Shops, explain: Any, tmp_path: Path
) -> None:
    """Each of them, run by pytest alone against the two real shops."""
    for finding in shops.findings.values():
        path = tmp_path / f"test_{finding.id}.py"
        said = explain(finding.id, "--write", str(path))
        assert said.exit_code == 0, said.output
        assert str(path) in said.output
        assert "key-of-then" not in path.read_text()
    count = len(shops.findings)
    assert outcomes(tmp_path) == {"failed": count}
    assert outcomes(tmp_path, TARGET_URL=shops.subject.control_url) == {"passed": count}


def outcomes(folder: Path, **variables: str) -> dict[str, int]:
    """How many tests passed and failed in a folder."""
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-p", "no:gate", "-p", "no:schemathesis", "--rootdir", str(folder), "."),
        ],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "SHOP_TOKEN": "s3cret", **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    words = finished.stdout.strip().splitlines()[-1].replace(",", "").split()
    counted = zip(words[1:], words, strict=False)
    return {
        word: int(n) for word, n in counted if word in ("failed", "passed", "error")
    }


def test_a_person_reads_all_that_proves_it(shops: Shops, explain: Any) -> None:
    """The sentence, the places, the payload, both commands, both answers."""
    finding = shops.findings["GET /products/{sku}"]
    said = explain(finding.id[:6]).output
    assert finding.summary in said
    assert "standing: declared and confirmed" in said
    assert "in production's document: /components/schemas/Product" in said
    assert '{"sku": ' in said
    for url in (shops.subject.candidate_url, shops.subject.control_url):
        assert f"curl -i -X GET {url}/products/mug" in said
    assert '!     "name": "Mug"' in said
    assert f"explain {finding.id} --write FILE" in said


def test_a_secret_is_never_told(shops: Shops, explain: Any) -> None:
    """Its variable is, so that the command works where the variable is set."""
    said = explain(shops.findings["POST /orders"].id).output
    assert '-H "Authorization: $SHOP_TOKEN"' in said


def test_what_was_never_sent_is_written_from_the_document(
    shops: Shops, explain: Any
) -> None:
    """The request that the old document allows and the new one refuses."""
    said = explain(shops.findings["GET /stock"].id).output
    assert "standing: declared only" in said
    assert f"curl -i -X GET {shops.subject.candidate_url}/stock" in said
    assert "answered:" not in said


def test_a_machine_gets_everything(shops: Shops) -> None:
    """In one document, from a real process."""
    finding = shops.findings["GET /products/{sku}"]
    said = gate(shops.project.root, "explain", finding.id, "--json")
    assert said.code == 0, said.err
    told = said.document
    assert told["finding"]["id"] == finding.id
    assert told["change"]["rule"] == "response-field-removed"
    assert told["live"][0]["replays"] == 2
    assert json.loads(told["answers"]["baseline"]["body"])["name"] == "Mug"
    assert told["answers"]["candidate"]["status"] == 200
    assert told["curl"].keys() == {"candidate", "baseline"}


def test_a_run_is_told_as_before(shops: Shops, explain: Any) -> None:
    """The last one, or the one that is named; with the ids that can be asked for."""
    for said in (explain(), explain("latest"), explain(shops.subject.run)):
        assert said.exit_code == 0
        for finding in shops.findings.values():
            assert f"python -m gate explain {finding.id}" in said.output


@pytest.mark.parametrize(("name", "why"), [("zz", "no finding"), ("", "begins with")])
def test_a_name_that_is_not_one_gets_candidates(
    shops: Shops, explain: Any, name: str, why: str
) -> None:
    """Unknown or ambiguous: the ids that there are, each with its rule."""
    problem = explain(name).exception
    assert isinstance(problem, UsageProblem)
    assert problem.exit_code is ExitCode.USAGE
    assert why in problem.what
    for finding in shops.findings.values():
        assert f"{finding.id} ({finding.rule})" in f"{problem.why}{problem.advice}"


def test_a_finding_of_another_category_is_told_as_well(
    shops: Shops, explain: Any, tmp_path: Path
) -> None:
    """With the command that shows it; there is no exchange to make a test of."""
    said = explain(shops.unit.id).output
    assert shops.unit.summary in said
    assert shops.unit.reproduce in said
    refused = explain(shops.unit.id, "--write", str(tmp_path / "test_a.py"))
    assert isinstance(refused.exception, UsageProblem)


def test_no_file_is_written_over(shops: Shops, explain: Any, tmp_path: Path) -> None:
    """Nor is a test written for a whole run."""
    path = tmp_path / "test_mine.py"
    path.write_text("mine")
    said = explain(shops.findings["GET /prices"].id, "--write", str(path))
    assert isinstance(said.exception, UsageProblem)
    assert path.read_text() == "mine"
    said = explain("--write", str(tmp_path / "new.py"))
    assert isinstance(said.exception, UsageProblem)


@pytest.mark.parametrize("spoil", ["gone", "of an older gate"])
def test_without_its_evidence_a_finding_is_told_from_the_ledger(
    shops: Shops, explain: Any, tmp_path: Path, spoil: str
) -> None:
    """And why there is no more to tell."""
    path = (
        shops.project.root / ".gate/runs" / shops.subject.run / "evidence/contract.json"
    )
    kept = path.read_bytes()
    try:
        if spoil == "gone":
            path.unlink()
        else:
            old = json.loads(kept)
            old["breaks"] = [{"operation": "GET /", "check": "a", "reproduce": "curl"}]
            path.write_text(json.dumps(old))
        finding = shops.findings["GET /products/{sku}"]
        said = explain(finding.id)
        assert said.exit_code == 0
        assert finding.summary in said.output
        assert "evidence" in said.output.splitlines()[-1]
        refused = explain(finding.id, "--write", str(tmp_path / "test_a.py"))
        assert isinstance(refused.exception, UsageProblem)
    finally:
        path.write_bytes(kept)
