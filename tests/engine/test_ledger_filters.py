"""Finding postings. Goal: every filter finds exactly what it names."""

from __future__ import annotations

from datetime import timedelta

from engine.acme import START, Acme
from ml_connector.core.ledger import State
from ml_connector.demo.connection import NAME
from ml_connector.policy import currency_digits
from ml_connector.store import postings
from ml_connector.store.postings import Wanted

YESTERDAY = START.date() - timedelta(days=1)


def found(acme: Acme, wanted: Wanted) -> set[str]:
    """The references that a filter finds."""
    with acme.installed.database.read() as tx:
        return {item.reference for item in postings.listing(tx, NAME, currency_digits, wanted)}


def test_each_filter_finds_what_it_names(acme: Acme) -> None:
    """Two postings of two companies, told apart by each of them."""
    acme.sync()
    first, second = acme.chargeable("1000", "USD"), acme.chargeable("2000", "EUR")
    entries = [
        acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY) for order in (first, second)
    ]
    plan = acme.post().proposal
    (here,) = {line["reference"] for line in acme.gl() if line["entity"] == "1000"}
    (there,) = {line["reference"] for line in acme.gl() if line["entity"] == "2000"}
    key = f"{first['company']}/{first['number']}/{first['release']}/{first['code']}"
    assert found(acme, Wanted()) == {here, there}
    assert found(acme, Wanted(plan=plan[:8], period=f"{YESTERDAY:%Y-%m}")) == {here, there}
    assert found(acme, Wanted(entity="2000")) == {there}
    assert found(acme, Wanted(order=key)) == {here}
    assert found(acme, Wanted(worklog=str(entries[1]["id"]))) == {there}
    assert found(acme, Wanted(states=(State.IN_DOUBT,))) == set()
    assert found(acme, Wanted(states=(State.RELEASED,), order=key)) == {here}
    assert found(acme, Wanted(period="2025-01")) == set()
