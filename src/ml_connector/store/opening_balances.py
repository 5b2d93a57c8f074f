"""The labor that orders carried before go-live: it uses up what they authorize, and we post none of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, delete, select

from ml_connector.core.money import Money
from ml_connector.store.database import from_time, upsert
from ml_connector.store.tables import opening_balances

OURS = opening_balances.c.connection == bindparam("ours")
ALL = select(opening_balances).where(OURS).order_by(opening_balances.c.order_key, opening_balances.c.project)
CLEAR = delete(opening_balances).where(OURS)


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """Labor of an order on a project (empty for none), in the order's currency, as of a day, that day included."""

    order: str
    project: str
    amount: Money
    seconds: int
    as_of: date


def replace(tx: Connection, connection: str, balances: Iterable[OpeningBalance], actor: str, at: datetime) -> None:
    """Keep these, and none that were kept before: a file of opening balances is always the whole of them."""
    tx.execute(CLEAR, {"ours": connection})
    rows = [
        {
            "connection": connection,
            "order_key": each.order,
            "project": each.project,
            "amount_minor": each.amount.minor,
            "currency": each.amount.currency,
            "seconds": each.seconds,
            "as_of": each.as_of.isoformat(),
            "actor": actor,
            "imported_at": from_time(at),
        }
        for each in balances
    ]
    upsert(tx, opening_balances, rows)


def everything(tx: Connection, connection: str) -> list[OpeningBalance]:
    """All of a connection."""
    return [
        OpeningBalance(
            row.order_key,
            row.project,
            Money(row.amount_minor, row.currency),
            row.seconds,
            date.fromisoformat(row.as_of),
        )
        for row in tx.execute(ALL, {"ours": connection})
    ]
