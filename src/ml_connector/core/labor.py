"""From hours to cost: which order, which rate, which coding, to the cent.

The cost of a worklog is rounded once, as a whole, and then split over the order's distributions by largest remainder;
lines are sums of those cents. `ROUNDING_POINT` names that choice, `money.allocate` settles its ties. What happens to
the hours before that is in `hours.py`, what is added to the cost after it in `burden.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from decimal import Decimal
from fractions import Fraction

from ml_connector.core.burden import Burden, burden_shares
from ml_connector.core.dimensions import UNTOLD, Dimensions, Recode, recoded
from ml_connector.core.distributions import distribution_weights, foots
from ml_connector.core.hours import PLAIN_TIME, SECONDS_PER_HOUR, Hours, TimeRules, alone, multiple, premium_parts
from ml_connector.core.journal import fingerprint
from ml_connector.core.ledger import Basis, Entry, PremiumPart, Share
from ml_connector.core.money import Digits, Money, allocate, round_to_minor
from ml_connector.core.periods import PeriodPolicy
from ml_connector.core.rates import ExchangeRate, Price, Rate, find_price
from ml_connector.core.records import (
    Coding,
    Distribution,
    Finding,
    OrderLine,
    Person,
    PurchaseOrder,
    Worklog,
    key_of_line,
)
from ml_connector.core.rules import Judge, no_rules

ROUNDING_POINT = "worklog"
VENDOR_SPEND = "vendor spend"
"""What stands in place of a rate rule where the vendor bills the hours."""
RULES_VERSION = "built-in 1"


@dataclass(frozen=True, slots=True)
class CostPolicy:
    """Everything besides the records that decides a cost. Versions are stored with every share.

    `accounts` and `cost_centers` are the codes that entries may name, None where the ERP was not asked; `dimensions`
    tell more of them, and `recodes` are what the connection posts them as.
    `default_project` is for orders without a project: None holds their hours. `judge` are the customer's rules.
    `clearing` is the credit side by entity, `burden_clearing` that of a burden by entity and name, where it differs.
    `vendor_spend` are the types of orders that the vendor's invoices consume: hours on them are units without money,
    and nothing at all where the ERP takes no units alone (`posts_units`).
    """

    post_from: date | None
    zone: tzinfo
    people: Mapping[str, Person]
    rates: tuple[Rate, ...]
    periods: PeriodPolicy
    digits: Digits
    mapping_version: str
    clearing: Mapping[str, Coding]
    hours_per_day_max: int = 24
    default_project: str | None = None
    accounts: frozenset[str] | None = None
    cost_centers: frozenset[str] | None = None
    dimensions: Dimensions = UNTOLD
    recodes: tuple[Recode, ...] = ()
    exchanges: tuple[ExchangeRate, ...] = ()
    judge: Judge = no_rules
    rules_version: str = RULES_VERSION
    time: TimeRules = PLAIN_TIME
    burdens: tuple[Burden, ...] = ()
    burden_clearing: Mapping[tuple[str, str], Coding] = field(default_factory=dict)
    vendor_spend: frozenset[str] = frozenset()
    posts_units: bool = True

    def owes_nothing(self, order: PurchaseOrder) -> bool:
        """Whether hours on an order stand in no ledger: the vendor bills them, and the ERP takes no units alone."""
        return order.type in self.vendor_spend and not self.posts_units


@dataclass(frozen=True, slots=True)
class Target:
    """One distribution of an order and its part of the whole."""

    line: OrderLine
    distribution: Distribution
    weight: Fraction


def work_date(worklog: Worklog, zone: tzinfo) -> date:
    """The day of work, in the connection's zone: it decides the rate and the posting date."""
    return worklog.started.astimezone(zone).date()


def facts_of(worklog: Worklog, place: str, zone: tzinfo) -> str:
    """The fingerprint of what a worklog says. Its cost is corrected when this changes, and only then.

    `place` is the order, or the line of an order, that its issue stands for.
    """
    return fingerprint([worklog.seconds, work_date(worklog, zone).isoformat(), worklog.author, place])


def overfull_days(worklogs: Iterable[Worklog], zone: tzinfo, hours_max: int) -> frozenset[tuple[str, date]]:
    """The (author, day) pairs whose hours add up to more than a day may hold."""
    totals: dict[tuple[str, date], int] = {}
    for worklog in worklogs:
        day = (worklog.author, work_date(worklog, zone))
        totals[day] = totals.get(day, 0) + worklog.seconds
    return frozenset(day for day, seconds in totals.items() if seconds > hours_max * SECONDS_PER_HOUR)


def counts(worklog: Worklog, policy: CostPolicy) -> bool:
    """Whether a worklog is ours to cost at all: it has hours, and lies after the cut-over date."""
    return worklog.seconds > 0 and policy.post_from is not None and work_date(worklog, policy.zone) >= policy.post_from


def cost(
    worklog: Worklog,
    order: PurchaseOrder,
    policy: CostPolicy,
    line: str = "",
    *,
    at: date = date.max,
    hours: Hours | None = None,
) -> tuple[Share, ...] | Finding:
    """The shares of one worklog on one order, or on one line of it, or the finding that holds it.

    By the rates that were known `at` a day (by all that there are, where none is named). `hours` is what the entry
    comes to among the others of its author; None where there are no others.
    """
    if policy.owes_nothing(order):
        return ()
    day = work_date(worklog, policy.zone)
    person = policy.people.get(worklog.author, Person(worklog.author, ""))
    barred = _barred(worklog, order, person, line)
    if barred is not None:
        return barred
    targets = targets_of(order, policy, day, line)
    if isinstance(targets, Finding):
        return targets
    billed = order.type in policy.vendor_spend
    prices = tuple(
        Price(Rate(Decimal(0), order.currency, day))
        if billed
        else find_price(policy.rates, policy.exchanges, person, target.distribution.coding, order.currency, day, at)
        for target in targets
    )
    found = tuple(price for price in prices if price is not None)
    if len(found) < len(prices):
        return _no_rate(worklog, order, policy, person, day, at)
    posting_date = policy.periods.posting_date(order.entity, day)
    if posting_date is None:
        return hold(
            "closed_period",
            worklog,
            f"its day {day} lies in a closed period of entity {order.entity}",
            "Reopen the period, or set posting.closed_period to next_open in the connection.",
            "finance analyst",
        )
    facts = facts_of(worklog, key_of_line(order.key, line) if line else order.key, policy.zone)
    charge = _Charge(worklog, order, hours or alone(worklog, policy.time), facts, posting_date)
    premiums = () if billed else premium_parts(charge.hours, person, day, policy.time)
    labor = _split(charge, targets, found, premiums, policy)
    burdens = tuple(burden_shares(labor, person, policy.burdens, policy.digits))
    return _burden_refusal(order, burdens, policy) or (*labor, *burdens)


def _barred(worklog: Worklog, order: PurchaseOrder, person: Person, line: str) -> Finding | None:
    """Why these hours of this person do not belong on this order or line."""
    if person.entity not in ("", order.entity):
        return hold(
            "cross_entity_labor",
            worklog,
            f"its author is employed by entity {person.entity}, and purchase order {order.key} is charged to "
            f"entity {order.entity}",
            "Book it in CloudSuite with due-to and due-from lines, or correct the person's entity in the connection.",
            "finance analyst",
        )
    if line and not any(each.number == line and not each.closed for each in order.lines):
        return hold(
            "closed_line",
            worklog,
            f"line {line} of purchase order {order.key} is closed, or is not there any more",
            "Have the hours moved to an open line or to the order's own issue, or reopen the line in CloudSuite.",
        )
    return None


@dataclass(frozen=True, slots=True)
class _Charge:
    """An entry that can be costed: its order, its hours, what it says, and the day that it is posted on."""

    worklog: Worklog
    order: PurchaseOrder
    hours: Hours
    facts: str
    posting_date: date


def _split(
    charge: _Charge,
    targets: Sequence[Target],
    prices: Sequence[Price],
    premiums: tuple[PremiumPart, ...],
    policy: CostPolicy,
) -> tuple[Share, ...]:
    """Round the whole once, then allocate cents and seconds; parts of nothing are left out."""
    worklog, order, hours = charge.worklog, charge.order, charge.hours
    if not hours.seconds:
        return ()
    costly = multiple(hours, premiums)
    exact = [costly * target.weight * price.hourly for target, price in zip(targets, prices, strict=True)]
    total = round_to_minor(sum(exact, Fraction(0)), order.currency, policy.digits(order.currency))
    cents = allocate(total.minor, exact) if any(exact) else (0,) * len(exact)
    weights = [target.weight for target in targets]
    seconds = allocate(hours.seconds, weights)
    logged = allocate(hours.logged, weights) if hours.rounded else seconds
    return tuple(
        Share(
            worklog_id=worklog.id,
            issue_id=worklog.issue_id,
            order=order.key,
            order_line=target.line.number,
            distribution=target.distribution.sequence,
            entry=Entry.ORIGINAL,
            coding=target.distribution.coding,
            seconds=part_seconds,
            amount=Money(part_cents, order.currency),
            posting_date=charge.posting_date,
            work_date=work_date(worklog, policy.zone),
            basis=_basis(charge, price, premiums, policy),
            rounded=part_seconds - part_logged,
        )
        for target, price, part_cents, part_seconds, part_logged in zip(
            targets, prices, cents, seconds, logged, strict=True
        )
        if part_cents or part_seconds or part_logged
    )


def _basis(charge: _Charge, price: Price, premiums: tuple[PremiumPart, ...], policy: CostPolicy) -> Basis:
    rate, exchange = price.rate, price.exchange
    billed = charge.order.type in policy.vendor_spend
    basis = Basis(
        charge.facts,
        charge.worklog.author,
        rate.amount,
        VENDOR_SPEND if billed else rate.rule,
        policy.mapping_version,
        policy.rules_version,
        rate_from=None if billed else rate.effective,
        known_since=rate.known_since,
        premiums=premiums,
    )
    if exchange is None:
        return basis
    return replace(basis, rate_currency=exchange.base, exchange_rate=exchange.rate, exchange_source=exchange.source)


def _burden_refusal(order: PurchaseOrder, burdens: Iterable[Share], policy: CostPolicy) -> Finding | None:
    """Why a burden cannot be charged where the connection says; labor does not go without it."""
    for share in burdens:
        credit = policy.burden_clearing.get((order.entity, share.burden), policy.clearing[order.entity])
        for known, code in (
            (policy.accounts, share.coding.account),
            (policy.accounts, credit.account),
            (policy.cost_centers, share.coding.cost_center),
        ):
            if known is not None and code and code not in known:
                return _order_hold(
                    "unknown_burden_account",
                    order,
                    f"burden {share.burden} names {code}, which does not exist or takes no postings",
                    "Correct the [[burden]] in the connection, or open the account or cost center.",
                    "finance analyst",
                )
    return None


def targets_of(order: PurchaseOrder, policy: CostPolicy, day: date, number: str = "") -> tuple[Target, ...] | Finding:
    """Where the labor of a day on an order, or on one line, goes, with weights that sum to one, or why nowhere."""
    lines = [line for line in order.lines if not line.closed and number in ("", line.number)] or list(order.lines)
    refusal = _refusal(order, lines, policy)
    if refusal is not None:
        return refusal
    by_amount = sum(line.amount.minor for line in lines)
    targets: list[Target] = []
    for line in lines:
        share = Fraction(line.amount.minor, by_amount) if by_amount else Fraction(1, len(lines))
        for distribution, part in zip(line.distributions, distribution_weights(line), strict=True):
            targets.append(Target(line, posted_as(distribution, policy, day), share * part))
    return _coded(order, targets, policy, day)


def _refusal(order: PurchaseOrder, lines: Sequence[OrderLine], policy: CostPolicy) -> Finding | None:
    if order.closed:
        remedy = "Reopen it in CloudSuite, or have the hours moved to an open order."
        return _order_hold("closed_order", order, "it is closed", remedy)
    return _clearing_refusal(order, policy) or _line_refusal(order, lines)


def _clearing_refusal(order: PurchaseOrder, policy: CostPolicy) -> Finding | None:
    remedy, owner = f'Correct [clearing."{order.entity}"] in the connection.', "integration administrator"
    clearing = policy.clearing.get(order.entity)
    if clearing is None:
        why = f"entity {order.entity} has no labor clearing account"
        return _order_hold("entity_without_clearing", order, why, remedy, owner)
    if policy.accounts is not None and clearing.account not in policy.accounts:
        why = f"labor clearing account {clearing.account} of entity {order.entity} does not exist or takes no postings"
        return _order_hold("unknown_clearing_account", order, why, remedy, owner)
    return None


def _line_refusal(order: PurchaseOrder, lines: Sequence[OrderLine]) -> Finding | None:
    if not lines or any(not line.distributions for line in lines):
        remedy = "Add a distribution in CloudSuite, or a default distribution account on the order."
        return _order_hold("order_without_distribution", order, "it has a line that names no GL account", remedy)
    for line in lines:
        if line.amount.minor < 0:
            why = f"line {line.number} has a negative amount"
            return _order_hold("negative_line", order, why, "Correct the line in CloudSuite.")
        if not foots(line):
            why = f"the distributions of line {line.number} do not total the line"
            return _order_hold("distribution_does_not_total", order, why, "Correct the distributions in CloudSuite.")
    return None


def posted_as(distribution: Distribution, policy: CostPolicy, day: date) -> Distribution:
    """A distribution as the connection posts it for work of a day: recoded, and on the default project where the order
    names none and policy does.
    """
    coding = recoded(distribution.coding, policy.recodes, day)
    if not coding.project and policy.default_project:
        coding = replace(coding, project=policy.default_project)
    return distribution if coding is distribution.coding else replace(distribution, coding=coding)


def _coded(order: PurchaseOrder, targets: list[Target], policy: CostPolicy, day: date) -> tuple[Target, ...] | Finding:
    for target in targets:
        coding = target.distribution.coding
        where = f"line {target.line.number}"
        if coding.entity != order.entity:
            return _order_hold(
                "cross_entity_coding",
                order,
                f"{where} is charged to entity {coding.entity}",
                "Have finance book it with due-to and due-from lines.",
            )
        if not coding.project and policy.default_project is None:
            return _order_hold(
                "order_without_project",
                order,
                f"{where} names no project",
                'Name a project on the order, or set unprojected = "default_project" in the connection.',
            )
        if policy.accounts is not None and coding.account not in policy.accounts:
            return _order_hold(
                "unknown_account",
                order,
                f"{where} names GL account {coding.account}, which does not exist or takes no postings",
                "Correct the coding in CloudSuite, or open the account.",
            )
        if policy.cost_centers is not None and coding.cost_center and coding.cost_center not in policy.cost_centers:
            return _order_hold(
                "inactive_cost_center",
                order,
                f"{where} names cost center {coding.cost_center}, which does not exist or is not active",
                "Correct the coding in CloudSuite, or activate the cost center.",
            )
        flaw = next(policy.dimensions.flaws(coding, day), None)
        if flaw is not None:
            remedy = "Correct the coding in CloudSuite, or name what it becomes with [[recode]] in the connection."
            return _order_hold(flaw.code, order, f"{where} names {flaw.what}, which {flaw.why}", remedy)
    return tuple(targets)


def _no_rate(
    worklog: Worklog, order: PurchaseOrder, policy: CostPolicy, person: Person, day: date, at: date
) -> Finding:
    elsewhere = any(rate.currency != order.currency and rate.effective <= day for rate in policy.rates)
    later = any(
        rate.currency == order.currency and rate.effective <= day and not rate.is_known(at) for rate in policy.rates
    )
    known = person.name or f"account {worklog.author}"
    if worklog.author not in policy.people:
        return hold(
            "unmapped_person",
            worklog,
            f"its author, Jira account {worklog.author}, is not mapped to a person and no default rate in "
            f"{order.currency} applies",
            "Add the account to [[person]] in the connection, or a default rate.",
            "integration administrator",
        )
    return hold(
        "no_rate",
        worklog,
        f"{known} has no rate in {order.currency} that is effective on {day}"
        + (" (there is one in another currency, and no exchange rate into it)" if elsewhere else "")
        + (f" and known on {at} (there is one that is known later)" if later else ""),
        "Add a [[rate]], or an [[exchange_rate]], to the connection.",
        "finance analyst",
    )


def hours_text(seconds: int) -> str:
    """Hours for people, to the hundredth, rounded half away from zero."""
    hundredths = (abs(seconds) * 200 + SECONDS_PER_HOUR) // (2 * SECONDS_PER_HOUR)
    return f"{'-' if seconds < 0 else ''}{hundredths // 100}.{hundredths % 100:02d}"


def hold(code: str, worklog: Worklog, why: str, remedy: str, owner: str = "project manager") -> Finding:
    """A finding that holds one worklog."""
    return Finding(
        code,
        f"worklog {worklog.id}",
        f"{hours_text(worklog.seconds)} h are held: {why}.",
        remedy,
        owner=owner,
    )


def _order_hold(code: str, order: PurchaseOrder, why: str, remedy: str, owner: str = "finance analyst") -> Finding:
    return Finding(code, f"purchase order {order.key}", f"No hours of it are costed: {why}.", remedy, owner=owner)
