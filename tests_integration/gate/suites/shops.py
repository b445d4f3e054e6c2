"""Small shops that sell orders, each with a contract, some with a quirk."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from gate.model.evidence import ContractEvidence, LiveBreak
from gate.model.plan import ContractPlan
from tests_integration.gate.suites.forked_consumers import collect_contract
from tests_unit.gate.fakes.good_run import subject
from tests_unit.gate.fakes.web import Reply, Request, serving

Quirk = Callable[["Shop", Request, Reply], Reply]


def as_json(schema: Any) -> dict[str, Any]:
    """The content of a body in JSON."""
    return {"application/json": {"schema": schema}}


def reply(status: int, told: object) -> Reply:
    """An answer in JSON."""
    body = json.dumps(told).encode()
    return Reply(status, body, {"Content-Type": "application/json"})


ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "quantity": {"type": "integer"},
        "note": {"type": "string"},
        "extra": {},
    },
    "required": ["id", "quantity"],
}
WANTED = {
    "type": "object",
    "properties": {
        "quantity": {"type": "integer", "minimum": 1, "maximum": 1000},
        "gift": {"type": "boolean"},
    },
    "required": ["quantity"],
    "additionalProperties": False,
}
ORDER_REF = {"$ref": "#/components/schemas/Order"}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "format": "uuid"},
}
ID = {
    "name": "order_id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
NO = {"description": "no"}


def document(**schemas: Any) -> dict[str, Any]:
    """The shops' contract, with other *schemas* where they are given."""
    found = {"description": "one", "content": as_json(ORDER_REF)}
    one = {"200": found, "404": NO, "409": NO, "422": NO}
    everything = as_json({"type": "array", "items": ORDER_REF})
    return {
        "openapi": "3.1.0",
        "info": {"title": "shop", "version": "1"},
        "paths": {
            "/orders": {
                "get": {
                    "responses": {"200": {"description": "all", "content": everything}}
                },
                "post": {
                    "parameters": [KEY],
                    "requestBody": {
                        "required": True,
                        "content": as_json({"$ref": "#/components/schemas/Wanted"}),
                    },
                    "responses": {"201": found, "409": NO, "422": NO},
                },
            },
            "/orders/{order_id}": {
                "parameters": [ID],
                "get": {"responses": one},
                "delete": {"responses": {"204": NO, "404": NO}},
            },
        },
        "components": {"schemas": {"Order": ORDER, "Wanted": WANTED, **schemas}},
    }


def wanted(**edits: Any) -> dict[str, Any]:
    """What may be ordered, with other limits of its quantity."""
    quantity = {"type": "integer", "minimum": 1, "maximum": 1000, **edits}
    return {**WANTED, "properties": {**WANTED["properties"], "quantity": quantity}}  # type: ignore[dict-item]


class Shop:
    """A shop whose orders are numbered from *first*; *quirk* changes its answers."""

    def __init__(
        self,
        first: int = 1,
        *,
        contract: dict[str, Any] | None = None,
        most: int = 1000,
        quirk: Quirk | None = None,
    ) -> None:
        self.contract = contract or document()
        self.orders: dict[int, dict[str, Any]] = {}
        self.keys: set[str] = set()
        self.log: list[Request] = []
        self._next = first
        self._most = most
        self._quirk = quirk

    def answer(self, request: Request) -> Reply:
        """Answer as the contract says, then as the quirk will have it."""
        self.log.append(request)
        if request.path == "/openapi.json":
            return reply(200, self.contract)
        told = self._answer(request)
        return self._quirk(self, request, told) if self._quirk else told

    def _answer(self, request: Request) -> Reply:
        path = request.path.partition("?")[0]
        if path == "/orders":
            if request.method == "POST":
                return self._place(request)
            return reply(200, list(self.orders.values()))
        number = path.removeprefix("/orders/")
        order = self.orders.get(int(number)) if number.isdigit() else None
        if order is None:
            return reply(404, {})
        if request.method == "DELETE":
            del self.orders[int(number)]
            return Reply(204, b"")
        return reply(200, order)

    def _place(self, request: Request) -> Reply:
        key = request.headers.get("Idempotency-Key")
        if key in self.keys:
            return reply(409, {})
        try:
            wanted = json.loads(request.body)
            quantity = wanted["quantity"]
        except (ValueError, KeyError, TypeError):
            return reply(422, {})
        if not isinstance(quantity, int | float) or not 1 <= quantity <= self._most:
            return reply(422, {})
        if key is not None:
            self.keys.add(key)
        order = {"id": self._next, "quantity": int(quantity)}
        self.orders[self._next] = order
        self._next += 1
        return reply(201, order)

    def asked(self) -> list[tuple[str, str, bytes]]:
        """What consumers asked, in order: method, path and body."""
        return [
            (each.method, each.path, each.body)
            for each in self.log
            if each.path != "/openapi.json"
        ]

    @contextmanager
    def open(self) -> Iterator[str]:
        """Serve on a loopback port; gives the URL."""
        with serving(self.answer) as url:
            yield url


PLAN = ContractPlan(examples=5, seconds=60.0, deadline=120.0)


def collected(
    tmp_path: Path,
    candidate: Shop,
    control: Shop | None = None,
    plan: ContractPlan = PLAN,
    production: Shop | None = None,
) -> ContractEvidence:
    """The evidence about *candidate*, beside *control*, from consumers who came along."""
    evidence = attempted(tmp_path, candidate, control, plan, production)
    assert evidence.trouble == ""
    return evidence


def attempted(
    tmp_path: Path,
    candidate: Shop,
    control: Shop | None = None,
    plan: ContractPlan = PLAN,
    production: Shop | None = None,
) -> ContractEvidence:
    """The same, where something may have kept old consumers away."""
    with ExitStack() as stack:
        here = stack.enter_context(candidate.open())
        there = stack.enter_context(control.open()) if control else ""
        home = stack.enter_context(production.open()) if production else there
        about = replace(
            subject(here), control_url=there, production_url=home or "http://no.invalid"
        )
        return collect_contract(about, plan, tmp_path, tmp_path)


def only(evidence: ContractEvidence) -> LiveBreak:
    """The one break that was found."""
    (found,) = evidence.breaks
    return found
