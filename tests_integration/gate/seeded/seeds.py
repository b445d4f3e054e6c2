"""Breaks of every family of rules, planted side by side, and what must be said of each."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from gate.model.verdict import Result
from tests_integration.gate.seeded.seeded_shop import Edit

CONFIRMED = "declared and confirmed"
DECLARED = "declared only"
OBSERVED = "undeclared but observed"
Said = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Seed:
    """A change of the app's source, and its fate.

    *said* is the rule that must speak against it, with its standing; empty: nothing
    may. *seen* is the check that old consumers, or the comparison with the baseline,
    must have seen fail on the candidate alone; empty where it cannot be seen.
    """

    change: str
    edits: tuple[Edit, ...]
    said: Said | None = None
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Planted:
    """Seeds that do not touch the same operation in the same way: one candidate."""

    name: str
    seeds: tuple[Seed, ...]

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Everything that is changed in the app's source."""
        return tuple(edit for seed in self.seeds for edit in seed.edits)

    @property
    def said(self) -> AbstractSet[Said]:
        """All that must speak against it, and nothing else may."""
        return {seed.said for seed in self.seeds if seed.said}

    @property
    def seen(self) -> AbstractSet[str]:
        """The checks that must have failed on the candidate alone."""
        return {seed.seen for seed in self.seeds if seed.seen}

    @property
    def result(self) -> Result:
        """How it comes out."""
        return Result.FAILED if self.said else Result.PASSED


SCHEMAS, ORDERS = "orders/schemas.py", "orders/__init__.py"
GET_PRODUCT = "return reply(schemas.Product, find(Product, path.sku))"
PRODUCTS = 'return reply(schemas.Products, {"items": products})'
CREATED = "response = reply(schemas.Order, order, 201)"
PRICED = "    quotes = current_app.extensions"
STATUSES = '"shipped", "cancelled"]\n    total'
MOVES = '    to: Literal["paid", "shipped", "cancelled"]'
KEY = 'alias="Idempotency-Key")\n'

MORE_FIELDS = Seed(
    "an optional field of an answer and an optional parameter more",
    (
        Edit(SCHEMAS, "    name: str\n", "    name: str\n    note: str = ''\n"),
        Edit(SCHEMAS, "    limit: Ann", "    mine: bool = False\n    limit: Ann"),
    ),
)
FIELD_GONE = Seed(
    "a field of an answer is gone, and the document says so",
    (Edit(SCHEMAS, "    sku: Sku\n    name: str\n", "    sku: Sku\n"),),
    ("response-field-removed", CONFIRMED),
    "response_schema_conformance",
)
FIELD_MISSING = Seed(
    "a field of an answer is gone, and no document says so",
    (
        Edit(
            ORDERS,
            GET_PRODUCT,
            "sku = find(Product, path.sku).sku.encode()\n"
            "    told = b'{\"sku\": \"' + sku + b'\"}'\n"
            "    return Response(told, content_type='application/json')",
        ),
    ),
    ("response-schema-conformance", OBSERVED),
    "response_schema_conformance",
)
FIELD_NEEDED = Seed(
    "a request needs one field more",
    (
        Edit(
            SCHEMAS,
            "class Transition(BaseModel):\n",
            "class Transition(BaseModel):\n    by: str\n",
        ),
    ),
    ("request-field-required", CONFIRMED),
    "positive_data_acceptance",
)
HEADER_NEEDED = Seed(
    "a request needs a header",
    (Edit(SCHEMAS, KEY, KEY + '    tenant: str = Field(alias="X-Tenant")\n'),),
    ("request-parameter-required", CONFIRMED),
    "positive_data_acceptance",
)
RANGE_HALVED = Seed(
    "a number in a query may be half as large",
    (Edit(SCHEMAS, "ge=1, le=100)] = 20", "ge=1, le=50)] = 20"),),
    ("request-range-narrowed", CONFIRMED),
    "positive_data_acceptance",
)
VALUE_UNLISTED = Seed(
    "a value of a request is no longer listed",
    (Edit(SCHEMAS, MOVES, '    to: Literal["paid", "shipped"]'),),
    ("request-enum-value-removed", CONFIRMED),
    "positive_data_acceptance",
)
VALUE_REFUSED = Seed(
    "a value of a request is refused, and no document says so",
    (
        Edit(
            ORDERS,
            PRICED,
            "    if any(item.quantity > 20 for item in body.items):\n"
            '        raise Refusal(422, "too-many", "too many")\n' + PRICED,
        ),
    ),
    ("positive-data-acceptance", OBSERVED),
    "positive_data_acceptance",
)
STATUS_LISTED = Seed(
    "an order may stand where it never did, and only the document says so",
    (Edit(SCHEMAS, STATUSES, STATUSES.replace('"]', '", "lost"]')),),
    ("response-enum-value-added", DECLARED),
)
FIELD_NULL = Seed(
    "a field of an answer may be null, and only the document says so",
    (
        Edit(
            SCHEMAS,
            "    customer: Customer\n    status",
            "    customer: Customer | None\n    status",
        ),
    ),
    ("response-became-nullable", DECLARED),
)
OPERATION_GONE = Seed(
    "an operation is gone",
    (
        Edit(
            ORDERS,
            '@api.get("/products/<sku>", '
            "responses={200: schemas.Product, **declare(404)})\n",
            "",
        ),
    ),
    ("path-removed", CONFIRMED),
)
OTHER_SUCCESS = Seed(
    "a success has another status code, and no document says so",
    (Edit(ORDERS, CREATED, CREATED.replace("201", "202")),),
    ("status-code-conformance", OBSERVED),
    "status_code_conformance",
)
PLAIN_TEXT = Seed(
    "an answer is plain text, and no document says so",
    (
        Edit(
            ORDERS,
            PRODUCTS,
            'return Response(f"{len(products)} products", content_type="text/plain")',
        ),
    ),
    ("content-type-conformance", OBSERVED),
    "content_type_conformance",
)
SERVER_ERROR = Seed(
    "a rare value of a query is a server error",
    (
        Edit(
            ORDERS,
            "    older = select(Order)",
            "    limit = 1 / (query.limit - 100)\n    older = select(Order)",
        ),
    ),
    ("not-a-server-error", OBSERVED),
    "not_a_server_error",
)
NOT_FOUND = Seed(
    "a product is not found any more: allowed by both documents, and still new",
    (
        Edit(
            ORDERS,
            GET_PRODUCT,
            "found = find(Product, path.sku.replace('mug-blue', 'gone'))\n"
            "    return reply(schemas.Product, found)",
        ),
    ),
    ("differs-from-baseline", OBSERVED),
    "differs_from_baseline",
)

PLANTED = (
    Planted("nothing that breaks", (MORE_FIELDS,)),
    Planted("what the document says", (FIELD_GONE, RANGE_HALVED, VALUE_UNLISTED)),
    Planted("what only the document says", (STATUS_LISTED, FIELD_NULL)),
    Planted("less is served, more is asked", (OPERATION_GONE, HEADER_NEEDED)),
    Planted("declared beside undeclared", (FIELD_NEEDED, SERVER_ERROR, PLAIN_TEXT)),
    Planted("what no document says", (FIELD_MISSING, VALUE_REFUSED, OTHER_SUCCESS)),
    Planted("what no document forbids", (NOT_FOUND,)),
)
