"""What goes over the wire; the OpenAPI document is generated from these."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from app.problems import Reference


def whole(value: object) -> object:
    """JSON Schema calls 2.0 an integer; so do we."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Sku = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,39}$", examples=["mug-blue"])]
# No control characters: PostgreSQL stores no NUL, and nobody is called like that.
NAME = r"^[^\x00-\x1f\x7f]{1,80}$"
Customer = Annotated[str, Field(pattern=NAME, examples=["Ada"])]
Key = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
Quantity = Annotated[int, Field(ge=1, le=1000), BeforeValidator(whole)]
OrderId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Cents = Annotated[int, Field(ge=0, le=2**53 - 1)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
# The database keeps UTC without saying so.
Moment = Annotated[datetime, AfterValidator(lambda moment: moment.replace(tzinfo=UTC))]
Absent = SkipJsonSchema[None]

STRICT = ConfigDict(extra="forbid", strict=True)
FROM_ROW = ConfigDict(from_attributes=True)
EXAMPLE: JsonDict = {
    "customer": "Ada",
    "items": [{"sku": "tea-sencha", "quantity": 12}],
}


class ProductPath(BaseModel):
    """Which product."""

    sku: Sku


class Product(BaseModel):
    """Something that can be ordered."""

    model_config = FROM_ROW
    sku: Sku
    name: str


class Products(BaseModel):
    """The catalogue."""

    items: list[Product]


class NewItem(BaseModel):
    """How many of what."""

    model_config = STRICT
    sku: Sku
    quantity: Quantity


class NewOrder(BaseModel):
    """What a customer asks for."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": EXAMPLE})
    customer: Customer
    items: Annotated[list[NewItem], Field(min_length=1, max_length=10)]


class OrderHeaders(BaseModel):
    """A key that makes it safe to send the same order again."""

    idempotency_key: Key | Absent = Field(None, alias="Idempotency-Key")


class OrderPath(BaseModel):
    """Which order."""

    order_id: OrderId


class OrderItem(BaseModel):
    """One line of an order; prices in cents."""

    model_config = FROM_ROW
    sku: Sku
    quantity: Quantity
    unit_price: Cents
    total: Cents


class Order(BaseModel):
    """An order as it stands; prices in cents."""

    model_config = FROM_ROW
    id: OrderId
    customer: Customer
    status: Literal["pending", "paid", "shipped", "cancelled"]
    currency: Currency
    total: Cents
    created_at: Moment
    items: list[OrderItem]


class OrdersQuery(BaseModel):
    """Which page of whose orders."""

    model_config = ConfigDict(extra="forbid")
    customer: Customer | Absent = None
    before: OrderId | Absent = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class Orders(BaseModel):
    """A page of orders, newest first, and where the next one is."""

    items: list[Order]
    next: Reference | None


class Transition(BaseModel):
    """Where an order shall go."""

    model_config = STRICT
    to: Literal["paid", "shipped", "cancelled"]
