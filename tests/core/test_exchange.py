"""Rates in other currencies. Goal: converted exactly, rounded once, never where the order's own currency has one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.rates import ExchangeRate, Rate, find_price
from ml_connector.core.records import Coding, Person

DAY = date(2026, 11, 16)
ANNA = Person("a1", "Anna", "E1", "Engineer")
CODING = Coding("1000", "612000", "IT", "P1")
EUR = ExchangeRate("EUR", "USD", Decimal("1.0834"), DAY, "Treasury")
GBP = ExchangeRate("GBP", "USD", Decimal("1.25"), DAY, "Treasury")


def rate(amount: str, currency: str, person: str = "", role: str = "") -> Rate:
    """A rate that is effective."""
    return Rate(Decimal(amount), currency, DAY - timedelta(days=30), person=person, role=role)


def hourly(rates: list[Rate], exchanges: list[ExchangeRate]) -> Fraction | None:
    """What an hour costs in dollars."""
    found = find_price(rates, exchanges, ANNA, CODING, "USD", DAY, DAY)
    return None if found is None else found.hourly


def test_a_rate_in_the_orders_currency_is_never_converted() -> None:
    """Not even where another currency has a more particular one."""
    assert hourly([rate("100", "USD"), rate("50", "EUR", person="a1")], [EUR]) == 100


def test_a_rate_is_converted_exactly() -> None:
    """No digit is lost before the one rounding."""
    assert hourly([rate("85.55", "EUR")], [EUR]) == Fraction("85.55") * Fraction("1.0834")


def test_without_an_exchange_rate_there_is_no_price() -> None:
    """Nor with one of later days, nor with one the other way round."""
    late = ExchangeRate("EUR", "USD", Decimal(1), DAY + timedelta(days=1), "Treasury")
    back = ExchangeRate("USD", "EUR", Decimal(1), DAY, "Treasury")
    assert hourly([rate("85", "EUR")], []) is None
    assert hourly([rate("85", "EUR")], [late, back]) is None


def test_the_most_particular_rate_of_several_currencies_counts() -> None:
    """Then the first in the alphabet: never the order in the file."""
    particular = rate("60", "GBP", role="Engineer")
    for exchanges in ([EUR, GBP], [GBP, EUR]):
        assert hourly([rate("85", "EUR"), particular], exchanges) == 75
        assert hourly([rate("85", "EUR"), rate("60", "GBP")], exchanges) == Fraction("85") * Fraction("1.0834")


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8, unique=True))
def test_the_latest_exchange_rate_of_the_day_counts(ages: list[int]) -> None:
    """Each day has one, whatever the order in the file."""
    exchanges = [ExchangeRate("EUR", "USD", Decimal(1 + age), DAY - timedelta(days=age), "Treasury") for age in ages]
    assert hourly([rate("10", "EUR")], exchanges) == 10 * (1 + min(ages))
