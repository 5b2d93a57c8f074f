"""Worklogs that finance had posted by hand before go-live: never posted by us, and watched all the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from ml_connector.store.database import chunks, from_time, upsert
from ml_connector.store.tables import hand_postings

OURS = hand_postings.c.connection == bindparam("ours")
THESE = hand_postings.c.worklog_id.in_(bindparam("worklogs"))
ALL = select(hand_postings).where(OURS).order_by(hand_postings.c.worklog_id)
DELETE = delete(hand_postings).where(OURS, THESE)


@dataclass(frozen=True, slots=True)
class HandPosting:
    """A worklog, what it said when finance posted it (`facts`), and finance's own reference for that."""

    worklog_id: str
    facts: str
    reference: str


def keep(tx: Connection, connection: str, posted: Iterable[HandPosting], actor: str, at: datetime) -> None:
    """Remember what was posted by hand; what is told again takes the place of what was told before."""
    rows = [
        {
            "connection": connection,
            "worklog_id": each.worklog_id,
            "facts": each.facts,
            "reference": each.reference,
            "actor": actor,
            "imported_at": from_time(at),
        }
        for each in posted
    ]
    upsert(tx, hand_postings, rows)


def forget(tx: Connection, connection: str, worklog_ids: Collection[str]) -> int:
    """Let worklogs be costed by us after all. Returns how many there were."""
    return sum(
        tx.execute(DELETE, {"ours": connection, "worklogs": list(part)}).rowcount for part in chunks(worklog_ids)
    )


def of_worklogs(tx: Connection, connection: str, worklog_ids: Collection[str]) -> dict[str, HandPosting]:
    """Those of these worklogs that were posted by hand, by their ids."""
    found: dict[str, HandPosting] = {}
    for part in chunks(worklog_ids):
        rows = tx.execute(ALL.where(THESE), {"ours": connection, "worklogs": list(part)})
        found |= {row.worklog_id: HandPosting(row.worklog_id, row.facts, row.reference) for row in rows}
    return found


def everything(tx: Connection, connection: str) -> list[HandPosting]:
    """All of a connection."""
    rows = tx.execute(ALL, {"ours": connection})
    return [HandPosting(row.worklog_id, row.facts, row.reference) for row in rows]
