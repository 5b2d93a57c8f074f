"""A change order on its issue. Goal: one readable remark for each change, whatever happens to the call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.acme import Acme
from ml_connector_sandbox.jira.issues import Issue

SETTLED = 300


class Killed(Exception):
    """The process dies here."""


@pytest.fixture
def order(acme: Acme) -> dict[str, Any]:
    """An order of one line that has its issue."""
    acme.sync()
    return acme.chargeable()


def change(acme: Acme, order: dict[str, Any], **fields: str) -> None:
    """A buyer changes the order."""
    acme.control("POST", f"/cloudsuite/purchase-orders/{order['company']}/{order['number']}", fields)


def issue_of(acme: Acme, order: dict[str, Any]) -> Issue:
    """The order's issue, in Jira's books."""
    return acme.world.jira.issue(acme.issue_of(f"{order['company']}/{order['number']}"))


def remarks(acme: Acme, order: dict[str, Any]) -> list[str]:
    """What was said on the order's issue."""
    return [each.text for each in issue_of(acme, order).comments]


def settle(acme: Acme) -> None:
    """Runs after the settle time."""
    for _ in range(2):
        acme.clock.advance(SETTLED)
        acme.sync()


def test_a_change_order_is_told_once_as_one_remark(acme: Acme, order: dict[str, Any]) -> None:
    """Quantity and vendor at once; the next runs say nothing more, and neither does the making of an issue."""
    assert not [issue for issue in acme.world.jira.issues.values() if issue.comments]
    change(acme, order, **{"Vendor": "NEWVENDOR", "1/Quantity": "77"})
    acme.sync()
    acme.sync(sweeping=True)
    (text,) = remarks(acme, order)
    amount = 77 * float(order["lines"][0]["unit_cost"])
    assert text.startswith(f"Purchase order {order['number']} was changed in CloudSuite.")
    assert f"now {amount:.2f} {order['currency']}." in text
    assert f"Vendor: {order['vendor']}, now NEWVENDOR." in text
    assert "Line 1: amount" in text
    assert [issue.key for issue in acme.world.jira.issues.values() if issue.comments] == [issue_of(acme, order).key]


def test_each_change_is_a_remark_of_its_own(acme: Acme, order: dict[str, Any]) -> None:
    """Closed and reopened between two runs is nothing; closed, and reopened later, is two."""
    change(acme, order, Closed="true")
    change(acme, order, Closed="false")
    acme.sync()
    assert remarks(acme, order) == []
    change(acme, order, Closed="true")
    acme.sync()
    change(acme, order, Closed="false")
    acme.sync()
    assert ["closed" in text for text in remarks(acme, order)] == [True, False]


def test_hours_are_no_change_of_an_order(acme: Acme, order: dict[str, Any]) -> None:
    """They move the remaining budget, which a field shows."""
    acme.log(issue_of(acme, order).key, 3600, acme.clock.now().date())
    acme.post()
    acme.sync()
    assert remarks(acme, order) == []


def test_a_remark_whose_answer_is_lost_is_looked_for(acme: Acme, order: dict[str, Any]) -> None:
    """It had arrived: it is found after the settle time and not said again. Until then a finding says so."""
    acme.control("PUT", "/faults", [{"name": "lost_answer", "vendor": "jira", "next": 1, "path_holds": "/comment"}])
    change(acme, order, Vendor="NEWVENDOR")
    acme.sync()
    assert "remark_in_doubt" in acme.findings().values()
    settle(acme)
    assert len(remarks(acme, order)) == 1
    assert "remark_in_doubt" not in acme.findings().values()


def test_a_remark_that_never_arrived_is_said_after_the_settle_time(acme: Acme, order: dict[str, Any]) -> None:
    """And what changed meanwhile is in the same one."""
    acme.control("PUT", "/faults", [{"name": "lost_request", "vendor": "jira", "next": 1, "path_holds": "/comment"}])
    change(acme, order, Vendor="NEWVENDOR")
    acme.sync()
    assert remarks(acme, order) == []
    change(acme, order, Buyer="NEWBUYER")
    settle(acme)
    (text,) = remarks(acme, order)
    assert "NEWVENDOR" in text
    assert "NEWBUYER" in text


def test_a_change_after_one_in_doubt_is_told_apart(acme: Acme, order: dict[str, Any]) -> None:
    """The first had arrived: it is found, and the second tells only what changed since."""
    acme.control("PUT", "/faults", [{"name": "lost_answer", "vendor": "jira", "next": 1, "path_holds": "/comment"}])
    change(acme, order, Vendor="NEWVENDOR")
    acme.sync()
    change(acme, order, Buyer="NEWBUYER")
    settle(acme)
    first, second = remarks(acme, order)
    assert "NEWVENDOR" in first
    assert "NEWBUYER" in second
    assert "NEWVENDOR" not in second


@pytest.mark.parametrize("before", [True, False])
def test_a_process_that_dies_over_a_remark_says_it_once(acme: Acme, order: dict[str, Any], *, before: bool) -> None:
    """Before Jira hears of it, or after Jira took it and before we noted that."""

    def die(request: Any, _response: Any = None) -> None:
        if request.operation == "jira.remark":
            acme.tap, acme.heard = lambda _request: None, lambda _request, _response: None
            raise Killed

    if before:
        acme.tap = die
    else:
        acme.heard = die
    change(acme, order, Vendor="NEWVENDOR")
    with pytest.raises(Killed):
        acme.sync()
    acme.restart()
    settle(acme)
    assert len(remarks(acme, order)) == 1


def test_telling_changes_can_be_switched_off(make_acme: Callable[..., Acme]) -> None:
    """Fields follow the order, and nothing is said."""
    acme = make_acme(change=lambda text: text.replace("[jira.orders]", "[jira.orders]\ntell_changes = false", 1))
    acme.sync()
    order = acme.chargeable()
    change(acme, order, Vendor="NEWVENDOR")
    acme.sync()
    assert remarks(acme, order) == []
