"""Entries that a person let pass a rule, and the comments that rules may read."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make their table, and room for comments."""
    op.create_table(
        "rule_releases",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("worklog_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("released_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "worklog_id", "rule", "facts", name=op.f("pk_rule_releases")),
    )
    op.add_column("worklogs", sa.Column("comment", sa.Text(), nullable=False, server_default=""))
