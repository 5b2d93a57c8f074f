"""What people state about a posting that nobody is certain about. Kept for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from ml_connector.store.database import from_time
from ml_connector.store.tables import statements

INSERT = insert(statements)
ACTORS = select(statements.c.actor).where(
    statements.c.reference == bindparam("one"),
    statements.c.verdict == bindparam("verdict"),
    statements.c.stated_at >= bindparam("since"),
)


def state(tx: Connection, reference: str, verdict: str, actor: str, at: datetime) -> None:
    """Keep what somebody states."""
    row = {"reference": reference, "verdict": verdict, "actor": actor, "stated_at": from_time(at)}
    tx.execute(INSERT, row)


def actors(tx: Connection, reference: str, verdict: str, since: datetime) -> set[str]:
    """Who stated this since."""
    return set(tx.scalars(ACTORS, {"one": reference, "verdict": verdict, "since": from_time(since)}))
