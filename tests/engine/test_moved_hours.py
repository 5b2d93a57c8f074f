"""Hours that move between orders. Goal: no order carries what is no longer logged on it, and plans stay comparable."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engine.acme import START, Acme
from engine.ledger_oracle import owed
from ml_connector.core.document import plan_document
from ml_connector.demo.connection import NAME
from ml_connector.engine.planning import plan_again, plan_keys

YESTERDAY = START.date() - timedelta(days=1)


def key(order: dict[str, Any]) -> str:
    """An order as the work queue names it."""
    return f"purchase_order:{order['company']}/{order['number']}/{order['release']}/{order['code']}"


def issue(order: dict[str, Any]) -> str:
    """The issue of an order."""
    return str(order["fields"]["PurchaseOrderUserField5"])


def unprojected(acme: Acme) -> dict[str, Any]:
    """An order that cannot be charged: one of its lines names no project."""
    return next(
        order
        for order in acme.orders(company="1000", closed=False)
        if order["lines"]
        and all(line["distributions"] for line in order["lines"])
        and any(not part["project"] for line in order["lines"] for part in line["distributions"])
    )


def moved(acme: Acme, target: dict[str, Any]) -> None:
    """Somebody's posted hours are moved in bulk to another order's issue; another person's stay."""
    acme.log(issue(acme.chargeable()), 3600, YESTERDAY)
    acme.log(issue(acme.chargeable()), 1800, YESTERDAY, 1)
    acme.post()
    assert acme.labor()
    entry = acme.control("GET", "/books/worklogs")[0]
    acme.world.jira.move_worklog(entry["id"], acme.world.jira.issue(issue(target)).id)
    acme.sync(sweeping=True)


def test_hours_that_move_where_they_cannot_be_charged_leave_their_old_order(acme: Acme) -> None:
    """The old cost is reversed at once; the new one waits with a finding."""
    acme.sync()
    moved(acme, unprojected(acme))
    acme.post()
    assert acme.labor() == owed(acme) != {}
    assert "order_without_project" in acme.findings().values()
    acme.check_ledger()


def test_a_plan_for_one_of_two_orders_is_the_same_when_it_is_made_again(acme: Acme) -> None:
    """Which orders happened to be queued must not show in what is approved: it would never hold."""
    acme.sync()
    (there,) = [
        order
        for order in acme.orders(company="1000", currency="JPY", closed=False)
        if len(order["lines"]) == 1 and order["lines"][0]["distributions"][0]["project"]
    ][:1]
    moved(acme, there)
    lane = acme.installed.lane(NAME)
    plan, _ = plan_keys(lane, [key(there)])
    proposal = plan.only(plan.postings)
    assert {share.order for posting in proposal.postings for share in posting.draft.shares} == {
        key(acme.chargeable()).partition(":")[2],
        key(there).partition(":")[2],
    }
    document: dict[str, Any] = plan_document(proposal, lane.policy.cost.digits)
    assert plan_again(lane, document).hash == proposal.hash
