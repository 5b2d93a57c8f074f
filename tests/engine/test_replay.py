"""Replaying. Goal: however often something is worked off again, the books stay as they are, or become right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.acme import ANALYST, START, Acme
from engine.ledger_oracle import owed
from ml_connector.demo.connection import NAME
from ml_connector.engine.replay import replay
from ml_connector.engine.run import recorded
from ml_connector.errors import Refused

pytestmark = pytest.mark.slow
YESTERDAY = START.date() - timedelta(days=1)


def posted(acme: Acme) -> tuple[str, str, str]:
    """Hours on an order, posted: its key, the plan, the reference."""
    acme.sync()
    order = acme.chargeable()
    issue = acme.issue_of(f"{order['company']}/{order['number']}")
    for person in range(3):
        acme.log(issue, 3600 * (person + 1), YESTERDAY, person)
    plan = acme.post().proposal
    key = f"{order['company']}/{order['number']}/{order['release']}/{order['code']}"
    return key, plan, acme.gl()[0]["reference"]


def replayed(acme: Acme, subject: str = "") -> list[str]:
    """What was queued; without a subject, the day of work."""
    lane = acme.installed.lane(NAME)
    day = None if subject else YESTERDAY
    return recorded(lane, lambda: replay(lane, subject, day, day, ANALYST))


def test_an_order_a_batch_and_a_day_can_be_replayed_without_harm(acme: Acme) -> None:
    """Twice each: nothing new is in the ledger."""
    order, plan, reference = posted(acme)
    before = acme.gl()
    for subject in (order, plan, reference, "", order, plan, reference, ""):
        assert replayed(acme, subject) == [f"purchase_order:{order}"]
        acme.post()
    assert acme.gl() == before
    assert acme.labor() == owed(acme)


def test_a_replay_finds_what_no_feed_told(acme: Acme) -> None:
    """Hours that were moved in bulk follow at once."""
    order, _, _ = posted(acme)
    entry = acme.control("GET", "/books/worklogs")[0]
    others = [
        each["fields"]["PurchaseOrderUserField5"] for each in acme.orders(company="1000", currency="JPY", closed=False)
    ]
    acme.world.jira.move_worklog(entry["id"], acme.world.jira.issue(others[0]).id)
    replayed(acme, order)
    acme.post()
    assert acme.labor() == owed(acme)


def test_what_nobody_knows_is_told(acme: Acme) -> None:
    """By name, with what can be named."""
    posted(acme)
    with pytest.raises(Refused, match="no order, posting or plan"):
        replayed(acme, "1000/NONE/0000/STD")
