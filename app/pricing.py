"""Pricing: what a quantity of something costs today."""

import os
import time

from flask import Response, current_app
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.openapi import OpenAPI
from pydantic import BaseModel, ConfigDict

from app import problems, service
from app.service import Cents, Currency, Quantity, Sku

CENTS = {
    "tea-sencha": 890,
    "tea-assam": 745,
    "coffee-huila": 1290,
    "mug-blue": 1450,
    "kettle-steel": 5900,
}
DISCOUNTS = ((100, 10), (10, 5))  # from this quantity on: per cent off, best first
SLOW_SECONDS = 10.0

api = APIBlueprint("pricing", __name__, abp_responses=problems.declare(422))


class PricePath(BaseModel):
    sku: Sku


class PriceQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    quantity: Quantity = 1


class Price(BaseModel):
    """Unit price and total, in cents, for one quantity."""

    sku: Sku
    quantity: Quantity
    currency: Currency = "EUR"
    unit_price: Cents
    total: Cents


def create_app() -> OpenAPI:
    """The pricing service; PRICING_SANDBOX=1 adds articles that misbehave on purpose."""
    app = service.create("pricing", api)
    app.config["SANDBOX"] = os.environ.get("PRICING_SANDBOX") == "1"
    return app


def price(sku: str, quantity: int, list_price: int) -> Price:
    """The price after volume discount, each unit rounded half up to a cent."""
    off = next((percent for least, percent in DISCOUNTS if quantity >= least), 0)
    unit = (list_price * (100 - off) + 50) // 100
    return Price(sku=sku, quantity=quantity, unit_price=unit, total=unit * quantity)


@api.get("/prices/<sku>", responses={200: Price, **problems.declare(404)})
def get_price(path: PricePath, query: PriceQuery) -> Response:
    """The price of one article in this quantity."""
    list_price = CENTS.get(path.sku)
    if current_app.config["SANDBOX"] and path.sku == "sandbox-down":
        # What a platform's router answers for an app that does not.
        return Response("<!DOCTYPE html><title>Application error</title>", 503)
    if current_app.config["SANDBOX"] and path.sku == "sandbox-slow":
        time.sleep(SLOW_SECONDS)
        list_price = 100
    if list_price is None:
        raise problems.Refusal(404, "unknown-sku", f"{path.sku} has no price.")
    return service.reply(price(path.sku, query.quantity, list_price))


@api.get("/readyz", responses={200: service.Health})
def ready() -> Response:
    """Prices can be told; they need nothing but the process."""
    return service.reply(service.Health())
