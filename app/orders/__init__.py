"""Orders: products, orders of several items, and where each order stands."""

import os

from flask import Response, current_app
from flask_openapi.openapi import OpenAPI
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import sessionmaker

from app import problems, service
from app.orders import database, endpoints
from app.orders.quotes import Pricing


def create_app() -> OpenAPI:
    """The orders service, with the database and the pricing service it is told of."""
    app = service.create("orders", endpoints.api)
    engine = database.connect()
    pricing = os.environ.get("PRICING_URL") or "http://127.0.0.1:8001"
    app.extensions["engine"] = engine
    app.extensions["sessions"] = sessionmaker(engine, expire_on_commit=False)
    app.extensions["pricing"] = Pricing(pricing)
    app.register_error_handler(OperationalError, database_unavailable)
    return app


def database_unavailable(error: OperationalError) -> Response:
    """A database that cannot be asked is a matter of time, not of the request."""
    current_app.logger.error("database: %s", error.orig)
    detail = "The database cannot be asked now; try again shortly."
    return problems.respond(problems.Refusal(503, "database-unavailable", detail))
