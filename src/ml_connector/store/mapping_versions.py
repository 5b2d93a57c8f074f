"""Every version of a connection's file that was worked by: its text, who put it there, and why. Kept for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, insert, select

from ml_connector.core.journal import fingerprint
from ml_connector.store.database import from_time, to_time
from ml_connector.store.tables import mapping_versions

FOUND = "file"
"""Author of a version that was found on disk: somebody edited the file and told nobody."""
INSERT = insert(mapping_versions)
ALL = (
    select(mapping_versions)
    .where(mapping_versions.c.connection == bindparam("ours"))
    .order_by(mapping_versions.c.number.desc())
)


@dataclass(frozen=True, slots=True)
class Hashes:
    """The versions that ledger entries name."""

    mapping: str
    rates: str
    rules: str


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """One version of a file. `number` counts from 1 in each connection."""

    number: int
    at: datetime
    author: str
    reason: str
    hashes: Hashes
    text: str


def note(
    tx: Connection, connection: str, text: str, hashes: Hashes, author: str, reason: str, at: datetime
) -> int | None:
    """Keep a version, unless it is the last one already; its number, None where nothing was new.

    A person's word about a version that was only found is news.
    """
    last = latest(tx, connection)
    if last is not None and last.text == text and (last.author != FOUND or author == FOUND):
        return None
    number = 1 if last is None else last.number + 1
    row = {
        "connection": connection,
        "number": number,
        "at": from_time(at),
        "author": author,
        "reason": reason,
        "mapping": hashes.mapping,
        "rates": hashes.rates,
        "rules": hashes.rules,
        "digest": fingerprint(text),
        "text": text,
    }
    tx.execute(INSERT, row)
    return number


def latest(tx: Connection, connection: str) -> MappingVersion | None:
    """The last version; None before the first."""
    row = tx.execute(ALL.limit(1), {"ours": connection}).first()
    return None if row is None else _version(row)


def history(tx: Connection, connection: str) -> tuple[MappingVersion, ...]:
    """All versions, the last one first."""
    return tuple(_version(row) for row in tx.execute(ALL, {"ours": connection}))


def _version(row: Row[tuple[object, ...]]) -> MappingVersion:
    hashes = Hashes(row.mapping, row.rates, row.rules)
    return MappingVersion(row.number, to_time(row.at), row.author, row.reason, hashes, row.text)
