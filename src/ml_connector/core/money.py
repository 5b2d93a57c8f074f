"""Money in integer minor units, the one rounding, and splits that always sum.

The number of minor digits of a currency comes in from outside (ISO 4217, by a library at the edge).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from math import lcm

Digits = Callable[[str], int]
"""Minor digits of an ISO 4217 currency: 2 for USD, 0 for JPY, 3 for KWD. Raises ValueError for an unknown one."""

AMOUNT_DIGITS_MAX = 18
"""Longer amounts are refused: no ERP column holds them, and SQLite's integers end at 19 digits."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units of one currency: 1,340.50 USD is Money(134050, "USD")."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} are not added to each other")
        return other.minor


def money_from_text(text: str, currency: str, digits: int) -> Money:
    """Read an amount exactly. Raises ValueError for anything that is not a whole number of minor units."""
    amount = decimal_from_text(text)
    scaled = amount.scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text} has more decimals than {currency} has ({digits})")
    return Money(int(scaled), currency)


def decimal_from_text(text: str) -> Decimal:
    """Read a finite decimal of sensible length. Raises ValueError otherwise."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number") from None
    if not value.is_finite():
        raise ValueError(f"{text!r} is not a finite number")
    if value.adjusted() >= AMOUNT_DIGITS_MAX or len(value.as_tuple().digits) > AMOUNT_DIGITS_MAX + 9:
        raise ValueError(f"{text!r} has more digits than any ledger holds")
    return value


def round_to_minor(amount: Decimal | Fraction, currency: str, digits: int) -> Money:
    """The one rounding of money: half away from zero, to whole minor units."""
    numerator, denominator = amount.as_integer_ratio()
    # A fraction has no quantize; halves are decided on the doubled numerator, exactly.
    sign = -1 if numerator < 0 else 1
    doubled = abs(numerator) * 10**digits * 2
    return Money(sign * ((doubled + denominator) // (2 * denominator)), currency)


def text_from_money(money: Money, digits: int) -> str:
    """The amount as ERP interfaces take it: a point, no grouping, all its decimals."""
    return format(Decimal(money.minor).scaleb(-digits).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP), "f")


def allocate(total: int, weights: Sequence[Fraction]) -> tuple[int, ...]:
    """Split whole units by weight with the largest remainder; the parts always sum to the total.

    Ties go to the earlier part. Negative totals split as their mirror image, so that a reversal splits like its
    original. Raises ValueError where no weight is positive.
    """
    if not weights or min(weights) < 0 or sum(weights) <= 0:
        raise ValueError("a split needs weights of zero or more, and one above zero")
    scale = lcm(*(weight.denominator for weight in weights))
    sizes = [weight.numerator * (scale // weight.denominator) for weight in weights]
    sign, size, whole = (-1 if total < 0 else 1), abs(total), sum(sizes)
    parts = [size * each // whole for each in sizes]
    by_remainder = sorted(range(len(parts)), key=lambda index: (-(size * sizes[index] % whole), index))
    for index in by_remainder[: size - sum(parts)]:
        parts[index] += 1
    return tuple(sign * part for part in parts)
