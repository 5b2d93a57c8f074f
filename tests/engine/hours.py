"""Hours on an order, and the cycles that bring them into the books: the story that every product line is told."""

from __future__ import annotations

from datetime import timedelta

from engine.acme import START, Acme
from engine.ledger_oracle import owed
from ml_connector.errors import ConnectorError

YESTERDAY = START.date() - timedelta(days=1)
SETTLE = 10.0
CYCLES_MAX = 12


def with_hours(acme: Acme) -> str:
    """Orders with hours of two people, proposed. Returns the plan."""
    acme.sync()
    order = acme.chargeable()
    issue = acme.issue_of(f"{order['company']}/{order['number']}")
    for person in range(2):
        acme.log(issue, 3600 + 60 * person, YESTERDAY, person)
    return acme.sync().proposal


def settle(acme: Acme) -> None:
    """Cycles, a settle time apart, until nothing is left to do."""
    for _ in range(CYCLES_MAX):
        acme.clock.advance(SETTLE)
        try:
            acme.sync()
        except ConnectorError:
            acme.restart()
        if acme.labor() == owed(acme) and not acme.findings():
            return
