"""The first catalogue, and two unlisted products to rehearse a failing supplier with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

LISTED = {
    "tea-sencha": "Sencha, 100 g",
    "tea-assam": "Assam, 100 g",
    "coffee-huila": "Coffee from Huila, 250 g",
    "mug-blue": "Blue mug",
    "kettle-steel": "Steel kettle, 1.2 l",
}
SANDBOX = {
    "sandbox-slow": "Sandbox: its price comes too late",
    "sandbox-down": "Sandbox: its price never comes",
}


def upgrade() -> None:
    """Add the products."""
    products = sa.table("products", *map(sa.column, ("sku", "name", "listed")))
    rows = [
        {"sku": sku, "name": name, "listed": sku in LISTED}
        for sku, name in (LISTED | SANDBOX).items()
    ]
    op.bulk_insert(products, rows)
