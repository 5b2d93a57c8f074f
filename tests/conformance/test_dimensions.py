"""Accounts, cost centers and periods: what entries may name and when, as the books say, now and after a change."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.trial import Trial
from engine.acme import START


def test_entities_are_those_of_the_books_or_untold(trial: Trial) -> None:
    """The companies of the tenant, each once, where the line tells any."""
    told = [value.code for value in trial.erp.entities()]
    books = {period["entity"] for period in trial.acme.control("GET", "/books/periods")}
    assert not told or sorted(told) == sorted(books)


def test_accounts_that_take_entries_are_those_of_the_books(trial: Trial) -> None:
    """Inactive and summary accounts are not among them, and none is missing."""
    if not trial.erp.capabilities.tells_dimensions:
        assert trial.erp.accounts() == ()
        return
    told = {value.code for value in trial.erp.accounts() if value.active and value.posting}
    books = {value["code"] for value in trial.acme.control("GET", "/books/dimensions")["accounts"] if value["active"]}
    assert told == books


def test_cost_centers_are_those_of_the_books(trial: Trial) -> None:
    """Each with whether it is active; one that finance closes is told as inactive from then on."""
    if not trial.erp.capabilities.tells_dimensions:
        assert trial.erp.cost_centers() == ()
        return

    def told() -> set[str]:
        return {value.code for value in trial.erp.cost_centers() if value.active}

    books = trial.acme.control("GET", "/books/dimensions")["cost_centers"]
    assert told() == {value["code"] for value in books if value["active"]}
    trial.acme.control("POST", "/cloudsuite/cost-centers", {"code": "IT-OPS", "active": False})
    assert told() == {value["code"] for value in books if value["active"]} - {"IT-OPS"}


@pytest.mark.parametrize("entity", ["1000", "2000"])
def test_periods_are_those_of_the_books(trial: Trial, entity: str) -> None:
    """Each month of the calendar once with its days, and open or closed as finance keeps it, or not told at all."""
    told = {period.begins: period for period in trial.erp.periods(entity)}
    if not trial.erp.capabilities.tells_periods:
        assert told == {}
        return
    books = [period for period in trial.acme.control("GET", "/books/periods") if period["entity"] == entity]
    for book in books:
        period = told[date.fromisoformat(book["begins"])]
        assert period.ends.isoformat() == book["ends"]
        assert period.open in (None, book["open"])
    assert len(told) == len(books)
    assert len([period for period in told.values() if period.holds(START.date())]) == 1


def test_a_period_that_finance_closes_is_told_as_closed(trial: Trial) -> None:
    """Where the state is told at all, it is today's."""

    def state() -> bool | None:
        return next((each.open for each in trial.erp.periods("1000") if each.holds(START.date())), None)

    before = state()
    trial.acme.control("POST", "/cloudsuite/periods", {"entity": "1000", "period": "2026-11", "open": False})
    assert (before, state()) in ((True, False), (None, None))


def test_the_field_map_fits_the_tenant(trial: Trial) -> None:
    """Every field that the line asks for is one that the tenant knows."""
    assert trial.erp.missing_fields() == ()
