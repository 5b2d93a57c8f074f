"""Rates that were corrected, orders coded anew. Goal: what was posted changes only when a second person accepts it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.acme import ANALYST, CONTROLLER, START, Acme
from engine.ledger_oracle import owed
from ml_connector.demo.connection import NAME
from ml_connector.engine import proposal
from ml_connector.engine.recosting import recost
from ml_connector.engine.run import recorded
from ml_connector.errors import Drifted, Refused

pytestmark = pytest.mark.slow
YESTERDAY = START.date() - timedelta(days=1)
RAISED = "999.00"


def posted(acme: Acme) -> str:
    """Three people's hours on an order, posted; the order."""
    acme.sync()
    order = acme.chargeable()
    issue = acme.issue_of(f"{order['company']}/{order['number']}")
    for person in range(3):
        acme.log(issue, 3600 * (person + 1), YESTERDAY, person)
    outcome = acme.sync()
    if not outcome.postings:
        acme.approve_and_apply(outcome.proposal)
    return f"{order['company']}/{order['number']}/{order['release']}/{order['code']}"


def raise_rates(acme: Acme) -> None:
    """Somebody corrects every rate in the connection file."""
    file = acme.installed.home.connection_file(NAME)
    lines = file.read_text(encoding="utf-8").splitlines()
    raised = [f'amount = "{RAISED}"' if line.startswith("amount = ") else line for line in lines]
    file.write_text("\n".join(raised), encoding="utf-8")
    acme.restart()


def proposed(acme: Acme, *orders: str) -> str:
    """The hash of the plan that costs them anew."""
    lane = acme.installed.lane(NAME)
    return recorded(lane, lambda: recost(lane, orders, ANALYST)).hash


def test_a_corrected_rate_changes_nothing_by_itself(acme: Acme) -> None:
    """Not with the next run, not with an edit elsewhere; a finding tells of it."""
    posted(acme)
    before = acme.labor()
    raise_rates(acme)
    acme.post()
    acme.sync(sweeping=True)
    assert acme.labor() == before
    assert "recosting_due" in acme.findings().values()


def test_a_correction_that_was_accepted_is_posted_once(acme: Acme) -> None:
    """Reversed at the old rate to the cent, replaced at the new one; afterwards nothing is due."""
    order = posted(acme)
    raise_rates(acme)
    acme.approve_and_apply(proposed(acme, order))
    (minor,) = acme.labor().values()
    assert minor == 6 * 99_900
    acme.check_ledger()
    acme.post()
    acme.sync(sweeping=True)
    assert list(acme.labor().values()) == [minor]
    assert "recosting_due" not in acme.findings().values()


def test_an_order_that_was_coded_anew_moves_its_cost(acme: Acme) -> None:
    """From the old account to the new one, as the oracle has it."""
    order = posted(acme)
    company, number = order.split("/")[:2]
    before = acme.labor()
    account = "612000" if next(iter(before))[0] == "613000" else "613000"
    coding = {"1/1/DistributionAccount.GeneralLedgerChartAccount": account}
    acme.control("POST", f"/cloudsuite/purchase-orders/{company}/{number}", coding)
    acme.sync()
    assert acme.labor() == before
    acme.approve_and_apply(proposed(acme))
    assert acme.labor() == owed(acme) != before
    acme.check_ledger()


def test_no_threshold_lets_posted_cost_change_without_a_person(make_acme: Callable[..., Acme]) -> None:
    """However small it is."""

    def easily(text: str) -> str:
        return text.replace("[posting]", '[posting]\napproval.automatic_below = "100000.00"')

    acme = make_acme(change=easily)
    order = posted(acme)
    raise_rates(acme)
    plan = proposed(acme, order)
    lane = acme.installed.lane(NAME)
    with pytest.raises(Refused, match="not approved"):
        recorded(lane, lambda: proposal.apply(lane, plan))


def test_hours_that_changed_since_stop_it(acme: Acme) -> None:
    """What was accepted is written, or nothing."""
    order = posted(acme)
    raise_rates(acme)
    plan = proposed(acme, order)
    lane = acme.installed.lane(NAME)
    entry = acme.control("GET", "/books/worklogs")[0]
    acme.as_person(
        acme.people[0], "PUT", f"/issue/{entry['issue_key']}/worklog/{entry['id']}", {"timeSpentSeconds": 60}
    )
    before = acme.labor()
    proposal.approve(lane, plan, CONTROLLER)
    acme.sync()
    with pytest.raises((Drifted, Refused)):
        recorded(lane, lambda: proposal.apply(lane, plan))
    assert acme.labor() == before


def test_an_order_without_posted_hours_is_told(acme: Acme) -> None:
    """By name."""
    posted(acme)
    with pytest.raises(Refused, match="9999"):
        proposed(acme, "9999/1/0/STD")
