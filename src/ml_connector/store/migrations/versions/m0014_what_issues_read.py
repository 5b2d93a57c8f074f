"""What an issue was read to say where a person changed it; and remarks on the way to an issue."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column and make the table."""
    op.add_column("bindings", sa.Column("seen", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "remarks",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("erp_key", sa.Text(), nullable=False),
        sa.Column("marker", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("sent_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "erp_key", name=op.f("pk_remarks")),
    )
