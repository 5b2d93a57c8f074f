"""Which hours would be held, and what they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from ml_connector.core.corrections import Lacking, LoggedWork
from ml_connector.core.hours import SECONDS_PER_HOUR
from ml_connector.core.labor import CostPolicy, cost, counts, work_date
from ml_connector.core.misfits import Misfit, Part, RuleOutcome, Valued, Worth, of_finding
from ml_connector.core.money import Money, round_to_minor
from ml_connector.core.periods import PeriodPolicy
from ml_connector.core.plan import World
from ml_connector.core.rates import ExchangeRate
from ml_connector.core.records import Finding, PurchaseOrder, Severity, Worklog

RULE = "rule:"
ANY_PROJECT = "-"
"""Stands in where an order names no project, so that its hours have a price."""


@dataclass(frozen=True, slots=True)
class HoursFit:
    """The hours that would be costed, and what keeps some of them from it."""

    world: World
    policy: CostPolicy
    found: Lacking

    @property
    def counted(self) -> tuple[LoggedWork, ...]:
        """Hours from the cut-over date on, on issues of orders."""
        return tuple(item for item in self.world.work if item.order and counts(item.worklog, self.policy))


def worth(item: LoggedWork, world: World, policy: CostPolicy) -> Worth:
    """What hours would cost if nothing else held them; by the highest rate where they have none."""
    worklog = item.worklog
    order = world.orders.get(item.order)
    if order is None:
        return Worth(None, worklog.seconds)
    shares = cost(worklog, _reopened(order), _permissive(policy))
    if not isinstance(shares, Finding):
        return Worth(Money(sum(share.amount.minor for share in shares), order.currency), worklog.seconds)
    highest = _highest(policy, order.currency, work_date(worklog, policy.zone))
    return Worth(_priced(worklog, highest, order.currency, policy), worklog.seconds, at_most=highest is not None)


def _priced(worklog: Worklog, hourly: Fraction | None, currency: str, policy: CostPolicy) -> Money | None:
    if hourly is None:
        return None
    return round_to_minor(Fraction(worklog.seconds, SECONDS_PER_HOUR) * hourly, currency, policy.digits(currency))


def _reopened(order: PurchaseOrder) -> PurchaseOrder:
    return replace(order, closed=False, lines=tuple(replace(line, closed=False) for line in order.lines))


def _permissive(policy: CostPolicy) -> CostPolicy:
    """The same rates without what else may hold hours."""
    people = {account: replace(person, entity="") for account, person in policy.people.items()}
    return replace(
        policy,
        people=people,
        periods=PeriodPolicy(),
        accounts=None,
        cost_centers=None,
        default_project=policy.default_project or ANY_PROJECT,
    )


def _highest(policy: CostPolicy, currency: str, day: date) -> Fraction | None:
    """The dearest hour of anybody in a currency on a day, its exchange rates among the ways to it."""
    ways: list[ExchangeRate | None] = [None, *policy.exchanges]
    prices = [
        Fraction(rate.amount) * (1 if way is None else Fraction(way.rate))
        for rate in policy.rates
        for way in ways
        if rate.effective <= day and _leads(rate.currency, way, currency, day)
    ]
    return max(prices, default=None)


def _leads(base: str, way: ExchangeRate | None, currency: str, day: date) -> bool:
    if way is None:
        return base == currency
    return (way.base, way.quote) == (base, currency) and way.effective <= day


def hours_misfits(about: HoursFit) -> Iterator[Misfit]:
    """What would be held, gathered by cause and subject, and the people behind hours whom nobody mapped."""
    gathered: dict[tuple[str, str, str], tuple[Finding, Worth]] = {}
    strangers: dict[tuple[str, str], Worth] = {}
    for item in about.counted:
        finding = about.found.held.get(item.worklog.id)
        stands_for = worth(item, about.world, about.policy)
        currency = stands_for.amount.currency if stands_for.amount else ""
        if finding is not None and not finding.code.startswith(RULE):
            key = finding.code, finding.subject, currency
            before = gathered[key][1] if key in gathered else Worth()
            gathered[key] = finding, before.plus(stands_for)
        if item.worklog.author not in about.policy.people:
            author = item.worklog.author, currency
            strangers[author] = strangers.get(author, Worth()).plus(stands_for)
    for finding, sum_of_them in gathered.values():
        yield of_finding(finding, Part.HOURS, sum_of_them)
    for (account, _), sum_of_them in sorted(strangers.items()):
        yield Misfit(
            "unmapped_person",
            Part.PERSON,
            f"Jira account {account}",
            "Hours of this account are on issues of purchase orders, and no person of the connection has it.",
            "Add the account to [[person]] in the connection.",
            worth=sum_of_them,
        )


def hours_records(about: HoursFit) -> Iterator[Valued]:
    """Every worklog that counts, and everybody behind one or mapped."""
    people: dict[str, dict[str, int]] = {account: {} for account in about.policy.people}
    for item in about.counted:
        amount = worth(item, about.world, about.policy).amount
        amounts = {amount.currency: amount.minor} if amount else {}
        finding = about.found.held.get(item.worklog.id)
        yield Valued(Part.HOURS, finding.subject if finding else f"worklog {item.worklog.id}", amounts)
        sums = people.setdefault(item.worklog.author, {})
        for currency, minor in amounts.items():
            sums[currency] = sums.get(currency, 0) + minor
    for account, sums in sorted(people.items()):
        yield Valued(Part.PERSON, f"Jira account {account}", sums)


def rule_outcomes(about: HoursFit) -> tuple[RuleOutcome, ...]:
    """What each rule that fires would do."""
    seconds = {item.worklog.id: item.worklog.seconds for item in about.counted}
    held = [(finding, seconds[name]) for name, finding in about.found.held.items() if name in seconds]
    said = [*held, *((finding, 0) for finding in about.found.warnings)]
    outcomes: dict[tuple[str, bool], RuleOutcome] = {}
    for finding, time in said:
        if finding.code.startswith(RULE):
            key = finding.code.removeprefix(RULE), finding.severity is Severity.HOLD
            before = outcomes.get(key, RuleOutcome(*key, 0, 0, {}))
            amounts = _plus(before.amounts, finding.amount)
            outcomes[key] = replace(before, count=before.count + 1, seconds=before.seconds + time, amounts=amounts)
    return tuple(outcomes[key] for key in sorted(outcomes))


def _plus(amounts: Mapping[str, int], amount: Money | None) -> Mapping[str, int]:
    if amount is None:
        return amounts
    return {**amounts, amount.currency: amounts.get(amount.currency, 0) + amount.minor}
