"""Hours that somebody attested before they are posted."""

import sqlalchemy as sa
from alembic import op

from ml_connector.store.tables import protection

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make their table, and protect it."""
    op.create_table(
        "attestations",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("worklog_id", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("attested_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "worklog_id", "facts", name=op.f("pk_attestations")),
    )
    for command in protection(op.get_bind().dialect.name, ("attestations",)):
        op.execute(command)
