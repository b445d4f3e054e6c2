"""Heroku's schema is a check that can fail, and its table of links is up to date."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests_contract.gate.local_platform import emulation
from tests_contract.gate.local_platform.hyper_schema import HyperSchema, located
from tests_contract.gate.local_platform.judging import judged

TIME = "2026-01-01T12:00:00Z"
ID = "01234567-89ab-cdef-0123-456789abcdef"
COUPLING = {
    "app": {"id": ID},
    "created_at": TIME,
    "id": ID,
    "pipeline": {"id": ID, "name": "orders"},
    "stage": "staging",
    "updated_at": TIME,
}
PROMOTION = {
    "created_at": TIME,
    "id": ID,
    "pipeline": {"id": ID},
    "source": {"app": {"id": ID}, "release": {"id": ID}},
    "status": "pending",
    "updated_at": None,
}


@pytest.fixture(scope="module", name="schema")
def heroku_s_schema() -> HyperSchema:
    path = located()
    if path is None:
        pytest.skip("Heroku's schema is not on this machine")
    return HyperSchema.read(path)


def exchange(route: str, answer: Any, **changed: Any) -> dict[str, Any]:
    """A recorded exchange, a GET that succeeded unless said otherwise."""
    usual = {"method": "GET", "status": 200, "request": None, "response": answer}
    sent = {"path": route, "route": route, "client": "", "expanded": ""}
    return {**usual, **sent, **changed}


ONE = "/pipeline-promotions/{promotion}"
PLACES = "/pipeline-couplings"
REFUSAL = {"id": "not_found", "message": "Couldn't find that app."}


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (exchange(ONE, PROMOTION), None),
        (exchange(ONE, PROMOTION | {"status": "done"}), "/status"),
        (exchange(ONE, PROMOTION | {"created_at": "now"}), "/created_at"),
        (exchange(ONE, PROMOTION | {"id": "7"}), "/id"),
        (exchange(ONE, PROMOTION | {"more": 1}), "Additional properties"),
        (exchange(ONE, PROMOTION | {"pipeline": {"id": ID, "name": "x"}}), "/pipeline"),
        (
            exchange(
                ONE,
                PROMOTION | {"pipeline": {"id": ID, "name": "x"}},
                expanded="app,pipeline",
            ),
            None,
        ),
        (exchange(ONE, {"id": ID}), "required property"),
        (exchange(ONE, PROMOTION, status=202), "succeeds with 202"),
        (exchange(ONE, "text/html"), "not of type"),
        (exchange(PLACES, [COUPLING], status=206), None),
        (exchange(PLACES, [COUPLING | {"stage": "live"}]), "/0/stage"),
        (exchange(PLACES, COUPLING), "not of type"),
        (exchange("/apps/{app}/dynos", {}, method="DELETE", status=202), None),
        (exchange("/apps/{app}/dynos", [], method="DELETE", status=202), "not of type"),
        (exchange("/apps/{app}/secrets", []), "not documented"),
        (exchange("/local/status", {"anything": 1}), None),
        (exchange("/apps/{app}", REFUSAL, status=404), None),
        (exchange("/apps/{app}", REFUSAL, status=422), "422 is not answered"),
        (exchange("/apps/{app}", REFUSAL | {"why": "x"}, status=404), "Additional"),
        (exchange("/apps/{app}", {"id": "not_found"}, status=404), "required"),
        (exchange("/apps/{app}", "text/html", status=502), None),
        (exchange("/apps/{app}", "text/html", status=404), "not of type"),
    ],
)
def test_an_answer_is_held_against_its_link(
    schema: HyperSchema, seen: dict[str, Any], said: str | None
) -> None:
    """Fields, types, formats, statuses, error bodies; all fields, and no others."""
    told = "\n".join(map(str, schema.complaints(seen)))
    assert (said in told) if said else told == ""


@pytest.mark.parametrize(
    ("key", "title"), [("slug", "Create"), ("release", "Rollback")]
)
def test_what_was_sent_decides_between_links_of_one_path(
    schema: HyperSchema, key: str, title: str
) -> None:
    """Releasing a slug and rolling back are two links."""
    seen = exchange("/apps/{app}/releases", {}, method="POST", request={key: ID})
    assert [link.title for link in schema.exercised(seen)] == [title]
    assert schema.exercised(seen | {"status": 422}) == []


def test_the_gates_own_client_must_ask_as_documented(schema: HyperSchema) -> None:
    """Others may ask as they like: only what is answered is ours."""
    sent = {"app": ID, "pipeline": ID, "stage": "live"}
    seen = exchange(PLACES, COUPLING, method="POST", status=201, request=sent)
    assert list(schema.complaints(seen)) == []
    ours = list(schema.complaints(seen | {"client": "heroku-release-gate"}))
    assert [found.pointer for found in ours] == ["/stage"]


def test_a_run_tells_each_kind_of_difference_once(
    schema: HyperSchema, tmp_path: Path
) -> None:
    """With an example; half a line, left by a kill, is no exchange."""
    lines = [
        json.dumps(exchange(ONE, PROMOTION | {"status": status}))
        for status in ("done", "done", "over")
    ]
    (tmp_path / "a.jsonl").write_text("\n".join([*lines, '{"met']))
    judgement = judged(schema, tmp_path)
    assert judgement.exchanges == 2
    assert len(judgement.complaints) == 1
    assert {str(link): n for link, n in judgement.uses.items() if n} == {
        "pipeline-promotion Info (GET /pipeline-promotions/{})": 2
    }


def test_the_table_of_what_is_served_is_up_to_date(schema: HyperSchema) -> None:
    """`python -m tests_contract.gate.local_platform.emulation` writes it."""
    assert emulation.TABLE.read_text() == emulation.table(schema)
