"""Which postings in doubt were left by a worker that stopped before it told what became of its call."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0015"


def upgrade() -> None:
    """Add the column. A posting that is in doubt already is taken to be one that stopped: that errs to people."""
    op.add_column("postings", sa.Column("orphaned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE postings SET orphaned = TRUE WHERE state = 'in_doubt'")
