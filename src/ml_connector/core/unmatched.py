"""People who log hours and are in no `[[person]]` of the connection: how many hours wait for them, and how much money.

An e-mail address is often hidden, so that people are told by their account ids and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from ml_connector.core.hours import SECONDS_PER_HOUR
from ml_connector.core.labor import CostPolicy, counts, targets_of, work_date
from ml_connector.core.money import Money, round_to_minor
from ml_connector.core.rates import find_price
from ml_connector.core.records import Coding, Finding, Person, PurchaseOrder, Worklog


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry, the order that it is on, and the line where its issue stands for one."""

    worklog: Worklog
    order: PurchaseOrder
    line: str = ""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An account that is mapped to nobody. `since` is the first day of its hours.

    `costed` is what they cost at a default rate, by currency: it is posted. `held` are the seconds that no default rate
    fits, and `at_most` what those would cost at the highest rate of the card in the order's currency.
    """

    account_id: str
    since: date
    entries: int = 0
    seconds: int = 0
    held: int = 0
    costed: Mapping[str, Money] = field(default_factory=dict)
    at_most: Mapping[str, Money] = field(default_factory=dict)


def unmatched(work: Iterable[Logged], policy: CostPolicy) -> tuple[Unmatched, ...]:
    """The accounts with hours after the cut-over date that nobody is mapped to, those with the most hours first."""
    found: dict[str, Unmatched] = {}
    for item in work:
        worklog = item.worklog
        if worklog.author not in policy.people and counts(worklog, policy):
            day = work_date(worklog, policy.zone)
            before = found.get(worklog.author, Unmatched(worklog.author, day))
            found[worklog.author] = _with(before, item, day, policy)
    return tuple(sorted(found.values(), key=lambda each: (-each.seconds, each.account_id)))


def _with(before: Unmatched, item: Logged, day: date, policy: CostPolicy) -> Unmatched:
    costed = _at_default(item, day, policy)
    at_most = _at_most(item, day, policy) if costed is None else None
    return Unmatched(
        before.account_id,
        min(before.since, day),
        before.entries + 1,
        before.seconds + item.worklog.seconds,
        before.held + (item.worklog.seconds if costed is None else 0),
        _sum(before.costed, costed),
        _sum(before.at_most, at_most),
    )


def _sum(sums: Mapping[str, Money], more: Money | None) -> Mapping[str, Money]:
    if more is None:
        return sums
    before = sums.get(more.currency, Money(0, more.currency))
    return {**sums, more.currency: before + more}


def _at_default(item: Logged, day: date, policy: CostPolicy) -> Money | None:
    """What an entry costs where it is nobody's in particular; None where no rate fits everywhere that it goes."""
    nobody = Person(item.worklog.author, "")
    exact = Fraction(0)
    for coding, weight in _codings(item, policy):
        price = find_price(policy.rates, policy.exchanges, nobody, coding, item.order.currency, day, date.max)
        if price is None:
            return None
        exact += weight * price.hourly
    return _money(item, exact, policy)


def _codings(item: Logged, policy: CostPolicy) -> list[tuple[Coding, Fraction]]:
    targets = targets_of(item.order, policy, work_date(item.worklog, policy.zone), item.line)
    if isinstance(targets, Finding):
        return [(Coding(item.order.entity, ""), Fraction(1))]
    return [(target.distribution.coding, target.weight) for target in targets]


def _at_most(item: Logged, day: date, policy: CostPolicy) -> Money | None:
    rates = [rate.amount for rate in policy.rates if rate.currency == item.order.currency and rate.effective <= day]
    return _money(item, Fraction(max(rates)), policy) if rates else None


def _money(item: Logged, hourly: Fraction, policy: CostPolicy) -> Money:
    exact = Fraction(item.worklog.seconds, SECONDS_PER_HOUR) * hourly
    return round_to_minor(exact, item.order.currency, policy.digits(item.order.currency))
