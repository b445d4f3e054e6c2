"""Orders: products, orders of several items, and where each order stands."""

import os

from flask import Response, current_app
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.openapi import OpenAPI
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import sessionmaker

from app import problems, service
from app.orders import catalogue, database, migrate, ordering
from app.orders.quotes import Pricing

api = APIBlueprint("readiness", __name__, abp_tags=[{"name": "service"}])


def create_app() -> OpenAPI:
    """The orders service, with the database and the pricing service it is told of."""
    app = service.create("orders", api, catalogue.api, ordering.api)
    engine = database.connect(database.url(os.environ))
    pricing = os.environ.get("PRICING_URL") or "http://127.0.0.1:8001"
    app.extensions["engine"] = engine
    app.extensions["sessions"] = sessionmaker(engine, expire_on_commit=False)
    app.extensions["pricing"] = Pricing(pricing)
    app.extensions["head"] = migrate.head()
    app.register_error_handler(OperationalError, database_unavailable)
    return app


def database_unavailable(error: OperationalError) -> Response:
    """A database that cannot be asked is a matter of time, not of the request."""
    current_app.logger.error("database: %s", error.orig)
    detail = "The database cannot be asked now; try again shortly."
    return problems.answer(503, "database-unavailable", detail)


@api.get(
    "/readyz",
    operation_id="ready",
    responses={200: service.Health, **problems.declare(503)},
)
def ready() -> Response:
    """The database is reachable and migrated as far as this release needs."""
    head = current_app.extensions["head"]
    current = migrate.current(current_app.extensions["engine"])
    if current != head:
        detail = f"The database is at revision {current}, this release needs {head}."
        raise problems.Refusal(503, "not-migrated", detail)
    return service.reply(service.Health(status="ok"))
