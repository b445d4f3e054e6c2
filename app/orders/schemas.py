"""What goes over the wire; the OpenAPI document is generated from these."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from app.service import Cents, Quantity, Sku

LAST_ID = 2**31 - 1  # the largest INTEGER of PostgreSQL
OrderId = Annotated[int, Field(ge=1, le=LAST_ID)]
# No control characters: PostgreSQL stores no NUL, and nobody is called like that.
NAME = r"^[^\x00-\x1f\x7f]{1,80}$"
Customer = Annotated[str, Field(pattern=NAME, examples=["Ada"])]
Key = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]


class Product(BaseModel):
    sku: Sku
    name: str


class Products(BaseModel):
    items: list[Product]


class NewItem(BaseModel):
    sku: Sku
    quantity: Quantity


class NewOrder(BaseModel):
    customer: Customer
    items: Annotated[list[NewItem], Field(min_length=1, max_length=10)]


class OrderHeaders(BaseModel):
    idempotency_key: Key | SkipJsonSchema[None] = Field(None, alias="Idempotency-Key")


class OrderPath(BaseModel):
    order_id: OrderId


class OrderItem(BaseModel):
    sku: Sku
    quantity: Quantity
    unit_price: Cents
    total: Cents


class Order(BaseModel):
    id: OrderId
    customer: Customer
    status: Literal["pending", "paid", "shipped", "cancelled"]
    total: Cents
    items: list[OrderItem]


class OrdersQuery(BaseModel):
    before: OrderId = LAST_ID  # only orders that are older than this one
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class Orders(BaseModel):
    """A page of orders, newest first, and where the next one is."""

    items: list[Order]
    next: str | None


class Transition(BaseModel):
    to: Literal["paid", "shipped", "cancelled"]
