"""All tables of the first release."""

from alembic import context, op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    context.config.attributes["metadata"].create_all(op.get_bind())
