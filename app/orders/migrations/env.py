"""Alembic's entry: migrate on the connection that `app.orders.migrate` hands over."""

from alembic import context

from app.orders.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
