"""How Alembic runs the steps: on the connection, and in the transaction, of its caller."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    version_table=attributes["version_table"],
    target_metadata=attributes.get("metadata"),
    render_as_batch=True,
)
context.run_migrations()
