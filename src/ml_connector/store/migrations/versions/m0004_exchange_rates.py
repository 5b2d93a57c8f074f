"""The exchange rate that a share was converted by."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add it to the shares; what is there was not converted."""
    op.add_column("shares", sa.Column("rate_currency", sa.Text(), server_default="", nullable=False))
    op.add_column("shares", sa.Column("exchange_rate", sa.Text(), nullable=True))
    op.add_column("shares", sa.Column("exchange_source", sa.Text(), server_default="", nullable=False))
