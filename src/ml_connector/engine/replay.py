"""Working something off again: an order, a batch or some days. State is compared, so that nothing is doubled."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import Connection as Transaction

from ml_connector.core.records import Kind
from ml_connector.engine.lane import Lane
from ml_connector.engine.lineage import follow
from ml_connector.engine.poll import hint, order_key
from ml_connector.errors import Refused
from ml_connector.store import audit, bindings, erp_rows, keys, lineage, plans, postings, worklogs

MARGIN = timedelta(days=1)
"""Days are counted in the writer's zone there and in ours here."""


def replay(lane: Lane, subject: str, first: date | None, last: date | None, actor: str) -> list[str]:
    """Read the hours in question from Jira again by their ids, and queue their orders. Returns the queued keys.

    `subject` is an order, a reference or the beginning of a plan's hash; empty for all hours that started on the days
    from `first` to `last`. Raises Refused for a subject that we do not know.
    """
    now = lane.clock.now()
    with lane.database.read() as tx:
        orders = _orders(tx, lane, subject) if subject else []
        ids = _worklogs(tx, lane, orders) if subject else _of_days(tx, lane, first, last)
    found = lane.jira.worklogs(sorted(ids)) if ids else ()
    follow(lane, {worklog.issue_id for worklog in found})
    with lane.database.begin() as tx:
        lane.guard(tx)
        touched = worklogs.take(tx, lane.name, found, now)
        hint(tx, lane, touched)
        bound = lineage.standing(tx, lane.name, {worklog.issue_id for worklog in found}).values()
        queued = {order_key(Kind.PURCHASE_ORDER, order) for order in orders}
        queued |= {order_key(each.binding.kind, each.binding.erp_key) for each in bound}
        keys.add(tx, lane.name, queued, now)
        facts = {"first": first and first.isoformat(), "last": last and last.isoformat(), "keys": sorted(queued)}
        audit.append(tx, now, actor, "replayed", subject or "days", facts)
    return sorted(queued)


def _orders(tx: Transaction, lane: Lane, subject: str) -> list[str]:
    """The orders that a subject is about."""
    if subject in erp_rows.owners(tx, lane.name, Kind.PURCHASE_ORDER):
        return [subject]
    posting = postings.find(tx, lane.name, subject)
    if posting is not None:
        references = [subject]
    else:
        try:
            references = postings.of_plan(tx, lane.name, plans.find(tx, lane.name, subject).hash)
        except Refused:
            raise Refused(
                f"Connection {lane.name} knows no order, posting or plan called {subject}.",
                remedy="Give an order as `ml-connector budget` names it, a reference, or the hash of a plan.",
            ) from None
    found = [postings.load(tx, lane.name, reference) for reference in references]
    return sorted({share.order for each in found for part in each.lines for share in part.shares})


def _worklogs(tx: Transaction, lane: Lane, orders: Collection[str]) -> set[str]:
    issues = {binding.issue_id for binding in bindings.of_orders(tx, lane.name, orders) if binding.issue_id}
    there = worklogs.of_issues(tx, lane.name, sorted(issues | lineage.heirs(tx, lane.name, issues)))
    return {item.worklog.id for item in there} | postings.worklogs_of_orders(tx, lane.name, orders)


def _of_days(tx: Transaction, lane: Lane, first: date | None, last: date | None) -> set[str]:
    since = worklogs.started_since(tx, lane.name, (first or date.min + MARGIN) - MARGIN)
    until = (last or date.max - MARGIN) + MARGIN
    return {item.worklog.id for item in since if item.worklog.started.date() <= until}
