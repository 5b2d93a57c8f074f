"""Trying golden examples by the very code that makes plans: what comes out otherwise than expected. Asks no vendor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from ml_connector.core.corrections import Books, Fate, LoggedWork, lacking
from ml_connector.core.hours import SECONDS_PER_HOUR, measured
from ml_connector.core.labor import CostPolicy, overfull_days
from ml_connector.core.ledger import Share
from ml_connector.core.mapping import DesiredIssue, IssueMapping, issue_of_order, issue_of_project
from ml_connector.core.money import Digits, Money, round_to_minor, text_from_money
from ml_connector.core.plan import amount_text
from ml_connector.core.records import Coding, Distribution, OrderLine, Project, PurchaseOrder, Worklog
from ml_connector.errors import Misconfigured
from ml_connector.mapping.examples import (
    ExampleHours,
    ExampleLine,
    ExampleOrder,
    ExampleProject,
    Examples,
    ExpectedCost,
    ExpectedIssue,
)
from ml_connector.policy import cost_policy, issue_mapping
from ml_connector.settings import Connection

WHOLE = Decimal(100)
NOON = time(12)


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that came out otherwise. `expected` and `found` are as they are shown."""

    what: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One example, and what deviates; nothing where it holds."""

    kind: str
    name: str
    deviations: tuple[Deviation, ...]

    @property
    def holds(self) -> bool:
        """Whether all is as expected."""
        return not self.deviations


def tried(examples: Examples, connection: Connection) -> tuple[Trial, ...]:
    """Try every example by a connection's mapping, rates and rules."""
    mapping, policy = issue_mapping(connection), cost_policy(connection)
    orders = {each.name: _order(each, policy.digits) for each in examples.order}
    trials = [Trial("order", each.name, tuple(_of_order(each, orders[each.name], mapping))) for each in examples.order]
    trials += [Trial("project", each.name, tuple(_of_project(each, mapping))) for each in examples.project]
    trials += [Trial("worklog", each.name, tuple(_of_hours(each, orders, policy))) for each in examples.worklog]
    return tuple(trials)


def _of_order(example: ExampleOrder, order: PurchaseOrder, mapping: IssueMapping) -> Iterator[Deviation]:
    return _of_issue(example.expect, issue_of_order(order, order.authorized, mapping), mapping)


def _of_project(example: ExampleProject, mapping: IssueMapping) -> Iterator[Deviation]:
    budget = _money(example.budget, example.currency, mapping.digits)
    none = Money(0, example.currency)
    project = Project(
        key=example.number,
        number=example.number,
        description=example.description,
        status=example.status,
        type=example.type,
        active=example.active,
        currency=example.currency,
        begins=None,
        ends=None,
        budget=budget,
        actual=none,
        commitment=none,
    )
    return _of_issue(example.expect, issue_of_project(project, budget, mapping), mapping)


def _of_issue(expected: ExpectedIssue, issue: DesiredIssue, mapping: IssueMapping) -> Iterator[Deviation]:
    found = {"jira_project": issue.project, "issue_type": issue.type, "summary": issue.summary}
    found |= {"priority": issue.priority, "status": issue.status}
    wanted = expected.model_dump(exclude={"fields"})
    yield from _deviations({name: value for name, value in wanted.items() if value is not None}, found)
    shown = {
        f"fields.{name}": amount_text(value, mapping) if isinstance(value, Money) else value
        for name, value in issue.values.items()
    }
    yield from _deviations({f"fields.{name}": value for name, value in expected.fields.items()}, shown)


def _deviations(wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Deviation]:
    for name, value in wanted.items():
        if found.get(name, "") != value:
            yield Deviation(name, value, found.get(name, "not mapped"))


def _of_hours(example: ExampleHours, orders: Mapping[str, PurchaseOrder], policy: CostPolicy) -> Iterator[Deviation]:
    order = orders.get(example.order)
    if order is None:
        yield Deviation("order", example.order, "no [[order]] of this file is called so")
        return
    worklog = _worklog(example, policy)
    item = LoggedWork(worklog, Fate.LIVE, order.key, line=example.order_line)
    overfull = overfull_days([worklog], policy.zone, policy.hours_per_day_max)
    hours = measured([worklog], policy.time, policy.zone)
    found = lacking([item], Books({order.key: order}, {}, policy, example.day, overfull, hours=hours))
    held = found.held.get(worklog.id)
    yield from _held(example.expect, held.code if held else "", held.message if held else "")
    if held is None and example.expect.held is None:
        shares = [share for delta in found.deltas for share in delta.shares]
        yield from _of_cost(example.expect, shares, order, policy)
        warned = {finding.code for finding in found.warnings}
        if example.expect.warns is not None and warned != set(example.expect.warns):
            yield Deviation("warns", _listed(example.expect.warns), _listed(warned))


def _held(expected: ExpectedCost, code: str, message: str) -> Iterator[Deviation]:
    if code and expected.held is None:
        yield Deviation("held", "nothing holds them", f"{code} ({message})")
    elif (expected.held or "") != code:
        yield Deviation("held", expected.held or "", code or "nothing holds them")


def _of_cost(
    expected: ExpectedCost, shares: list[Share], order: PurchaseOrder, policy: CostPolicy
) -> Iterator[Deviation]:
    places = policy.digits(order.currency)

    def shown(minor: int) -> str:
        return text_from_money(Money(minor, order.currency), places)

    total = sum(share.amount.minor for share in shares)
    if expected.total is not None and Decimal(shown(total)) != expected.total:
        yield Deviation("total", f"{expected.total} {order.currency}", f"{shown(total)} {order.currency}")
    rules = {share.basis.rate_rule for share in shares}
    if expected.rate is not None and rules != {expected.rate}:
        yield Deviation("rate", expected.rate, _listed(rules))
    days = {share.posting_date.isoformat() for share in shares}
    if expected.posted_on is not None and days != {expected.posted_on.isoformat()}:
        yield Deviation("posted_on", expected.posted_on.isoformat(), _listed(days))
    if expected.line is not None:
        wanted = sorted((each.account, each.cost_center, each.project, str(each.amount)) for each in expected.line)
        sums: dict[tuple[str, str, str], int] = {}
        for share in shares:
            place = share.coding.account, share.coding.cost_center, share.coding.project
            sums[place] = sums.get(place, 0) + share.amount.minor
        found = sorted((*place, shown(minor)) for place, minor in sums.items())
        if _exact(wanted) != _exact(found):
            yield Deviation("line", _lines(wanted), _lines(found))


_Line = tuple[str, str, str, str]


def _exact(lines: Iterable[_Line]) -> list[tuple[str, str, str, Decimal]]:
    return [(*line[:3], Decimal(line[3])) for line in lines]


def _lines(lines: Iterable[_Line]) -> str:
    return "; ".join(" ".join(part for part in line if part) for line in lines) or "none"


def _listed(values: Iterable[str]) -> str:
    return ", ".join(sorted(values)) or "none"


def _worklog(example: ExampleHours, policy: CostPolicy) -> Worklog:
    by_employee = {person.employee: account for account, person in policy.people.items() if person.employee}
    author = by_employee.get(example.person, example.person)
    at = datetime.combine(example.day, NOON, policy.zone)
    return Worklog("example", "", author, author, at, at, at, int(example.hours * SECONDS_PER_HOUR))


def _order(example: ExampleOrder, digits: Digits) -> PurchaseOrder:
    return PurchaseOrder(
        key=f"{example.entity}/{example.number}",
        entity=example.entity,
        number=example.number,
        vendor=example.vendor,
        buyer="",
        description=example.description,
        currency=example.currency,
        ordered=None,
        closed=example.closed,
        lines=tuple(_line(line, example, digits) for line in example.line),
        begins=example.begins,
        ends=example.ends,
    )


def _line(line: ExampleLine, order: ExampleOrder, digits: Digits) -> OrderLine:
    parts = tuple(
        Distribution(
            str(number),
            Coding(each.entity or order.entity, each.account, each.cost_center, each.project),
            percent=each.percent if each.percent is not None or len(line.coding) == 1 else WHOLE,
        )
        for number, each in enumerate(line.coding, 1)
    )
    amount = _money(line.amount, order.currency, digits)
    return OrderLine(line.number, line.description, Decimal(1), amount, line.closed, parts)


def _money(amount: Decimal, currency: str, digits: Digits) -> Money:
    try:
        return round_to_minor(amount, currency, digits(currency))
    except ValueError as error:
        raise Misconfigured(f"An example cannot be read: {error}.", remedy="Correct its currency.") from None
