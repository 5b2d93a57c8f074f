"""Changes that no delta told of. Goal: whatever our clock did, an order is costed as CloudSuite has it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.acme import ANALYST, START, Acme
from ml_connector.bootstrap import Installation
from ml_connector.demo.connection import NAME
from ml_connector.engine.run import run_lane
from ml_connector.store import bindings
from simulation.world import SkewedClock

pytestmark = pytest.mark.slow
YESTERDAY = START.date() - timedelta(days=1)
FAST = timedelta(hours=3)


def run_with_a_clock_off_by(acme: Acme, skew: timedelta) -> None:
    """One cycle of a process whose clock is wrong."""
    ours = acme.installed
    wrong = Installation(
        ours.home, ours.connections, ours.database, ours.vault, SkewedClock(acme.clock, skew), ours.transport
    )
    run_lane(wrong.lane(NAME), prepared_by=ANALYST)


def accounts(acme: Acme) -> set[str]:
    """The accounts that labor stands on."""
    return {account for account, _, _, _ in acme.labor()}


def test_what_changed_while_the_clock_ran_ahead_is_read_once_it_is_right(acme: Acme) -> None:
    """An order is coded anew before the time that a fast clock had reached: its hours go to the new account."""
    acme.sync()
    order = acme.chargeable()
    acme.clock.advance(3600)
    run_with_a_clock_off_by(acme, FAST)
    acme.clock.advance(600)
    path = "1/1/DistributionAccount.GeneralLedgerChartAccount"
    acme.world.cloudsuite.change_order(order["company"], order["number"], {path: "612000"})
    acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
    acme.post()
    assert accounts(acme) == {"612000"}


def test_an_issue_that_moved_while_the_clock_ran_ahead_is_noticed(acme: Acme) -> None:
    """Its status is known, although the search would begin in the future."""
    acme.sync()
    order = acme.chargeable()
    issue = acme.issue_of(f"{order['company']}/{order['number']}")
    run_with_a_clock_off_by(acme, FAST)
    acme.world.jira.transition(acme.world.jira.issue(issue).id, "In Progress")
    acme.sync()
    with acme.installed.database.read() as tx:
        statuses = {found.issue_key: found.status for found in bindings.all_bound(tx, NAME)}
    assert statuses[issue] == "In Progress"


def test_a_line_that_was_deleted_is_charged_no_more(acme: Acme) -> None:
    """No delta tells; the slow round lists everything, and the rest of the order carries the hours."""
    acme.sync()
    order = next(item for item in acme.orders(company="1000", currency="USD", closed=False) if len(item["lines"]) > 1)
    issue = acme.issue_of(f"{order['company']}/{order['number']}")
    kept = order["lines"][0]
    for name in ("PurchaseOrderLineDistribution", "PurchaseOrderLine"):
        rows = acme.world.cloudsuite.tables[name].rows
        mine = [key for key in rows if key[:2] == (order["company"], order["number"]) and key[4] != str(kept["line"])]
        assert mine
        for key in mine:
            del rows[key]
    acme.sync(sweeping=True)
    acme.log(issue, 3600, YESTERDAY)
    acme.post()
    assert accounts(acme) == {part["account"] for part in kept["distributions"]}
