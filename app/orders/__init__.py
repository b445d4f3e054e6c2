"""Orders: priced and placed once, then paid and shipped, or cancelled."""

import os
from typing import TypeVar

from flask import Response, current_app
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.openapi import OpenAPI
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from app import service
from app.orders import database, schemas
from app.orders.database import Order, Product, session
from app.orders.quotes import Pricing
from app.problems import Refusal, declare, respond
from app.service import Health, ProductPath, reply

api = APIBlueprint("orders", __name__, abp_responses=declare(422, 503))

Row = TypeVar("Row", Product, Order)
# Where an order may go, and where it must stand for that.
COMES_FROM = {"paid": "pending", "shipped": "paid", "cancelled": "pending"}
PLACED = {200: schemas.Order, 201: schemas.Order, **declare(409, 413)}
MOVED = {200: schemas.Order, **declare(404, 409, 413)}


def create_app() -> OpenAPI:
    """The orders service, with the database and the pricing service it is told of."""
    app = service.create("orders", api)
    pricing = os.environ.get("PRICING_URL") or "http://127.0.0.1:8001"
    app.extensions["engine"] = database.connect()
    app.extensions["pricing"] = Pricing(pricing)
    return app


@api.errorhandler(OperationalError)
def unavailable(error: OperationalError) -> Response:
    """A database that cannot be asked is a matter of time, not of the request."""
    current_app.logger.error("database: %s", error.orig)
    detail = "The database cannot be asked now; try again shortly."
    return respond(Refusal(503, "database-unavailable", detail))


@api.get("/readyz", responses={200: Health})
def ready() -> Response:
    """The database is reachable and migrated as far as this release needs."""
    current, newest = database.revisions(current_app.extensions["engine"])
    if current != newest:
        detail = f"The database is at revision {current}, this release needs {newest}."
        raise Refusal(503, "not-migrated", detail)
    return reply(Health, {"status": "ok"})


@api.get("/products", responses={200: schemas.Products})
def list_products() -> Response:
    """Every product, by sku."""
    with session() as db:
        products = db.scalars(select(Product).order_by(Product.sku)).all()
    return reply(schemas.Products, {"items": products})


@api.get("/products/<sku>", responses={200: schemas.Product, **declare(404)})
def get_product(path: ProductPath) -> Response:
    """One product."""
    return reply(schemas.Product, find(Product, path.sku))


@api.post("/orders", responses=PLACED)
def create_order(header: schemas.OrderHeaders, body: schemas.NewOrder) -> Response:
    """Place an order at today's prices; with an Idempotency-Key, at most once."""
    key = header.idempotency_key
    if earlier := already_placed(key, body):
        return reply(schemas.Order, earlier)
    quotes = current_app.extensions["pricing"].quote(body.items)
    total = sum(quote.total for quote in quotes)
    items = [quote.model_dump() for quote in quotes]
    order = Order(customer=body.customer, total=total, items=items, idempotency_key=key)
    try:
        with session() as db:
            db.add(order)
            db.commit()
    except IntegrityError:
        # The same key at the same moment: the other request was first.
        return reply(schemas.Order, already_placed(key, body))
    response = reply(schemas.Order, order, 201)
    response.headers["Location"] = f"/orders/{order.id}"
    return response


def already_placed(key: str | None, body: schemas.NewOrder) -> Order | None:
    """The order placed with *key*; Refusal (409) when it was another one."""
    if key is None:
        return None
    with session() as db:
        order = db.scalar(select(Order).where(Order.idempotency_key == key))
    if order and body != schemas.NewOrder.model_validate(order, from_attributes=True):
        detail = "This Idempotency-Key was used for another order; choose a new one."
        raise Refusal(409, "idempotency-key-reused", detail)
    return order


@api.get("/orders", responses={200: schemas.Orders})
def list_orders(query: schemas.OrdersQuery) -> Response:
    """Orders, newest first, a page at a time."""
    older = select(Order).where(Order.id < query.before).order_by(Order.id.desc())
    with session() as db:
        found = db.scalars(older.limit(query.limit + 1)).all()
    page, more = found[: query.limit], found[query.limit :]
    following = f"/orders?before={page[-1].id}&limit={query.limit}" if more else None
    return reply(schemas.Orders, {"items": page, "next": following})


@api.get("/orders/<order_id>", responses={200: schemas.Order, **declare(404)})
def get_order(path: schemas.OrderPath) -> Response:
    """One order as it stands."""
    return reply(schemas.Order, find(Order, path.order_id))


def find(table: type[Row], key: str | int) -> Row:
    """The row *key* of *table*; Refusal (404) when there is none."""
    with session() as db:
        row = db.get(table, key)
    if row is None:
        name = table.__name__.lower()
        raise Refusal(404, f"unknown-{name}", f"There is no {name} {key}.")
    return row


@api.post("/orders/<order_id>/transitions", responses=MOVED)
def move_order(path: schemas.OrderPath, body: schemas.Transition) -> Response:
    """Pay, ship or cancel an order, if it stands where that is possible."""
    ready = (Order.id == path.order_id, Order.status == COMES_FROM[body.to])
    move = update(Order).where(*ready).values(status=body.to).returning(Order.id)
    with session() as db:
        # One statement, so that of two rivals only one can move the order.
        moved = db.scalar(move)
        db.commit()
    order = find(Order, path.order_id)
    if moved is None:
        detail = f"Order {order.id} is {order.status}; it cannot become {body.to}."
        raise Refusal(409, "forbidden-transition", detail)
    return reply(schemas.Order, order)
