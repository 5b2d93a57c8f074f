"""Hours that somebody attested: this worklog, with these facts. Kept for good."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select

from ml_connector.store.database import chunks, from_time
from ml_connector.store.tables import attestations


def attest(tx: Connection, connection: str, hours: Mapping[str, str], actor: str, at: datetime) -> None:
    """Keep that somebody attested worklogs, by id, with the fingerprints of what they said."""
    rows = [
        {
            "connection": connection,
            "worklog_id": worklog_id,
            "facts": facts,
            "actor": actor,
            "attested_at": from_time(at),
        }
        for worklog_id, facts in hours.items()
    ]
    if rows:
        tx.execute(insert(attestations), rows)


def of_worklogs(tx: Connection, connection: str, worklog_ids: Collection[str]) -> set[tuple[str, str]]:
    """Ids and facts that were attested, among these worklogs."""
    found: set[tuple[str, str]] = set()
    for part in chunks(worklog_ids):
        where = (attestations.c.connection == connection, attestations.c.worklog_id.in_(part))
        found |= {(row.worklog_id, row.facts) for row in tx.execute(select(attestations).where(*where))}
    return found
