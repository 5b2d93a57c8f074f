"""Our copy of the ERP's rows, as they were last read: strings under neutral names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from ml_connector.core.journal import fingerprint
from ml_connector.core.orders import USER_FIELD
from ml_connector.core.records import Kind, Row
from ml_connector.store.database import chunks, from_time, upsert
from ml_connector.store.tables import erp_rows

OURS = erp_rows.c.connection == bindparam("ours")
HASHES = select(erp_rows.c.kind, erp_rows.c.key, erp_rows.c.hash).where(OURS, erp_rows.c.key.in_(bindparam("keys")))
OF_OWNERS = (
    select(erp_rows).where(OURS, erp_rows.c.owner.in_(bindparam("owners"))).order_by(erp_rows.c.kind, erp_rows.c.key)
)
OWNERS = (
    select(erp_rows.c.key)
    .where(OURS, erp_rows.c.kind == bindparam("kind"), erp_rows.c.deleted.is_(False))
    .order_by(erp_rows.c.key)
)
ROW = select(erp_rows.c.owner, erp_rows.c.fields, erp_rows.c.deleted).where(
    OURS, erp_rows.c.kind == bindparam("kind"), erp_rows.c.key == bindparam("key")
)


def take(tx: Connection, connection: str, rows: Sequence[Row], at: datetime) -> set[str]:
    """Keep rows, and return the owners of those whose content is new. The same content again changes nothing."""
    fresh = {(row.kind, row.key): row for row in rows}
    held = _hashes(tx, connection, [row.key for row in fresh.values()])
    changed = [row for (kind, key), row in fresh.items() if held.get((kind.value, key)) != _hash(row)]
    upsert(tx, erp_rows, [_values(connection, row, at) for row in changed])
    return {row.owner for row in changed}


def _hash(row: Row) -> str:
    return fingerprint([dict(row.fields), row.owner, row.deleted])


def _values(connection: str, row: Row, at: datetime) -> dict[str, Any]:
    return {
        "connection": connection,
        "kind": row.kind.value,
        "key": row.key,
        "owner": row.owner,
        "fields": dict(row.fields),
        "hash": _hash(row),
        "deleted": row.deleted,
        "changed_at": from_time(at),
    }


def _hashes(tx: Connection, connection: str, keys: Collection[str]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for part in chunks(keys):
        rows = tx.execute(HASHES, {"ours": connection, "keys": part})
        found |= {(kind, key): content for kind, key, content in rows}
    return found


def of_owners(tx: Connection, connection: str, owners: Collection[str]) -> Iterator[Row]:
    """All rows of these orders and projects."""
    for part in chunks(owners):
        for row in tx.execute(OF_OWNERS, {"ours": connection, "owners": part}):
            yield Row(Kind(row.kind), row.key, row.owner, row.fields, row.deleted)


def owners(tx: Connection, connection: str, kind: Kind) -> list[str]:
    """The keys of all orders or projects that we hold."""
    return list(tx.scalars(OWNERS, {"ours": connection, "kind": kind.value}))


def held(tx: Connection, connection: str, kind: Kind) -> dict[str, str]:
    """The keys of a kind that we hold, each with its owner."""
    where = (erp_rows.c.connection == connection, erp_rows.c.kind == kind.value, erp_rows.c.deleted.is_(False))
    return {row.key: row.owner for row in tx.execute(select(erp_rows.c.key, erp_rows.c.owner).where(*where))}


def drop(tx: Connection, connection: str, kind: Kind, gone: Collection[str], at: datetime) -> None:
    """Mark rows as deleted. One that is read again is news, and counts again."""
    for part in chunks(gone):
        where = (erp_rows.c.connection == connection, erp_rows.c.kind == kind.value, erp_rows.c.key.in_(part))
        tx.execute(update(erp_rows).where(*where).values(deleted=True, hash="", changed_at=from_time(at)))


def note_fields(tx: Connection, connection: str, kind: Kind, key: str, values: Mapping[str, str], at: datetime) -> None:
    """Put what we wrote ourselves into our copy, so that it does not come back as a change."""
    row = tx.execute(ROW, {"ours": connection, "kind": kind.value, "key": key}).one()
    fields = {**row.fields, **{f"{USER_FIELD}{name}": value for name, value in values.items()}}
    upsert(tx, erp_rows, [_values(connection, Row(kind, key, row.owner, fields, row.deleted), at)])


def absent(tx: Connection, connection: str, kind: Kind, present: Collection[str]) -> set[str]:
    """The keys that we hold and that a full listing no longer showed."""
    return set(owners(tx, connection, kind)) - set(present)
