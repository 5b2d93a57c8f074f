"""What FSM alone can do with a journal: post it by itself where that is asked for, and carry ten dimensions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from engine.acme import START, Acme
from ml_connector.core.ledger import State
from ml_connector.demo.connection import NAME
from ml_connector.store import postings

YESTERDAY = START.date() - timedelta(days=1)
POSTING = '[cloudsuite.fsm.posting]\nPrmAccountingEntityOption = "2"\n\n[jira]'
DIMENSIONS = {str(number): f"D{number}" for number in range(1, 11)}


def _with_hours(acme: Acme) -> None:
    acme.sync()
    order = acme.chargeable()
    acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
    acme.post()


def _states(acme: Acme) -> set[str]:
    with acme.installed.database.read() as tx:
        return set(postings.counts(tx, NAME))


def test_released_entries_are_posted_where_the_connection_asks_for_it(make_acme: Callable[..., Acme]) -> None:
    """The slow round has FSM post and reads it back; a connection that says nothing leaves it to finance."""
    for text, status, state in (("[jira]", "released", State.RELEASED), (POSTING, "posted", State.CONFIRMED)):
        acme = make_acme(change=lambda file, more=text: file.replace("[jira]", more, 1))
        _with_hours(acme)
        acme.sync(sweeping=True)
        assert {line["status"] for line in acme.gl()} == {status}
        assert _states(acme) == {state.value}


def test_a_posting_run_that_is_refused_is_told_and_stops_nothing(make_acme: Callable[..., Acme]) -> None:
    """A parameter that the tenant does not take: the entries stay released, and somebody is told."""
    wrong = POSTING.replace("PrmAccountingEntityOption", "PrmPeriod")
    acme = make_acme(change=lambda file: file.replace("[jira]", wrong, 1))
    _with_hours(acme)
    acme.sync(sweeping=True)
    assert acme.findings()["entity 1000"] == "posting_run_refused"
    assert {line["status"] for line in acme.gl()} == {"released"}


def test_ten_dimensions_go_from_the_order_to_the_ledger(acme: Acme) -> None:
    """What the distribution of the order names, the labor line names; the credit line names none."""
    order = acme.chargeable()
    path = f"/cloudsuite/purchase-orders/{order['company']}/{order['number']}"
    coded = {f"1/1/DistributionAccount.FinanceDimension{number}": value for number, value in DIMENSIONS.items()}
    acme.control("POST", path, coded)
    _with_hours(acme)
    told = {line["account"] == "219900": line["dimensions"] for line in acme.gl()}
    assert told == {False: DIMENSIONS, True: {}}
    assert {line["units"] for line in acme.gl()} == {"1", ""}
