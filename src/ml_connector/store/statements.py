"""What people state about a posting that nobody is certain about. Kept for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from ml_connector.store.database import from_time
from ml_connector.store.tables import statements


def state(tx: Connection, reference: str, verdict: str, actor: str, at: datetime) -> None:
    """Keep what somebody states."""
    row = {"reference": reference, "verdict": verdict, "actor": actor, "stated_at": from_time(at)}
    tx.execute(insert(statements), [row])


def actors(tx: Connection, reference: str, verdict: str, since: datetime) -> set[str]:
    """Who stated this since."""
    where = (
        statements.c.reference == reference,
        statements.c.verdict == verdict,
        statements.c.stated_at >= from_time(since),
    )
    return set(tx.scalars(select(statements.c.actor).where(*where)))
