"""Worklogs that a person takes out of the ledger: not costed until they are given back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from ml_connector.store.database import chunks, from_time, to_time, upsert
from ml_connector.store.tables import withdrawals

THESE = (withdrawals.c.connection == bindparam("ours"), withdrawals.c.worklog_id.in_(bindparam("worklogs")))
OF_WORKLOGS = select(withdrawals).where(*THESE)
DELETE = delete(withdrawals).where(*THESE)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Who took a worklog out, and why."""

    worklog_id: str
    actor: str
    reason: str
    withdrawn_at: datetime


def withdraw(
    tx: Connection, connection: str, worklog_ids: Collection[str], actor: str, reason: str, at: datetime
) -> None:
    """Take worklogs out. One that is out already stays with its first reason."""
    out = {item.worklog_id for item in of_worklogs(tx, connection, worklog_ids)}
    rows = [
        {
            "connection": connection,
            "worklog_id": worklog_id,
            "actor": actor,
            "reason": reason,
            "withdrawn_at": from_time(at),
        }
        for worklog_id in worklog_ids
        if worklog_id not in out
    ]
    upsert(tx, withdrawals, rows)


def give_back(tx: Connection, connection: str, worklog_ids: Collection[str]) -> None:
    """Let worklogs be costed again."""
    for part in chunks(worklog_ids):
        tx.execute(DELETE, {"ours": connection, "worklogs": part})


def of_worklogs(tx: Connection, connection: str, worklog_ids: Collection[str]) -> list[Withdrawal]:
    """The withdrawals among these worklogs."""
    found: list[Withdrawal] = []
    for part in chunks(worklog_ids):
        found += [
            Withdrawal(row.worklog_id, row.actor, row.reason, to_time(row.withdrawn_at))
            for row in tx.execute(OF_WORKLOGS, {"ours": connection, "worklogs": part})
        ]
    return found
