"""The order that a binding belongs to: a line of an order may have an issue of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column. What was bound so far are orders and projects, which own themselves."""
    op.add_column("bindings", sa.Column("owner", sa.Text(), nullable=False, server_default=""))
    op.execute(sa.text("UPDATE bindings SET owner = erp_key"))
    op.create_index("ix_bindings_owner", "bindings", ["connection", "owner"])
