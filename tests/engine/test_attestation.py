"""Attested hours. Goal: where a connection asks for it, nothing is posted that nobody vouched for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.acme import START, Acme
from engine.ledger_oracle import owed
from ml_connector.demo.connection import NAME
from ml_connector.engine.attestation import attest
from ml_connector.engine.run import recorded
from ml_connector.errors import Refused
from ml_connector.store.principals import Principal

YESTERDAY = START.date() - timedelta(days=1)
PERIOD = f"{YESTERDAY:%Y-%m}"
MANAGER = Principal("manager", frozenset())


def asking(text: str) -> str:
    """A connection that asks for attestation."""
    return text.replace("cadence_seconds = 0", "cadence_seconds = 0\nattestation = true")


@pytest.fixture
def acme(make_acme: Callable[..., Acme]) -> Acme:
    """A world with a person's hours on an order."""
    made = make_acme(change=asking)
    made.sync()
    made.log(issue(made), 3600, YESTERDAY)
    return made


def issue(acme: Acme) -> str:
    """The issue of the order."""
    order = acme.chargeable()
    return acme.issue_of(f"{order['company']}/{order['number']}")


def attested(acme: Acme, who: Principal = MANAGER, period: str = PERIOD) -> int:
    """How many worklogs somebody attested."""
    order = acme.chargeable()
    lane = acme.installed.lane(NAME)
    key = f"{order['company']}/{order['number']}/{order['release']}/{order['code']}"
    return recorded(lane, lambda: attest(lane, key, period, who))


def test_hours_wait_until_somebody_attests_them(acme: Acme) -> None:
    """They are held with a finding, and posted with the next cycle after the attestation."""
    acme.post()
    assert not acme.labor()
    assert "not_attested" in acme.findings().values()
    assert attested(acme) == 1
    acme.post()
    assert acme.labor() == owed(acme) != {}
    assert "not_attested" not in acme.findings().values()


def test_an_attestation_is_of_what_was_logged_then(acme: Acme) -> None:
    """An edit needs another one; until then the attested cost stands."""
    acme.sync()
    attested(acme)
    acme.post()
    before = acme.labor()
    entry = acme.control("GET", "/books/worklogs")[0]
    path = f"/issue/{entry['issue_key']}/worklog/{entry['id']}"
    acme.as_person(acme.people[0], "PUT", path, {"timeSpentSeconds": 7200})
    acme.post()
    assert acme.labor() == before
    assert attested(acme) == 1
    acme.post()
    assert acme.labor() == owed(acme) != before


def test_nobody_attests_their_own_hours_nor_another_month(acme: Acme) -> None:
    """Both are left as they are."""
    acme.sync()
    assert attested(acme, Principal("worker", frozenset(), acme.people[0]["account_id"])) == 0
    assert attested(acme, period="2025-01") == 0
    assert attested(acme) == 1
    assert attested(acme) == 0


def test_an_order_without_an_issue_is_told(acme: Acme) -> None:
    """By name."""
    lane = acme.installed.lane(NAME)
    with pytest.raises(Refused, match="9999"):
        recorded(lane, lambda: attest(lane, "9999/1/0/STD", PERIOD, MANAGER))
