"""Orders: placed once, priced when placed, then paid and shipped, or cancelled."""

import hashlib
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app
from flask_openapi.blueprint import APIBlueprint
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app import problems, service
from app.orders import schemas
from app.orders.database import session
from app.orders.quotes import Quote
from app.orders.tables import Order, OrderItem, Product

api = APIBlueprint("orders", __name__, abp_tags=[{"name": "orders"}])

# Where an order may go, and where it must stand for that.
COMES_FROM = {"paid": "pending", "shipped": "paid", "cancelled": "pending"}


def placed(description: str, **more: Any) -> dict[str, Any]:
    """The OpenAPI response that is an order, with links to what can be done with it."""
    follow = {"order_id": "$response.body#/id"}
    schema = {"$ref": f"#/components/schemas/{schemas.Order.__name__}"}
    return {
        "description": description,
        "content": {"application/json": {"schema": schema}},
        "links": {
            operation: {"operationId": operation, "parameters": follow}
            for operation in ("getOrder", "moveOrder")
        },
        **more,
    }


@api.post(
    "/orders",
    operation_id="createOrder",
    responses={
        200: placed("The order that was placed with this Idempotency-Key before"),
        201: placed(
            "Placed",
            headers={"Location": {"required": True, "schema": {"type": "string"}}},
        ),
        **problems.declare(409, 413, 422, 503),
    },
)
def create_order(header: schemas.OrderHeaders, body: schemas.NewOrder) -> Response:
    """Place an order at today's prices; with an Idempotency-Key, at most once."""
    key, fingerprint = header.idempotency_key, digest(body)
    if earlier := already_placed(key, fingerprint):
        return service.reply(earlier)
    require_known({item.sku for item in body.items})
    pricing = current_app.extensions["pricing"]
    quotes = pricing.quote([(item.sku, item.quantity) for item in body.items])
    order = assemble(body.customer, quotes)
    order.idempotency_key, order.fingerprint = key, fingerprint
    try:
        with session() as database:
            database.add(order)
            database.commit()
            result = schemas.Order.model_validate(order)
    except IntegrityError:
        # The same key at the same moment: the other request was first.
        if earlier := already_placed(key, fingerprint):
            return service.reply(earlier)
        raise
    return service.reply(result, 201, Location=f"/orders/{result.id}")


def digest(body: schemas.NewOrder) -> str:
    """What two requests share when they ask for the same order."""
    return hashlib.sha256(body.model_dump_json().encode()).hexdigest()


def already_placed(key: str | None, fingerprint: str) -> schemas.Order | None:
    """The order placed with *key*; Refusal (409) when it was another one."""
    if key is None:
        return None
    with session() as database:
        order = database.scalar(select(Order).where(Order.idempotency_key == key))
    if order is None:
        return None
    if order.fingerprint != fingerprint:
        detail = "This Idempotency-Key was used for another order; choose a new one."
        raise problems.Refusal(409, "idempotency-key-reused", detail)
    return schemas.Order.model_validate(order)


def require_known(skus: set[str]) -> None:
    """Refusal (409) unless the catalogue has every one of *skus*."""
    with session() as database:
        known = set(database.scalars(select(Product.sku).where(Product.sku.in_(skus))))
    if unknown := sorted(skus - known):
        detail = f"The catalogue has no {', '.join(unknown)}."
        raise problems.Refusal(409, "unknown-product", detail)


def assemble(customer: str, quotes: list[Quote]) -> Order:
    """A pending order of what *quotes* name, at their prices."""
    items = [
        OrderItem(position=position, **quote.model_dump(exclude={"currency"}))
        for position, quote in enumerate(quotes)
    ]
    currency, total = quotes[0].currency, sum(quote.total for quote in quotes)
    return Order(customer=customer, currency=currency, total=total, items=items)


@api.get(
    "/orders",
    operation_id="listOrders",
    responses={200: schemas.Orders, **problems.declare(422, 503)},
)
def list_orders(query: schemas.OrdersQuery) -> Response:
    """Orders, newest first, a page at a time."""
    wanted = select(Order).order_by(Order.id.desc()).limit(query.limit + 1)
    if query.customer is not None:
        wanted = wanted.where(Order.customer == query.customer)
    if query.before is not None:
        wanted = wanted.where(Order.id < query.before)
    with session() as database:
        found = [schemas.Order.model_validate(row) for row in database.scalars(wanted)]
    page, following = found[: query.limit], None
    if len(found) > query.limit:  # one more than asked for: there is a next page
        more = query.model_copy(update={"before": page[-1].id})
        following = f"/orders?{urlencode(more.model_dump(exclude_none=True))}"
    return service.reply(schemas.Orders(items=page, next=following))


@api.get(
    "/orders/<order_id>",
    operation_id="getOrder",
    responses={200: schemas.Order, **problems.declare(404, 422, 503)},
)
def get_order(path: schemas.OrderPath) -> Response:
    """One order as it stands."""
    return service.reply(find(path.order_id))


def find(order_id: int) -> schemas.Order:
    """The order *order_id*; Refusal (404) when there is none."""
    with session() as database:
        order = database.get(Order, order_id)
    if order is None:
        detail = f"There is no order {order_id}."
        raise problems.Refusal(404, "unknown-order", detail)
    return schemas.Order.model_validate(order)


@api.post(
    "/orders/<order_id>/transitions",
    operation_id="moveOrder",
    responses={200: schemas.Order, **problems.declare(404, 409, 413, 422, 503)},
)
def move_order(path: schemas.OrderPath, body: schemas.Transition) -> Response:
    """Pay, ship or cancel an order, if it stands where that is possible."""
    ready = (Order.id == path.order_id, Order.status == COMES_FROM[body.to])
    with session() as database:
        # One statement, so that of two rivals only one can move the order.
        moved = database.scalar(
            update(Order).where(*ready).values(status=body.to).returning(Order.id)
        )
        database.commit()
    order = find(path.order_id)
    if moved is None:
        detail = f"Order {order.id} is {order.status}; it cannot become {body.to}."
        raise problems.Refusal(409, "forbidden-transition", detail)
    return service.reply(order)
