"""What a person should know or mend. A finding stays open until the work that found it no longer finds it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from ml_connector.core.document import finding_document
from ml_connector.core.money import Digits, Money
from ml_connector.core.records import Finding, Severity
from ml_connector.store.database import chunks, from_time, to_time
from ml_connector.store.tables import findings

OPEN = (
    select(findings)
    .where(findings.c.connection == bindparam("ours"), findings.c.resolved_at.is_(None))
    .order_by(findings.c.first_seen, findings.c.id)
)
OPEN_OF_SCOPE = OPEN.where(findings.c.scope == bindparam("of_scope"))
INSERT = insert(findings)
UPDATE = update(findings).where(findings.c.id == bindparam("one"))
RESOLVE = update(findings).where(findings.c.id.in_(bindparam("gone"))).values(resolved_at=bindparam("at"))


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """A finding that still holds, and since when."""

    finding: Finding
    first_seen: datetime
    last_seen: datetime

    def document(self, digits: Digits) -> dict[str, object]:
        """As JSON takes it."""
        seen = {"first_seen": self.first_seen.isoformat(), "last_seen": self.last_seen.isoformat()}
        return {**finding_document(self.finding, digits), **seen}


def record(
    tx: Connection,
    connection: str,
    scope: str,
    found: Sequence[Finding],
    at: datetime,
    looked_at: Collection[str] | None = None,
) -> None:
    """Keep what was found, and resolve the scope's open findings that were looked at again and are gone.

    `looked_at` are the subjects that this look covered; None where it covered all of the scope.
    """
    held = {(row.code, row.subject): row for row in tx.execute(OPEN_OF_SCOPE, {"ours": connection, "of_scope": scope})}
    news = {(finding.code, finding.subject): finding for finding in found}
    now = from_time(at)
    fresh = [_values(connection, scope, finding, now) for key, finding in news.items() if key not in held]
    if fresh:
        tx.execute(INSERT, fresh)
    for key in news.keys() & held.keys():
        values = {**_values(connection, scope, news[key], now), "first_seen": held[key].first_seen}
        tx.execute(UPDATE, {**values, "one": held[key].id})
    gone = [row.id for key, row in held.items() if key not in news and (looked_at is None or row.subject in looked_at)]
    for part in chunks(gone):
        tx.execute(RESOLVE, {"gone": part, "at": now})


def _values(connection: str, scope: str, finding: Finding, now: str) -> dict[str, Any]:
    amount = finding.amount
    return {
        "connection": connection,
        "scope": scope,
        "code": finding.code,
        "subject": finding.subject,
        "message": finding.message,
        "remedy": finding.remedy,
        "severity": finding.severity.value,
        "owner": finding.owner,
        "amount_minor": None if amount is None else amount.minor,
        "currency": None if amount is None else amount.currency,
        "first_seen": now,
        "last_seen": now,
    }


def open_findings(tx: Connection, connection: str) -> list[OpenFinding]:
    """The findings that still hold, oldest first."""
    return [
        OpenFinding(_finding(row), to_time(row.first_seen), to_time(row.last_seen))
        for row in tx.execute(OPEN, {"ours": connection})
    ]


def _finding(row: Row[Any]) -> Finding:
    return Finding(
        code=row.code,
        subject=row.subject,
        message=row.message,
        remedy=row.remedy,
        severity=Severity(row.severity),
        owner=row.owner,
        amount=None if row.amount_minor is None else Money(row.amount_minor, row.currency),
    )
