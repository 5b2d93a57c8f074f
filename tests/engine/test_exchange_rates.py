"""Orders in another currency than the rates. Goal: the ledger holds what the exchange rate of the day makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from engine.acme import START, Acme
from ml_connector.core.money import text_from_money
from ml_connector.demo.connection import NAME
from ml_connector.store import postings

YESTERDAY = START.date() - timedelta(days=1)
IN_EUROS = """
[[exchange_rate]]
base = "EUR"
quote = "USD"
rate = "1.20"
from = 2026-01-01
source = "Treasury"

[[rate]]
amount = "100.00"
currency = "EUR"
from = 2026-01-01
"""


def only_euros(text: str) -> str:
    """The demo's connection with a rate in euros alone."""
    return text[: text.index("[[rate]]")] + IN_EUROS


def test_hours_are_converted_and_the_line_says_by_what(make_acme: Callable[..., Acme]) -> None:
    """A hundred euros are a hundred and twenty dollars; rate, exchange rate and source stand in our books."""
    acme = make_acme(change=only_euros)
    acme.sync()
    order = acme.chargeable(currency="USD")
    entry = acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 5400, YESTERDAY)
    acme.post()
    assert list(acme.labor().values()) == [18_000]
    with acme.installed.database.read() as tx:
        (recorded,) = postings.recorded_of_worklogs(tx, NAME, [str(entry["id"])])[str(entry["id"])]
    basis = recorded.share.basis
    assert (str(basis.rate), basis.rate_currency, str(basis.exchange_rate)) == ("100.00", "EUR", "1.20")
    assert basis.exchange_source == "Treasury"
    assert text_from_money(recorded.share.amount, 2) == "180.00"


def test_an_order_that_nothing_converts_into_is_held(make_acme: Callable[..., Acme]) -> None:
    """No rate is made up."""
    acme = make_acme(change=only_euros)
    acme.sync()
    order = acme.chargeable(currency="JPY")
    entry = acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 5400, YESTERDAY)
    acme.post()
    assert not acme.labor()
    assert acme.findings()[f"worklog {entry['id']}"] == "no_rate"
