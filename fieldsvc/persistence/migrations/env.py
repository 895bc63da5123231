"""Alembic's entry: runs on the connection that `fieldsvc.persistence.migrate` hands over."""

from alembic import context

from fieldsvc.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
