"""How far each stream of a connection has been read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from ml_connector.store.database import from_time, upsert
from ml_connector.store.tables import cursors

ALL = select(cursors.c.stream, cursors.c.position).where(cursors.c.connection == bindparam("ours"))
ONE = select(cursors.c.position).where(
    cursors.c.connection == bindparam("ours"), cursors.c.stream == bindparam("stream")
)


def read(tx: Connection, connection: str, stream: str) -> str | None:
    """The position of a stream, None before its first reading."""
    return tx.scalar(ONE, {"ours": connection, "stream": stream})


def read_all(tx: Connection, connection: str) -> dict[str, str]:
    """The positions of all streams that were read before."""
    return {row.stream: row.position for row in tx.execute(ALL, {"ours": connection})}


def move(tx: Connection, connection: str, stream: str, position: str, at: datetime) -> None:
    """Move a stream. Only after everything before the position is stored."""
    row = {"connection": connection, "stream": stream, "position": position, "moved_at": from_time(at)}
    upsert(tx, cursors, [row])
