"""Comparisons to be reported, made by hand: what documents cannot make strange enough."""

from collections.abc import Iterable
from typing import Any

from gate.judges.grading import grade
from gate.model.plan import ContractPlan
from gate.openapi import Answer, Change, Counterexample, Direction, Level, Request
from gate.reports.contract_diff import Diff

AT = "/components/schemas/Product"
DAY = "2026-11-28"
REQUEST = Request("POST", "/products", query={"dry": True}, media="application/json")
FIELD_GONE = Change(
    "response-field-removed",
    Level.BREAKS,
    Direction.RESPONSE,
    "GET /products/{sku}",
    f"{AT}/properties/name",
    AT,
    "GET /products/{sku}: `name` of Product is gone from the answer; consumers that "
    "read it find nothing (also GET /products).",
    Counterexample(
        {"sku": "a"}, "body", AT, AT, Answer(200, {}, "application/json", {"sku": "a"})
    ),
    ("GET /products/{sku}", "GET /products"),
)
LIMIT = Change(
    "request-range-narrowed",
    Level.BREAKS,
    Direction.REQUEST,
    "GET /products",
    "/paths/~1products/get/parameters/0/schema",
    "/paths/~1products/get/parameters/0/schema",
    "GET /products: `limit` has a narrower range; for instance 100 is refused.",
    Counterexample(
        100,
        "query limit",
        "/a",
        "/b",
        Request("GET", "/products", query={"limit": 100}),
    ),
    ("GET /products",),
)
UNDECIDED = Change(
    "undecided",
    Level.UNDECIDED,
    Direction.REQUEST,
    "POST /products",
    AT,
    AT,
    "POST /products: whether `code` in requests is still compatible is unknown.",
)
IGNORED = Change(
    "request-field-removed",
    Level.MAY_BREAK,
    Direction.REQUEST,
    "POST /products",
    f"{AT}/properties/hint",
    AT,
    "POST /products: `hint` is no longer declared.",
    request=REQUEST,
)
NEWLY_OLD = Change(
    "operation-deprecated",
    Level.NOTICE,
    None,
    "GET /products",
    "/paths/~1products/get",
    "/paths/~1products/get/deprecated",
    "GET /products: the operation is now deprecated.",
)
ALL = (FIELD_GONE, LIMIT, UNDECIDED, IGNORED, NEWLY_OLD)


def comparison(changes: Iterable[Change] = ALL, **plan: Any) -> Diff:
    """A comparison that found these changes."""
    return Diff("old.json", "new.json", 3, grade(changes, ContractPlan(**plan), DAY))
