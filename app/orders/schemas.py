"""What goes over the wire; the OpenAPI document is generated from these."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from app.service import Cents, Currency, Quantity, Sku

LAST_ID = 2**31 - 1  # the largest INTEGER of PostgreSQL

# No control characters: PostgreSQL stores no NUL, and nobody is called like that.
NAME = r"^[^\x00-\x1f\x7f]{1,80}$"
Customer = Annotated[str, Field(pattern=NAME, examples=["Ada"])]
Key = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
OrderId = Annotated[int, Field(ge=1, le=LAST_ID)]

STRICT = ConfigDict(extra="forbid", strict=True)
FROM_ROW = ConfigDict(from_attributes=True)


class ProductPath(BaseModel):
    sku: Sku


class Product(BaseModel):
    model_config = FROM_ROW
    sku: Sku
    name: str


class Products(BaseModel):
    items: list[Product]


class NewItem(BaseModel):
    model_config = STRICT
    sku: Sku
    quantity: Quantity


class NewOrder(BaseModel):
    model_config = STRICT
    customer: Customer
    items: Annotated[list[NewItem], Field(min_length=1, max_length=10)]


class OrderHeaders(BaseModel):
    """A key that makes it safe to send the same order again."""

    idempotency_key: Key | SkipJsonSchema[None] = Field(None, alias="Idempotency-Key")


class OrderPath(BaseModel):
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
    items: list[OrderItem]


class OrdersQuery(BaseModel):
    """Which page: so many orders, older than *before*."""

    model_config = ConfigDict(extra="forbid")
    before: OrderId = LAST_ID
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class Orders(BaseModel):
    """A page of orders, newest first, and where the next one is."""

    items: list[Order]
    next: str | None


class Transition(BaseModel):
    model_config = STRICT
    to: Literal["paid", "shipped", "cancelled"]
