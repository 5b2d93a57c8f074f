"""What was posted by hand before go-live, and the labor that orders carried by then."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "hand_postings",
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("connection", "worklog_id", "facts", "reference", "actor", "imported_at")
        ),
        sa.PrimaryKeyConstraint("connection", "worklog_id", name=op.f("pk_hand_postings")),
    )
    op.create_table(
        "opening_balances",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("connection", "order_key", "project")),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("as_of", "actor", "imported_at")),
        sa.PrimaryKeyConstraint("connection", "order_key", "project", name=op.f("pk_opening_balances")),
    )
