"""What a share's cost is made of: the rate's days, premiums, burdens, and the rounding of time."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0020"


def upgrade() -> None:
    """Add it to the shares; what is there has none of it."""
    op.add_column("shares", sa.Column("rate_from", sa.Text(), nullable=True))
    op.add_column("shares", sa.Column("known_since", sa.Text(), nullable=True))
    op.add_column("shares", sa.Column("premiums", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("shares", sa.Column("burden", sa.Text(), server_default="", nullable=False))
    op.add_column("shares", sa.Column("percent", sa.Text(), nullable=True))
    op.add_column("shares", sa.Column("rounded", sa.BigInteger(), server_default="0", nullable=False))
