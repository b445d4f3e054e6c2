"""Products, and orders: placed once, then paid and shipped, or cancelled."""

from flask import Response, current_app
from flask_openapi.blueprint import APIBlueprint
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.orders import database, schemas
from app.orders.database import session
from app.orders.tables import Order, OrderItem, Product
from app.problems import Refusal, declare
from app.service import Health, reply

api = APIBlueprint("orders", __name__, abp_responses=declare(422, 503))

# Where an order may go, and where it must stand for that.
COMES_FROM = {"paid": "pending", "shipped": "paid", "cancelled": "pending"}


@api.get("/readyz", responses={200: Health})
def ready() -> Response:
    """The database is reachable and migrated as far as this release needs."""
    current, newest = (
        database.current(current_app.extensions["engine"]),
        database.newest(),
    )
    if current != newest:
        detail = f"The database is at revision {current}, this release needs {newest}."
        raise Refusal(503, "not-migrated", detail)
    return reply(Health())


@api.get("/products", responses={200: schemas.Products})
def list_products() -> Response:
    """Every product, by sku."""
    with session() as rows:
        products = rows.scalars(select(Product).order_by(Product.sku))
        items = [schemas.Product.model_validate(product) for product in products]
    return reply(schemas.Products(items=items))


@api.get("/products/<sku>", responses={200: schemas.Product, **declare(404)})
def get_product(path: schemas.ProductPath) -> Response:
    """One product."""
    with session() as rows:
        product = rows.get(Product, path.sku)
    if product is None:
        raise Refusal(404, "unknown-product", f"There is no product {path.sku}.")
    return reply(schemas.Product.model_validate(product))


CREATED = {200: schemas.Order, 201: schemas.Order, **declare(409, 413)}


@api.post("/orders", responses=CREATED)
def create_order(header: schemas.OrderHeaders, body: schemas.NewOrder) -> Response:
    """Place an order at today's prices; with an Idempotency-Key, at most once."""
    key = header.idempotency_key
    if earlier := already_placed(key, body):
        return reply(earlier)
    order = assemble(body)
    order.idempotency_key = key
    try:
        with session() as rows:
            rows.add(order)
            rows.commit()
    except IntegrityError:
        # The same key at the same moment: the other request was first.
        if earlier := already_placed(key, body):
            return reply(earlier)
        raise
    location = f"/orders/{order.id}"
    return reply(schemas.Order.model_validate(order), 201, Location=location)


def already_placed(key: str | None, body: schemas.NewOrder) -> schemas.Order | None:
    """The order placed with *key*; Refusal (409) when it was another one."""
    if key is None:
        return None
    with session() as rows:
        row = rows.scalar(select(Order).where(Order.idempotency_key == key))
    if row is None:
        return None
    order = schemas.Order.model_validate(row)
    asked = order.model_dump(include={"customer": True, "items": ...})
    if asked != body.model_dump():
        detail = "This Idempotency-Key was used for another order; choose a new one."
        raise Refusal(409, "idempotency-key-reused", detail)
    return order


def assemble(body: schemas.NewOrder) -> Order:
    """A pending order of what *body* asks for, at the prices that pricing tells."""
    quotes = current_app.extensions["pricing"].quote(body.items)
    items = [
        OrderItem(position=position, **quote.model_dump(exclude={"currency"}))
        for position, quote in enumerate(quotes)
    ]
    currency, total = quotes[0].currency, sum(quote.total for quote in quotes)
    return Order(customer=body.customer, currency=currency, total=total, items=items)


@api.get("/orders", responses={200: schemas.Orders})
def list_orders(query: schemas.OrdersQuery) -> Response:
    """Orders, newest first, a page at a time."""
    older = select(Order).where(Order.id < query.before).order_by(Order.id.desc())
    with session() as rows:
        found = rows.scalars(older.limit(query.limit + 1)).all()
    page = [schemas.Order.model_validate(order) for order in found[: query.limit]]
    more = len(found) > query.limit
    following = f"/orders?before={page[-1].id}&limit={query.limit}" if more else None
    return reply(schemas.Orders(items=page, next=following))


@api.get("/orders/<order_id>", responses={200: schemas.Order, **declare(404)})
def get_order(path: schemas.OrderPath) -> Response:
    """One order as it stands."""
    return reply(find(path.order_id))


def find(order_id: int) -> schemas.Order:
    """The order *order_id*; Refusal (404) when there is none."""
    with session() as rows:
        order = rows.get(Order, order_id)
    if order is None:
        raise Refusal(404, "unknown-order", f"There is no order {order_id}.")
    return schemas.Order.model_validate(order)


MOVED = {200: schemas.Order, **declare(404, 409, 413)}


@api.post("/orders/<order_id>/transitions", responses=MOVED)
def move_order(path: schemas.OrderPath, body: schemas.Transition) -> Response:
    """Pay, ship or cancel an order, if it stands where that is possible."""
    ready = (Order.id == path.order_id, Order.status == COMES_FROM[body.to])
    move = update(Order).where(*ready).values(status=body.to).returning(Order.id)
    with session() as rows:
        # One statement, so that of two rivals only one can move the order.
        moved = rows.scalar(move)
        rows.commit()
    order = find(path.order_id)
    if moved is None:
        detail = f"Order {order.id} is {order.status}; it cannot become {body.to}."
        raise Refusal(409, "forbidden-transition", detail)
    return reply(order)
