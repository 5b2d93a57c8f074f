"""What a plan is for: a newer one supersedes only those of its own purpose."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column: every plan so far posted hours as they came."""
    op.add_column("plans", sa.Column("purpose", sa.Text(), nullable=False, server_default="hours"))
