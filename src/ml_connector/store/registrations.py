"""The webhook that a connection has in Jira, as Jira last listed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ml_connector.store.database import from_time, maybe_time, to_time, upsert
from ml_connector.store.tables import registrations


@dataclass(frozen=True, slots=True)
class Registration:
    """A webhook of ours. `expires` is None where it never ends; `checked` is when we last saw it in Jira's list."""

    kind: str
    webhook_id: str
    registered: datetime
    expires: datetime | None
    checked: datetime


def find(tx: Connection, connection: str) -> Registration | None:
    """The webhook of a connection; None where it never had one."""
    row = tx.execute(select(registrations).where(registrations.c.connection == connection)).first()
    if row is None:
        return None
    times = (to_time(row.registered_at), maybe_time(row.expires_at), to_time(row.checked_at))
    return Registration(row.kind, row.webhook_id, *times)


def keep(tx: Connection, connection: str, found: Registration) -> None:
    """Remember it."""
    row = {
        "connection": connection,
        "kind": found.kind,
        "webhook_id": found.webhook_id,
        "registered_at": from_time(found.registered),
        "expires_at": None if found.expires is None else from_time(found.expires),
        "checked_at": from_time(found.checked),
    }
    upsert(tx, registrations, [row])
