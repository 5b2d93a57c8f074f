"""Entries that a person let pass a rule: this worklog, with these facts. Kept for good."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from ml_connector.store.database import chunks, from_time, upsert
from ml_connector.store.tables import rule_releases

OF_WORKLOGS = select(rule_releases.c.worklog_id, rule_releases.c.rule, rule_releases.c.facts).where(
    rule_releases.c.connection == bindparam("ours"), rule_releases.c.worklog_id.in_(bindparam("worklogs"))
)


def release(
    tx: Connection, connection: str, worklog_id: str, rules: Collection[str], facts: str, actor: str, at: datetime
) -> None:
    """Keep that a worklog may pass some rules as long as it says what it says now."""
    row = {
        "connection": connection,
        "worklog_id": worklog_id,
        "facts": facts,
        "actor": actor,
        "released_at": from_time(at),
    }
    upsert(tx, rule_releases, [{**row, "rule": rule} for rule in sorted(rules)])


def of_worklogs(tx: Connection, connection: str, worklog_ids: Collection[str]) -> dict[tuple[str, str], frozenset[str]]:
    """The rules that may be passed, by worklog and the facts that it had."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for part in chunks(worklog_ids):
        for row in tx.execute(OF_WORKLOGS, {"ours": connection, "worklogs": part}):
            key = row.worklog_id, row.facts
            found[key] = found.get(key, frozenset()) | {row.rule}
    return found
