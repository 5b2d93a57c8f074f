"""The audit trail: who did what to what, chained by hashes so that a change of the past shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from ml_connector.core.journal import fingerprint
from ml_connector.store.database import from_time
from ml_connector.store.tables import audit

GENESIS = ""
"""What the first entry follows."""

LAST = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
HASH = select(audit.c.hash).where(audit.c.seq == bindparam("seq"))
CHAIN = select(audit).order_by(audit.c.seq)
COUNT = select(func.count()).select_from(audit)
INSERT = insert(audit)


def append(tx: Connection, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, object]) -> None:
    """Add an entry after the last. Call it inside the transaction that does what it tells."""
    last = tx.execute(LAST).one_or_none()
    row: dict[str, Any] = {
        "seq": 1 if last is None else last.seq + 1,
        "at": from_time(at),
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": dict(detail),
        "previous": GENESIS if last is None else last.hash,
    }
    tx.execute(INSERT, {**row, "hash": fingerprint(row)})


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of the chain: who knows it knows whether anything before it was changed."""

    seq: int
    hash: str


def head(tx: Connection) -> Head | None:
    """The last entry; None where there is none."""
    row = tx.execute(LAST).one_or_none()
    return None if row is None else Head(row.seq, row.hash)


def lacks(tx: Connection, anchors: Iterable[Head]) -> Head | None:
    """The first of the heads kept elsewhere that the chain does not hold as it was; None where it holds them all."""
    for anchor in anchors:
        if tx.scalar(HASH, {"seq": anchor.seq}) != anchor.hash:
            return anchor
    return None


def verify(tx: Connection) -> int | None:
    """The number of the first entry that does not follow from those before it; None where all do."""
    previous, expected = GENESIS, 1
    for row in tx.execute(CHAIN):
        if row.seq != expected or row.previous != previous or fingerprint(_content(row)) != row.hash:
            return expected
        previous, expected = row.hash, expected + 1
    return None


def _content(row: Row[Any]) -> dict[str, Any]:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's documented name for a row by its columns
    return {name: value for name, value in values.items() if name != "hash"}


def count(tx: Connection) -> int:
    """How many entries there are."""
    return tx.scalar(COUNT) or 0
