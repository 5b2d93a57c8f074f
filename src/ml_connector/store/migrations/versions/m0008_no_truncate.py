"""PostgreSQL empties a table without touching a row: that is refused too."""

from alembic import op

from ml_connector.store.tables import no_truncate

revision = "0008"
down_revision = "0007"

FIRST = ("posting_lines", "shares", "posting_events", "audit", "approvals")
"""The tables that were protected before; later ones are made with this protection."""


def upgrade() -> None:
    """Add the triggers. SQLite knows no TRUNCATE."""
    if op.get_bind().dialect.name == "postgresql":
        for table in FIRST:
            op.execute(no_truncate(table))
