"""How an order line spreads over its distributions: by amount, percent or quantity, whichever totals the line."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ml_connector.core.records import OrderLine

WHOLE_PERCENT = 100

Exact = int | Fraction
"""Numbers whose sums are exact, which those of long decimals are not."""


def foots(line: OrderLine) -> bool:
    """Whether a line's distributions total the line."""
    return _measures(line) is not None


def distribution_weights(line: OrderLine) -> tuple[Fraction, ...]:
    """Each distribution's part of a line that foots. A line of no amount splits evenly."""
    measures = _measures(line) or ()
    whole = sum(measures)
    return tuple(Fraction(each, whole) if whole else Fraction(1, len(measures)) for each in measures)


def _measures(line: OrderLine) -> tuple[Exact, ...] | None:
    """The distributions by the first measure that all of them carry and that totals the line.

    ERPs fill the measures that are not in use with zeros, so that which one counts shows only in the total.
    """
    parts = line.distributions
    if len(parts) == 1 and not any((parts[0].amount and parts[0].amount.minor, parts[0].percent, parts[0].quantity)):
        return (1,)
    for measures, whole in _measured(line):
        if len(measures) == len(parts) and sum(measures) == whole and min(measures) >= 0:
            return measures
    return None


def _measured(line: OrderLine) -> Iterator[tuple[tuple[Exact, ...], Exact]]:
    """What the distributions carry of each measure, and what that has to total."""
    parts = line.distributions
    yield tuple(part.amount.minor for part in parts if part.amount is not None), line.amount.minor
    yield tuple(Fraction(part.percent) for part in parts if part.percent is not None), WHOLE_PERCENT
    yield tuple(Fraction(part.quantity) for part in parts if part.quantity is not None), Fraction(line.quantity)
