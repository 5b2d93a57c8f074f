"""Money is exact: amounts read, rounded once, and split so that the parts always sum."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.money import Money, allocate, money_from_text, round_to_minor, text_from_money

weights = st.lists(st.fractions(0, 10**6), min_size=1, max_size=12).filter(lambda found: sum(found) > 0)


@given(st.integers(-(10**15), 10**15), weights)
def test_a_split_always_sums_to_the_whole(total: int, parts: list[Fraction]) -> None:
    """No split loses or invents a cent."""
    assert sum(allocate(total, parts)) == total


@given(st.integers(-(10**15), 10**15), weights)
def test_no_part_is_further_than_a_cent_from_its_exact_share(total: int, parts: list[Fraction]) -> None:
    """The largest remainder moves each part by less than one unit."""
    whole = sum(parts)
    for part, weight in zip(allocate(total, parts), parts, strict=True):
        assert abs(part - total * weight / whole) < 1


@given(st.integers(0, 10**12), weights)
def test_a_reversal_splits_like_its_original(total: int, parts: list[Fraction]) -> None:
    """Splitting the negative gives the negative parts."""
    assert allocate(-total, parts) == tuple(-part for part in allocate(total, parts))


def test_ties_go_to_the_earlier_part() -> None:
    """One cent over two equal halves goes to the first."""
    assert allocate(1, [Fraction(1), Fraction(1)]) == (1, 0)


@pytest.mark.parametrize("bad", [[], [Fraction(0)], [Fraction(-1), Fraction(2)]])
def test_a_split_without_positive_weight_is_refused(bad: list[Fraction]) -> None:
    """A split over nothing is a mistake, not zero."""
    with pytest.raises(ValueError, match="split"):
        allocate(5, bad)


@given(st.integers(-(10**15), 10**15), st.sampled_from([("USD", 2), ("JPY", 0), ("KWD", 3)]))
def test_an_amount_written_and_read_is_the_same(minor: int, currency: tuple[str, int]) -> None:
    """Text keeps every minor unit of every currency."""
    money = Money(minor, currency[0])
    assert money_from_text(text_from_money(money, currency[1]), *currency) == money


def test_an_amount_with_nine_decimals_is_refused_unless_they_are_zeros() -> None:
    """CloudSuite writes trailing zeros; anything else would be rounded in silence."""
    assert money_from_text("1200.500000000", "USD", 2) == Money(120050, "USD")
    with pytest.raises(ValueError, match="more decimals than USD"):
        money_from_text("1200.123456789", "USD", 2)


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1e400", "1,000.00", "9" * 40])
def test_what_is_no_sensible_amount_is_refused(text: str) -> None:
    """Nothing but a finite decimal of ledger size becomes money."""
    with pytest.raises(ValueError, match="number|digits"):
        money_from_text(text, "USD", 2)


def test_a_currency_without_minor_units_takes_whole_amounts_only() -> None:
    """Half a yen is an error in CloudSuite, not something to round."""
    assert money_from_text("1200", "JPY", 0) == Money(1200, "JPY")
    with pytest.raises(ValueError, match="more decimals than JPY"):
        money_from_text("1200.5", "JPY", 0)


def test_halves_round_away_from_zero() -> None:
    """The one rounding, in both directions."""
    assert round_to_minor(Decimal("0.125"), "USD", 2).minor == 13
    assert round_to_minor(Decimal("-0.125"), "USD", 2).minor == -13
    assert round_to_minor(Decimal("0.1249"), "USD", 2).minor == 12


def test_currencies_are_never_added_to_each_other() -> None:
    """Adding dollars to euros is an error at once."""
    with pytest.raises(ValueError, match="EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")
