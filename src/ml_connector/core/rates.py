"""Labor rates: from which day of work, known since when, and found by a stated precedence that every share records.

A rate has two days of its own. `effective` is the first day of work that it is for; `known_since` is the day on which
it was agreed, and before that day nobody could have costed by it. So the same question asked about the same hours has
one answer for each day on which it is asked, and a correction that is known later changes no earlier answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ml_connector.core.records import Coding, Person


@dataclass(frozen=True, slots=True)
class Rate:
    """Cost of one hour in one currency, from a day on. Empty scope fields match everything.

    `person` is a Jira account id or an employee number. `known_since` is the first day on which it counts for anything
    that is costed; None for one that was always known.
    """

    amount: Decimal
    currency: str
    effective: date
    person: str = ""
    project: str = ""
    role: str = ""
    cost_center: str = ""
    known_since: date | None = None

    @property
    def rule(self) -> str:
        """The scope in words, as `explain` shows it: `person × project`, …, `default`."""
        named = [name for name in ("person", "role", "cost_center", "project") if getattr(self, name)]
        return " × ".join(named).replace("_", " ") or "default"

    @property
    def scope(self) -> frozenset[str]:
        """The parts that it asks for, as `PRECEDENCE` ranks them."""
        return frozenset(name for name in ("person", "project", "role", "cost_center") if getattr(self, name))

    def is_known(self, at: date) -> bool:
        """Whether what is costed on a day can be costed by it."""
        return self.known_since is None or self.known_since <= at

    @property
    def newest(self) -> tuple[date, date]:
        """What of two rates of one scope the one that counts has more of."""
        return self.effective, self.known_since or date.min


PRECEDENCE: tuple[frozenset[str], ...] = (
    frozenset({"person", "project"}),
    frozenset({"role", "project"}),
    frozenset({"person"}),
    frozenset({"role"}),
    frozenset({"cost_center"}),
    frozenset(),
)
"""The most particular scope wins; within a scope the latest rate that is effective on the day of work, and of several
for the same first day the one that became known last."""


def find_rate(
    rates: Iterable[Rate], person: Person, project: str, cost_center: str, currency: str, day: date, at: date
) -> Rate | None:
    """The rate, as known `at` a day, of an hour that this person worked on `day` for this project and cost center.

    None where none fits.
    """
    fitting = [
        rate
        for rate in rates
        if rate.currency == currency and rate.is_known(at) and _fits(rate, person, project, cost_center, day)
    ]
    for scope in PRECEDENCE:
        found = [rate for rate in fitting if rate.scope == scope]
        if found:
            return max(found, key=lambda rate: rate.newest)
    return None


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """What one unit of `base` is worth in `quote`, from a day on, and who says so."""

    base: str
    quote: str
    rate: Decimal
    effective: date
    source: str


@dataclass(frozen=True, slots=True)
class Price:
    """The rate of an hour for an order, and the exchange rate where it is in another currency than the order."""

    rate: Rate
    exchange: ExchangeRate | None = None

    @property
    def hourly(self) -> Fraction:
        """Cost of one hour in the order's currency, exactly."""
        return Fraction(self.rate.amount) * (1 if self.exchange is None else Fraction(self.exchange.rate))


def find_price(
    rates: Iterable[Rate],
    exchanges: Iterable[ExchangeRate],
    person: Person,
    coding: Coding,
    currency: str,
    day: date,
    at: date,
) -> Price | None:
    """What an hour costs in a currency: by a rate in it where one fits, else by one that an exchange rate converts.

    `day` is the day of work, `at` the day on which it is costed: no rate counts that was not known by then.

    Of several currencies the one whose rate has the most particular scope counts, then the one first in the alphabet.
    The exchange rate is the latest that is effective on the day of work. None where nothing fits.
    """
    known = tuple(rates)
    own = find_rate(known, person, coding.project, coding.cost_center, currency, day, at)
    if own is not None:
        return Price(own)
    found: list[tuple[int, str, Price]] = []
    for exchange in _effective(exchanges, currency, day):
        rate = find_rate(known, person, coding.project, coding.cost_center, exchange.base, day, at)
        if rate is not None:
            found.append((PRECEDENCE.index(rate.scope), exchange.base, Price(rate, exchange)))
    return min(found, key=lambda each: each[:2])[2] if found else None


def _effective(exchanges: Iterable[ExchangeRate], quote: str, day: date) -> Iterator[ExchangeRate]:
    """The exchange rate of each currency into this one on a day."""
    latest: dict[str, ExchangeRate] = {}
    for exchange in exchanges:
        if exchange.quote == quote and exchange.effective <= day:
            before = latest.get(exchange.base)
            if before is None or before.effective < exchange.effective:
                latest[exchange.base] = exchange
    yield from latest.values()


def _fits(rate: Rate, person: Person, project: str, cost_center: str, day: date) -> bool:
    return (
        rate.effective <= day
        and rate.person in ("", person.account_id, person.employee)
        and rate.project in ("", project)
        and rate.role in ("", person.role)
        and rate.cost_center in ("", cost_center)
    )
