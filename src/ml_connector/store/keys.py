"""The queue of keys: what has to be looked at. Ten hints for one key are one piece of work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from ml_connector.store.database import chunks, from_time, upsert
from ml_connector.store.tables import keys

OURS = keys.c.connection == bindparam("ours")
THESE = keys.c.key.in_(bindparam("these"))
WAITING = select(keys.c.key, keys.c.hints).where(OURS).order_by(keys.c.key)
HINTS = select(keys.c.key, keys.c.hints).where(OURS, THESE)
DELETE = delete(keys).where(OURS, THESE)


def add(tx: Connection, connection: str, hinted: Iterable[str], at: datetime) -> None:
    """Queue keys. A key that is queued already counts one more hint, so that `done` can tell old from new."""
    wanted = sorted(set(hinted))
    present = _hints(tx, connection, wanted)
    rows = [
        {"connection": connection, "key": key, "hinted_at": from_time(at), "hints": present.get(key, 0) + 1}
        for key in wanted
    ]
    upsert(tx, keys, rows)


def waiting(tx: Connection, connection: str) -> dict[str, int]:
    """The queued keys, and how many hints each has."""
    rows = tx.execute(WAITING, {"ours": connection})
    return {key: hints for key, hints in rows}  # noqa: C416 - a row is not a pair to the type checker


def done(tx: Connection, connection: str, seen: Mapping[str, int]) -> None:
    """Take keys off the queue, but for those that were hinted again since they were read."""
    present = _hints(tx, connection, seen)
    finished = [key for key, hints in seen.items() if present.get(key) == hints]
    for part in chunks(finished):
        tx.execute(DELETE, {"ours": connection, "these": part})


def _hints(tx: Connection, connection: str, wanted: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in chunks(wanted):
        found |= {row.key: row.hints for row in tx.execute(HINTS, {"ours": connection, "these": part})}
    return found
