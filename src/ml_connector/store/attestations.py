"""Hours that somebody attested: this worklog, with these facts. Kept for good."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from ml_connector.store.database import chunks, from_time
from ml_connector.store.tables import attestations

INSERT = insert(attestations)
OF_WORKLOGS = select(attestations.c.worklog_id, attestations.c.facts).where(
    attestations.c.connection == bindparam("ours"), attestations.c.worklog_id.in_(bindparam("worklogs"))
)


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
        tx.execute(INSERT, rows)


def of_worklogs(tx: Connection, connection: str, worklog_ids: Collection[str]) -> set[tuple[str, str]]:
    """Ids and facts that were attested, among these worklogs."""
    found: set[tuple[str, str]] = set()
    for part in chunks(worklog_ids):
        rows = tx.execute(OF_WORKLOGS, {"ours": connection, "worklogs": part})
        found |= {(row.worklog_id, row.facts) for row in rows}
    return found
