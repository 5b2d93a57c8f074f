"""Worklogs that the ERP refused: held until what they say changes, or a person lets them go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select

from ml_connector.store.database import chunks, from_time, to_time, upsert
from ml_connector.store.tables import holds

OURS = holds.c.connection == bindparam("ours")
ALL = select(holds).where(OURS).order_by(holds.c.held_at, holds.c.worklog_id)
OF_WORKLOGS = select(holds).where(OURS, holds.c.worklog_id.in_(bindparam("worklogs")))
RELEASE = delete(holds).where(OURS, holds.c.worklog_id == bindparam("worklog"))


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a worklog is not planned. `facts` is the fingerprint of what it said when it was refused; empty where its
    reversal was, which is the same whatever it says.
    """

    worklog_id: str
    facts: str
    reason: str
    reference: str
    held_at: datetime

    def refused(self, facts: str) -> str:
        """The ERP's text where it refused the cost of what the worklog says; empty where it did not."""
        return self.reason if self.facts == facts else ""

    @property
    def irreversible(self) -> str:
        """The ERP's text where it refused to reverse what stands; empty where it did not."""
        return self.reason if not self.facts else ""


def hold(
    tx: Connection, connection: str, worklog_id: str, facts: str, reason: str, reference: str, at: datetime
) -> None:
    """Hold a worklog; a newer refusal takes the place of an older one."""
    row = {
        "connection": connection,
        "worklog_id": worklog_id,
        "facts": facts,
        "reason": reason,
        "reference": reference,
        "held_at": from_time(at),
    }
    upsert(tx, holds, [row])


def held(tx: Connection, connection: str, worklog_ids: Collection[str]) -> dict[str, Hold]:
    """The holds among these worklogs, by worklog id."""
    found: dict[str, Hold] = {}
    for part in chunks(worklog_ids):
        rows = tx.execute(OF_WORKLOGS, {"ours": connection, "worklogs": part})
        found |= {row.worklog_id: _hold(row) for row in rows}
    return found


def release(tx: Connection, connection: str, worklog_id: str) -> bool:
    """Let a worklog be planned again; False where it was not held."""
    return tx.execute(RELEASE, {"ours": connection, "worklog": worklog_id}).rowcount > 0


def listing(tx: Connection, connection: str) -> list[Hold]:
    """All holds, oldest first."""
    return [_hold(row) for row in tx.execute(ALL, {"ours": connection})]


def _hold(row: Row[Any]) -> Hold:
    return Hold(row.worklog_id, row.facts, row.reason, row.reference, to_time(row.held_at))
