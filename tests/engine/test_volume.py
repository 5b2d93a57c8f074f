"""How often the vendors are asked: limits are shared with everybody else who uses them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.acme import START, Acme

pytestmark = pytest.mark.slow

SCALE = 40
ORDERS = 25 * SCALE
WORKLOGS = 5000
PAGE_ROWS = 1000
BATCH_ROWS = 50


@pytest.mark.slow
def test_a_thousand_orders_take_few_calls(make_acme: Callable[..., Acme]) -> None:
    """Creating takes 20 calls of 50, reading one call a page, writing back keys one call for 50 orders, and statuses of
    closed ones one more.
    """
    acme = make_acme(scale=SCALE)
    acme.world.calls.clear()
    acme.sync()
    assert len(acme.control("GET", "/books/issues")) >= ORDERS
    calls = acme.calls()
    creates = sum(count for call, count in calls["jira"].items() if call.endswith("/issue/bulk"))
    projects = len(acme.control("GET", "/books/projects"))
    assert creates <= math.ceil((ORDERS + projects) / 50)
    orders = acme.control("GET", "/books/orders")
    rows = {
        "PurchaseOrder": len(orders),
        "PurchaseOrderLine": sum(len(order["lines"]) for order in orders),
        "PurchaseOrderLineDistribution": sum(len(line["distributions"]) for o in orders for line in o["lines"]),
        "Project": projects,
    }
    for name, count in rows.items():
        lists = sum(n for call, n in calls["cloudsuite"].items() if f"/classes/{name}/lists/" in call)
        assert lists <= 1 + math.ceil(count / PAGE_ROWS), name
    writes = sum(n for call, n in calls["cloudsuite"].items() if "/PurchaseOrder/actions/" in call)
    assert writes <= math.ceil(ORDERS / BATCH_ROWS) + 1


@pytest.mark.slow
def test_five_thousand_entries_take_few_calls(acme: Acme) -> None:
    """A first reading follows the feed by thousands: six pages, five lists, one page of deletions."""
    acme.sync()
    site = acme.world.jira
    keys = [order["fields"]["PurchaseOrderUserField5"] for order in acme.orders(closed=False)]
    for number in range(WORKLOGS):
        acme.clock.advance(0.01)
        issue = site.issue(keys[number % len(keys)])
        who = site.people()[number % 5].account_id
        site.add_worklog(issue.id, who, START - timedelta(days=number % 20), 60)
    acme.calls()
    acme.sync()
    calls = acme.calls()["jira"]
    assert sum(count for call, count in calls.items() if "/worklog/" in call) <= 12


def test_more_changes_at_one_instant_than_a_page_holds_are_all_read(acme: Acme) -> None:
    """No cursor leads past a thousand entries of one millisecond: the issues are read one by one instead."""
    acme.sync()
    site = acme.world.jira
    order = acme.chargeable()
    issue = site.issue(acme.issue_of(f"{order['company']}/{order['number']}"))
    for number in range(1500):
        site.add_worklog(issue.id, site.people()[number % 5].account_id, START - timedelta(days=1 + number % 20), 60)
    acme.post()
    seconds = sum(float(line["units"] or 0) * 3600 for line in acme.gl())
    assert round(seconds) == 1500 * 60
