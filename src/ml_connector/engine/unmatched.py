"""The queue of people that nobody mapped, from what was last read: asks no vendor."""

from __future__ import annotations

from collections.abc import Mapping

from ml_connector.core.corrections import Fate
from ml_connector.core.labor import CostPolicy, hours_text
from ml_connector.core.money import Digits, Money, text_from_money
from ml_connector.core.orders import order_from_rows
from ml_connector.core.records import PurchaseOrder, Row
from ml_connector.core.unmatched import Logged, Unmatched, unmatched
from ml_connector.engine.discovery import JIRA
from ml_connector.store import erp_rows, lineage, snapshots, worklogs
from ml_connector.store.database import Database

Document = dict[str, object]


def queue(database: Database, connection: str, policy: CostPolicy) -> list[Document]:
    """Each account with its name as last discovered, hours, money by currency, and since when."""
    with database.read() as tx:
        held = [item.worklog for item in worklogs.everything(tx, connection) if item.state == Fate.LIVE]
        theirs = [each for each in held if each.author not in policy.people]
        standing = lineage.standing(tx, connection, {each.issue_id for each in theirs})
        wanted = {found.binding.order for found in standing.values() if found.binding.order}
        orders = _orders(list(erp_rows.of_owners(tx, connection, wanted)), policy.digits)
        seen = snapshots.find(tx, connection, JIRA)
    work = [
        Logged(each, orders[binding.order], binding.line)
        for each in theirs
        if each.issue_id in standing and (binding := standing[each.issue_id].binding).order in orders
    ]
    names = {each["account_id"]: each["name"] for each in seen.document.get("users", ())} if seen else {}
    return [_document(each, names, policy.digits) for each in unmatched(work, policy)]


def _orders(rows: list[Row], digits: Digits) -> dict[str, PurchaseOrder]:
    """The orders that can be read; hours on the others are told of by a finding about the order."""
    by_owner: dict[str, list[Row]] = {}
    for row in rows:
        by_owner.setdefault(row.owner, []).append(row)
    found = (order_from_rows(each, digits) for each in by_owner.values())
    return {each.key: each for each in found if isinstance(each, PurchaseOrder)}


def _document(each: Unmatched, names: Mapping[str, str], digits: Digits) -> Document:
    return {
        "account_id": each.account_id,
        "name": names.get(each.account_id, ""),
        "entries": each.entries,
        "hours": hours_text(each.seconds),
        "since": each.since.isoformat(),
        "costed_at_default": _amounts(each.costed, digits),
        "held_hours": hours_text(each.held),
        "held_at_most": _amounts(each.at_most, digits),
    }


def _amounts(sums: Mapping[str, Money], digits: Digits) -> dict[str, str]:
    return {currency: text_from_money(money, digits(currency)) for currency, money in sorted(sums.items())}
