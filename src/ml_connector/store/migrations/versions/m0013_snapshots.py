"""What the vendors offer to choose from, as it was last read."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0022"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "snapshots",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("read_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "vendor", name=op.f("pk_snapshots")),
    )
