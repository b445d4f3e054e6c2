"""Products: what can be ordered."""

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from sqlalchemy import select

from app import problems, service
from app.orders import schemas
from app.orders.database import session
from app.orders.tables import Product

api = APIBlueprint("catalogue", __name__, abp_tags=[{"name": "products"}])


@api.get(
    "/products",
    operation_id="listProducts",
    responses={200: schemas.Products, **problems.declare(503)},
)
def list_products() -> Response:
    """Every listed product, by sku."""
    listed = select(Product).where(Product.listed).order_by(Product.sku)
    with session() as database:
        products = map(schemas.Product.model_validate, database.scalars(listed))
        return service.reply(schemas.Products(items=list(products)))


@api.get(
    "/products/<sku>",
    operation_id="getProduct",
    responses={200: schemas.Product, **problems.declare(404, 422, 503)},
)
def get_product(path: schemas.ProductPath) -> Response:
    """One product, listed or not."""
    with session() as database:
        product = database.get(Product, path.sku)
    if product is None:
        detail = f"There is no product {path.sku}."
        raise problems.Refusal(404, "unknown-product", detail)
    return service.reply(schemas.Product.model_validate(product))
