"""What people state about postings in doubt."""

import sqlalchemy as sa
from alembic import op

from ml_connector.store.tables import protection

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make their table, and protect it."""
    op.create_table(
        "statements",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("stated_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["postings.reference"], name=op.f("fk_statements_reference_postings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
    )
    op.create_index("ix_statements_reference", "statements", ["reference"])
    for command in protection(op.get_bind().dialect.name, ("statements",)):
        op.execute(command)
