"""Versions of connection files, with author and reason."""

import sqlalchemy as sa
from alembic import op

from ml_connector.store.tables import protection

revision = "0018"
down_revision = "0016"


def upgrade() -> None:
    """Make the table, and protect it."""
    op.create_table(
        "mapping_versions",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("at", "author", "reason", "mapping", "rates", "rules", "digest", "text")
        ),
        sa.PrimaryKeyConstraint("connection", "number", name=op.f("pk_mapping_versions")),
    )
    for command in protection(op.get_bind().dialect.name, ("mapping_versions",)):
        op.execute(command)
