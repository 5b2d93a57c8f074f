"""What a vendor offers to choose from, as it was last read: pick lists that need no vendor to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from ml_connector.store.database import from_time, to_time, upsert
from ml_connector.store.tables import snapshots

OF_VENDOR = select(snapshots).where(
    snapshots.c.connection == bindparam("ours"), snapshots.c.vendor == bindparam("of_vendor")
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document, and when it was read."""

    document: Mapping[str, Any]
    read_at: datetime


def keep(tx: Connection, connection: str, vendor: str, document: Mapping[str, Any], at: datetime) -> None:
    """Keep a document in place of the former one."""
    row = {"connection": connection, "vendor": vendor, "document": dict(document), "read_at": from_time(at)}
    upsert(tx, snapshots, [row])


def find(tx: Connection, connection: str, vendor: str) -> Snapshot | None:
    """The last document of a vendor; None where nothing was ever read."""
    row = tx.execute(OF_VENDOR, {"ours": connection, "of_vendor": vendor}).first()
    return None if row is None else Snapshot(row.document, to_time(row.read_at))
