"""Routes of every router flavour in one table."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what routes of the expressions flavour have."""
    with op.batch_alter_table("routes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("expression", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("priority", sa.BigInteger(), nullable=True))
