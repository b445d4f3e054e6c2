"""Pricing: what a quantity of something costs today."""

import os
import time

from flask import Response, current_app
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.openapi import OpenAPI
from pydantic import BaseModel

from app import service
from app.problems import Refusal, declare
from app.service import Cents, Health, ProductPath, Quantity, Sku, reply

CENTS = {
    "tea-sencha": 890,
    "tea-assam": 745,
    "coffee-huila": 1290,
    "mug-blue": 1450,
    "kettle-steel": 5900,
}
DISCOUNTS = ((100, 10), (10, 5))  # from this quantity on: per cent off, best first
SLOW_SECONDS = 10.0

api = APIBlueprint("pricing", __name__, abp_responses=declare(422))


class PriceQuery(BaseModel):
    quantity: Quantity = 1


class Price(BaseModel):
    sku: Sku
    quantity: Quantity
    unit_price: Cents
    total: Cents


def create_app() -> OpenAPI:
    """The pricing service; PRICING_SANDBOX=1 adds articles that misbehave."""
    app = service.create("pricing", api)
    app.config["SANDBOX"] = os.environ.get("PRICING_SANDBOX") == "1"
    return app


def price(sku: str, quantity: int, list_price: int) -> Price:
    """The price after volume discount, each unit rounded half up to a cent."""
    off = next((percent for least, percent in DISCOUNTS if quantity >= least), 0)
    unit = (list_price * (100 - off) + 50) // 100
    return Price(sku=sku, quantity=quantity, unit_price=unit, total=unit * quantity)


@api.get("/prices/<sku>", responses={200: Price, **declare(404)})
def get_price(path: ProductPath, query: PriceQuery) -> Response:
    """The price of one article in this quantity."""
    cents = CENTS.get(path.sku)
    if current_app.config["SANDBOX"] and path.sku == "sandbox-down":
        # What a platform's router answers for an app that does not.
        return Response("<!DOCTYPE html><title>Application error</title>", 503)
    if current_app.config["SANDBOX"] and path.sku == "sandbox-slow":
        time.sleep(SLOW_SECONDS)
        cents = 100
    if cents is None:
        raise Refusal(404, "unknown-sku", f"There is no price for {path.sku}.")
    return reply(Price, price(path.sku, query.quantity, cents))


@api.get("/readyz", responses={200: Health})
def ready() -> Response:
    """Prices can be told; they need nothing but the process."""
    return reply(Health, {"status": "ok"})
