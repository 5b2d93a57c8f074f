"""Worklogs whose cost a person takes out of the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "withdrawals",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("worklog_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "worklog_id", name=op.f("pk_withdrawals")),
    )
