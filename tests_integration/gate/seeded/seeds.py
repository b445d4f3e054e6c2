"""One planted break for each family of rules, and what must be said of it."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from gate.model.verdict import Result
from tests_integration.gate.seeded.seeded_shop import Edit

CONFIRMED = "declared and confirmed"
DECLARED = "declared only"
OBSERVED = "undeclared but observed"


@dataclass(frozen=True, slots=True)
class Seed:
    """A change of the app's source and its fate.

    *findings* are all rules that must speak against it, each with its standing;
    *checks* are those that old consumers, or the comparison with the baseline, must
    have seen fail on the candidate alone.
    """

    change: str
    edits: tuple[Edit, ...]
    findings: AbstractSet[tuple[str, str]] = frozenset()
    checks: AbstractSet[str] = frozenset()
    result: Result = Result.FAILED


SCHEMAS, ORDERS, SERVICE = "orders/schemas.py", "orders/__init__.py", "service.py"
GET_PRODUCT = "return reply(schemas.Product, find(Product, path.sku))"
CREATED = "response = reply(schemas.Order, order, 201)"
PRICED = "quotes = current_app.extensions"
HEADERS_END = 'alias="Idempotency-Key")\n'

SEEDS = (
    Seed("nothing", (), result=Result.PASSED),
    Seed(
        "an optional field of an answer and an optional parameter more",
        (
            Edit(SCHEMAS, "    name: str\n", "    name: str\n    note: str = ''\n"),
            Edit(SCHEMAS, "    limit: Ann", "    mine: bool = False\n    limit: Ann"),
        ),
        result=Result.PASSED,
    ),
    Seed(
        "a field of an answer is gone, and the document says so",
        (Edit(SCHEMAS, "    sku: Sku\n    name: str\n", "    sku: Sku\n"),),
        {("response-field-removed", CONFIRMED)},
        {"response_schema_conformance"},
    ),
    Seed(
        "a field of an answer is gone, and no document says so",
        (
            Edit(
                ORDERS,
                GET_PRODUCT,
                "return Response(b'{\"sku\": \"a\"}', content_type='application/json') "
                "if find(Product, path.sku) else None",
            ),
        ),
        {("response-schema-conformance", OBSERVED)},
        {"response_schema_conformance"},
    ),
    Seed(
        "a request needs one field more",
        (
            Edit(
                SCHEMAS,
                "class Transition(BaseModel):\n",
                "class Transition(BaseModel):\n    by: str\n",
            ),
        ),
        {("request-field-required", CONFIRMED)},
        {"positive_data_acceptance"},
    ),
    Seed(
        "a request needs a header",
        (
            Edit(
                SCHEMAS,
                HEADERS_END,
                HEADERS_END + '    tenant: str = Field(alias="X-Tenant")\n',
            ),
        ),
        {("request-parameter-required", CONFIRMED)},
        {"positive_data_acceptance"},
    ),
    Seed(
        "a number in a query may be half as large",
        (Edit(SCHEMAS, "ge=1, le=100)] = 20", "ge=1, le=50)] = 20"),),
        {("request-range-narrowed", CONFIRMED)},
        {"positive_data_acceptance"},
    ),
    Seed(
        "a value of a request is no longer listed",
        (
            Edit(
                SCHEMAS,
                '    to: Literal["paid", "shipped", "cancelled"]',
                '    to: Literal["paid", "shipped"]',
            ),
        ),
        {("request-enum-value-removed", CONFIRMED)},
        {"positive_data_acceptance"},
    ),
    Seed(
        "a value of a request is refused, and no document says so",
        (
            Edit(
                ORDERS,
                f"    {PRICED}",
                "    if any(item.quantity > 20 for item in body.items):\n"
                '        raise Refusal(422, "too-many", "too many")\n'
                f"    {PRICED}",
            ),
        ),
        {("positive-data-acceptance", OBSERVED)},
        {"positive_data_acceptance"},
    ),
    Seed(
        "an answer has a status that it never had, and only the document says so",
        (
            Edit(
                SCHEMAS,
                '"shipped", "cancelled"]\n    total',
                '"shipped", "cancelled", "lost"]\n    total',
            ),
        ),
        {("response-enum-value-added", DECLARED)},
    ),
    Seed(
        "a field of an answer may be null, and only the document says so",
        (
            Edit(
                SCHEMAS,
                "    customer: Customer\n    status",
                "    customer: Customer | None\n    status",
            ),
        ),
        {("response-became-nullable", DECLARED)},
    ),
    Seed(
        "an operation is gone",
        (
            Edit(
                ORDERS,
                '@api.get("/products/<sku>", responses={200: schemas.Product, **declare(404)})\n',
                "",
            ),
        ),
        {("path-removed", CONFIRMED)},
    ),
    Seed(
        "a success has another status code, and no document says so",
        (Edit(ORDERS, CREATED, CREATED.replace("201", "202")),),
        {("status-code-conformance", OBSERVED)},
        {"status_code_conformance"},
    ),
    Seed(
        "an answer is plain text, and no document says so",
        (
            Edit(
                ORDERS,
                'return reply(schemas.Products, {"items": products})',
                'return Response(f"{len(products)} products", content_type="text/plain")',
            ),
        ),
        {("content-type-conformance", OBSERVED)},
        {"content_type_conformance"},
    ),
    Seed(
        "a rare value of a query is a server error",
        (
            Edit(
                ORDERS,
                "    older = select(Order)",
                "    limit = 1 / (query.limit - 100)\n    older = select(Order)",
            ),
        ),
        {("not-a-server-error", OBSERVED)},
        {"not_a_server_error"},
    ),
    Seed(
        "a product is not found any more: allowed by both documents, and still new",
        (
            Edit(
                ORDERS,
                GET_PRODUCT,
                "found = find(Product, path.sku.replace('mug-blue', 'gone'))\n"
                "    return reply(schemas.Product, found)",
            ),
        ),
        {("differs-from-baseline", OBSERVED)},
        {"differs_from_baseline"},
    ),
)
