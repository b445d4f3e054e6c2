"""What old consumers need and do not tell, and what they must leave alone."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from gate.model.evidence import Shown
from tests_integration.gate.suites.shops import (
    PLAN,
    Quirk,
    Shop,
    attempted,
    collected,
    document,
    only,
    reply,
    wanted,
)
from tests_unit.gate.fakes.web import Reply, Request


def test_what_the_team_withholds_is_not_sent(tmp_path: Path) -> None:
    """To neither side, not even as the counterexample of a declared break."""
    narrowed = document(Wanted=wanted(maximum=3))
    candidate, control = Shop(contract=narrowed, most=3), Shop()
    plan = replace(PLAN, unsafe=False, never=("get /orders/{id}",))
    evidence = collected(tmp_path, candidate, control, plan)
    asked = {(m, p) for m, p, _ in candidate.asked() + control.asked()}
    assert asked == {("GET", "/orders")}
    why = {each.operation: each.withheld for each in evidence.exercises}
    assert why == {
        "GET /orders": "",
        "POST /orders": "it may change data, and contract.unsafe is false",
        "GET /orders/{order_id}": "contract.never names it",
        "DELETE /orders/{order_id}": "it may change data, and contract.unsafe is false",
    }
    (trial,) = evidence.trials
    assert trial.shown is Shown.NOT_SENT
    assert "contract.unsafe" in trial.why


def test_a_misspelt_operation_to_withhold_keeps_everything_back(tmp_path: Path) -> None:
    """Or what was meant to be spared would be sent."""
    shop = Shop()
    evidence = attempted(tmp_path, shop, Shop(), replace(PLAN, never=("GET /ordres",)))
    assert shop.asked() == []
    assert "GET /ordres" in evidence.trouble


def _guarded(token: str) -> Quirk:
    def quirk(_: Shop, request: Request, told: Reply) -> Reply:
        given = request.headers.get("Authorization")
        return told if given == token else reply(401, {"given": given})

    return quirk


def _files(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


def _mirrors(token: str) -> Quirk:
    def quirk(_: Shop, request: Request, told: Reply) -> Reply:
        given = request.headers.get("Authorization", "")
        if given != token:
            return reply(401, {})
        return reply(500, {"given": given}) if request.method == "POST" else told

    return quirk


def test_a_header_from_the_environment_goes_along_and_is_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in files, not in evidence, not even where the app repeats it."""
    token = "Bearer not-to-be-told-4711"
    monkeypatch.setenv("SHOP_TOKEN", token)
    plan = replace(PLAN, headers={"Authorization": "SHOP_TOKEN"})
    candidate = Shop(quirk=_mirrors(token))
    evidence = collected(tmp_path, candidate, Shop(quirk=_guarded(token)), plan)
    assert any(each.accepted for each in evidence.exercises)
    found = only(evidence)
    assert found.request.secrets == {"Authorization": "SHOP_TOKEN"}
    assert "Authorization" not in found.request.headers
    assert "$SHOP_TOKEN" in found.candidate.body
    assert b"4711" not in _files(tmp_path) + repr(evidence).encode()


def test_a_header_whose_variable_is_not_set_is_trouble(tmp_path: Path) -> None:
    """Nothing is sent without it."""
    shop = Shop()
    plan = replace(PLAN, headers={"Authorization": "NOBODY_SET_THIS"})
    evidence = attempted(tmp_path, shop, Shop(), plan)
    assert "NOBODY_SET_THIS" in evidence.trouble
    assert shop.asked() == []


HOOKS = """
import base64
import schemathesis

@schemathesis.auth()
class Login:
    def get(self, case, context):
        return "Bearer " + base64.b64decode("{secret}").decode()

    def set(self, case, data, context):
        case.headers["Authorization"] = data
"""


def test_credentials_of_a_hook_file_go_along_and_are_never_told(tmp_path: Path) -> None:
    """To both sides, in trials too."""
    token = "Bearer made-by-a-hook-4711"
    secret = base64.b64encode(b"made-by-a-hook-4711").decode()
    (tmp_path / "hooks.py").write_text(HOOKS.format(secret=secret))
    narrowed = document(Wanted=wanted(maximum=3))
    candidate = Shop(contract=narrowed, most=3, quirk=_guarded(token))
    plan = replace(PLAN, hooks="hooks.py")
    evidence = collected(tmp_path, candidate, Shop(quirk=_guarded(token)), plan)
    (trial,) = evidence.trials
    assert trial.shown is Shown.CONFIRMED
    assert trial.request is not None
    assert trial.request.secrets == {"Authorization": "AUTHORIZATION"}
    assert b"4711" not in _files(tmp_path) + repr(evidence).encode()


@pytest.mark.parametrize(
    ("hooks", "said"),
    [("1 / 0", "ZeroDivisionError"), (None, "no file of this checkout")],
)
def test_hooks_that_fail_are_trouble(
    tmp_path: Path, hooks: str | None, said: str
) -> None:
    """Requests without what they need would only be refused."""
    if hooks:
        (tmp_path / "hooks.py").write_text(hooks)
    shop = Shop()
    plan = replace(PLAN, hooks="hooks.py")
    evidence = attempted(tmp_path, shop, Shop(), plan)
    assert said in evidence.trouble
    assert shop.asked() == []


def test_a_document_that_refers_to_the_network_draws_nothing(tmp_path: Path) -> None:
    """The reference is not followed, and nothing is invented in its place."""
    asked = Shop()
    with asked.open() as url:
        outside = document(Wanted={"$ref": f"{url}/openapi.json"})
        shop = Shop(contract=outside)
        evidence = attempted(tmp_path, shop, Shop(contract=outside))
    assert url in evidence.trouble
    assert asked.log == []
    assert shop.asked() == []
