"""Remarks that were sent, or are about to be, and that nobody knows of whether they arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from ml_connector.store.database import from_time, to_time, upsert
from ml_connector.store.tables import remarks

ONE = (remarks.c.connection == bindparam("ours"), remarks.c.erp_key == bindparam("of_key"))
FIND = select(remarks).where(*ONE)
FORGET = delete(remarks).where(*ONE)


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark on an order's issue. `marker` is the word in it by which it is found, `facts` what it tells, `sent_at`
    the last moment at which it was sent.
    """

    erp_key: str
    marker: str
    text: str
    facts: Mapping[str, Any]
    sent_at: datetime


def intend(tx: Connection, connection: str, remark: Remark) -> None:
    """Store a remark that is about to be sent, in place of a former one."""
    row = {
        "connection": connection,
        "erp_key": remark.erp_key,
        "marker": remark.marker,
        "text": remark.text,
        "facts": dict(remark.facts),
        "sent_at": from_time(remark.sent_at),
    }
    upsert(tx, remarks, [row])


def find(tx: Connection, connection: str, erp_key: str) -> Remark | None:
    """The remark of an order that is on its way; None where none is."""
    row = tx.execute(FIND, {"ours": connection, "of_key": erp_key}).first()
    return None if row is None else Remark(row.erp_key, row.marker, row.text, row.facts, to_time(row.sent_at))


def forget(tx: Connection, connection: str, erp_key: str) -> None:
    """It has arrived, or was refused."""
    tx.execute(FORGET, {"ours": connection, "of_key": erp_key})
