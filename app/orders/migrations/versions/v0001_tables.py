"""Products and orders, and the first catalogue."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

CATALOGUE = {
    "tea-sencha": "Sencha, 100 g",
    "tea-assam": "Assam, 100 g",
    "coffee-huila": "Coffee from Huila, 250 g",
    "mug-blue": "Blue mug",
    "kettle-steel": "Steel kettle, 1.2 l",
}


def upgrade() -> None:
    products = op.create_table(
        "products",
        sa.Column("sku", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("customer", sa.String(80), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("idempotency_key", sa.String(64), unique=True),
        sa.Column("items", sa.JSON, nullable=False),
    )
    op.bulk_insert(products, [{"sku": k, "name": v} for k, v in CATALOGUE.items()])
