"""What a customer's rules may look at, and what follows when one fires. How a rule is written is not known here.

A rule judges hours that could be costed: whatever the code holds by itself (a closed order, a missing rate, a day that
has not come) never reaches a rule. A rule changes no amount; it holds, rejects, warns, or asks for an approval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ml_connector.core.ledger import Share
from ml_connector.core.money import Digits, Money
from ml_connector.core.records import Finding, Person, PurchaseOrder, Severity, Worklog

SECONDS_PER_HOUR = 3600
TEXT_CHARACTERS_MAX = 2_000
"""A fact that is text is cut here, so that no record can make a rule slow."""

Value = str | int | bool | Fraction
"""What a fact can be. A fraction is exact here; a rule compares it with a decimal number."""


class Then(StrEnum):
    """What happens to hours that a rule fires for.

    `hold`: they wait until the cause is gone or a person releases them. `reject`: they wait until the cause is gone,
    and nobody can release them. `warn`: they are costed, with a finding. `route`: they are costed, and a person has to
    approve them, however small the amount.
    """

    HOLD = "hold"
    WARN = "warn"
    ROUTE = "route"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule says when it fires. `of_order`: it looks at nothing but the order, and so its finding is about it."""

    name: str
    then: Then
    message: str
    owner: str
    remedy: str
    of_order: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """Labor that an order carries already, in minor units of its currency and in seconds."""

    minor: int = 0
    seconds: int = 0

    def plus(self, shares: Iterable[Share]) -> Used:
        """The same with these shares."""
        minor, seconds = self.minor, self.seconds
        for share in shares:
            minor, seconds = minor + share.amount.minor, seconds + share.seconds
        return Used(minor, seconds)

    def less(self, shares: Iterable[Share]) -> Used:
        """The same without these shares."""
        own = Used().plus(shares)
        return Used(self.minor - own.minor, self.seconds - own.seconds)


@dataclass(frozen=True, slots=True)
class Case:
    """One entry before the rules: the hours, who logged them, their order, and the shares that they would cost.

    `used` is the order's labor without these hours, `cost` what they would cost. `line` is the order's line that the
    issue stands for, where it is one. `day` is the day of work, in `zone`.
    """

    worklog: Worklog
    person: Person | None
    order: PurchaseOrder
    line: str
    shares: tuple[Share, ...]
    used: Used
    zone: tzinfo
    digits: Digits
    today: date
    day: date = field(init=False)
    cost: Money = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "day", self.worklog.started.astimezone(self.zone).date())
        cost = Money(sum(share.amount.minor for share in self.shares), self.order.currency)
        object.__setattr__(self, "cost", cost)

    @property
    def seconds_with(self) -> int:
        """The order's seconds with these hours."""
        return self.used.seconds + sum(share.seconds for share in self.shares)


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that fired, or that could not be decided: `error` says why."""

    rule: Rule
    error: str = ""


Judge = Callable[[Case], Sequence[Firing]]
"""All rules of a connection, asked about one entry."""


def no_rules(_case: Case) -> Sequence[Firing]:
    """No rule fires."""
    return ()


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that rules can read. `read` takes the case and one of its shares: what differs from coding to coding
    (`coded`) is asked of each.
    """

    read: Callable[[Case, Share], Value]
    empty: Value
    meaning: str
    coded: bool = False


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _units(minor: int, case: Case) -> Fraction:
    return Fraction(minor, 10 ** case.digits(case.order.currency))


def _percent(part: int | Fraction, whole: int | Fraction | Decimal) -> Fraction:
    """Nothing of nothing is nothing; something of nothing is more than all of it."""
    if whole:
        return Fraction(part) * 100 / Fraction(whole)
    return Fraction(0) if not part else Fraction(1_000_000)


def _offset(worklog: Worklog) -> int:
    offset = worklog.started.utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) // 60


def _person(case: Case) -> Person:
    return case.person or Person(case.worklog.author, "")


def _hours(case: Case) -> Decimal:
    return case.order.hours or Decimal(0)


FACTS: Mapping[str, Fact] = {
    "today": Fact(lambda case, _: case.today.isoformat(), "", "Present day, in the connection's time zone."),
    "worklog.id": Fact(lambda case, _: case.worklog.id, "", "Id of the entry in Jira."),
    "worklog.hours": Fact(lambda case, _: Fraction(case.worklog.seconds, SECONDS_PER_HOUR), Fraction(0), "Hours."),
    "worklog.day": Fact(lambda case, _: case.day.isoformat(), "", "Day of work, in the connection's time zone."),
    "worklog.weekday": Fact(lambda case, _: case.day.isoweekday(), 0, "Day of the week: Monday is 1, Sunday 7."),
    "worklog.time": Fact(
        lambda case, _: f"{case.worklog.started:%H:%M}", "", "Time at which work began, in its author's time zone."
    ),
    "worklog.offset": Fact(
        lambda case, _: _offset(case.worklog), 0, "Author's time zone, as minutes ahead of UTC when they wrote it."
    ),
    "worklog.age": Fact(
        lambda case, _: (case.worklog.created.astimezone(case.zone).date() - case.day).days,
        0,
        "Days from the day of work to the day on which the entry was written.",
    ),
    "worklog.edited_by_another": Fact(
        lambda case, _: case.worklog.updater != case.worklog.author,
        empty=False,
        meaning="Somebody else than the author changed it last.",
    ),
    "worklog.author": Fact(lambda case, _: case.worklog.author, "", "Account id of its author in Jira."),
    "worklog.comment": Fact(lambda case, _: case.worklog.comment, "", "Comment as plain text; needs `jira.comments`."),
    "person.known": Fact(
        lambda case, _: case.person is not None, empty=False, meaning="The author is a `[[person]]` of the connection."
    ),
    "person.name": Fact(lambda case, _: _person(case).name, "", "The author's name."),
    "person.employee": Fact(lambda case, _: _person(case).employee, "", "Their employee number."),
    "person.role": Fact(lambda case, _: _person(case).role, "", "Their role."),
    "person.entity": Fact(lambda case, _: _person(case).entity, "", "Their employing entity."),
    "person.left": Fact(
        lambda case, _: _text(_person(case).left), "", "Their last day of employment; empty where there is none."
    ),
    "order.number": Fact(lambda case, _: case.order.number, "", "Number of the purchase order."),
    "order.entity": Fact(lambda case, _: case.order.entity, "", "Its entity."),
    "order.vendor": Fact(lambda case, _: case.order.vendor, "", "Its vendor."),
    "order.buyer": Fact(lambda case, _: case.order.buyer, "", "Its buyer."),
    "order.description": Fact(lambda case, _: case.order.description, "", "Its description."),
    "order.status": Fact(
        lambda case, _: "closed" if case.order.closed else "open", "", 'Its status: `"open"` or `"closed"`.'
    ),
    "order.currency": Fact(lambda case, _: case.order.currency, "", "Its currency."),
    "order.line": Fact(lambda case, _: case.line, "", "Line that the issue stands for; empty for the whole order."),
    "order.ordered": Fact(lambda case, _: _text(case.order.ordered), "", "Day on which it was ordered."),
    "order.begins": Fact(lambda case, _: _text(case.order.begins), "", "First day of its validity; empty for none."),
    "order.ends": Fact(lambda case, _: _text(case.order.ends), "", "Last day of its validity; empty for none."),
    "order.authorized": Fact(
        lambda case, _: _units(case.order.authorized.minor, case), Fraction(0), "Amount that it authorizes."
    ),
    "order.used": Fact(
        lambda case, _: _units(case.used.minor + case.cost.minor, case),
        Fraction(0),
        "Labor that it carries with these hours: posted, under way and planned before them.",
    ),
    "order.used_percent": Fact(
        lambda case, _: _percent(case.used.minor + case.cost.minor, case.order.authorized.minor),
        Fraction(0),
        "The same, in percent of the amount that it authorizes.",
    ),
    "order.hours": Fact(
        lambda case, _: Fraction(_hours(case)), Fraction(0), "Hours that it authorizes; 0 where the ERP tells none."
    ),
    "order.used_hours": Fact(
        lambda case, _: Fraction(case.seconds_with, SECONDS_PER_HOUR), Fraction(0), "Hours on it, with these."
    ),
    "order.used_hours_percent": Fact(
        lambda case, _: _percent(Fraction(case.seconds_with, SECONDS_PER_HOUR), _hours(case)) * bool(_hours(case)),
        Fraction(0),
        "The same, in percent of the hours that it authorizes; 0 where the ERP tells none.",
    ),
    "coding.entity": Fact(lambda _, share: share.coding.entity, "", "Entity that is charged.", coded=True),
    "coding.account": Fact(lambda _, share: share.coding.account, "", "GL account.", coded=True),
    "coding.cost_center": Fact(lambda _, share: share.coding.cost_center, "", "Cost center.", coded=True),
    "coding.project": Fact(lambda _, share: share.coding.project, "", "Project of the ERP.", coded=True),
    "rate.amount": Fact(
        lambda _, share: Fraction(share.basis.rate or 0),
        Fraction(0),
        "Cost of an hour, in the rate's currency.",
        coded=True,
    ),
    "rate.currency": Fact(
        lambda case, share: share.basis.rate_currency or case.order.currency, "", "The rate's currency.", coded=True
    ),
    "rate.scope": Fact(
        lambda _, share: share.basis.rate_rule, "", "What decided the rate, as `explain` shows it.", coded=True
    ),
    "cost.amount": Fact(
        lambda case, _: _units(case.cost.minor, case),
        Fraction(0),
        "What these hours would cost, in the order's currency.",
    ),
}
"""Everything that a rule may read. What is not here decides nothing."""

_ENDINGS = {
    Then.HOLD: "The hours are held",
    Then.REJECT: "The hours are rejected",
    Then.WARN: "The hours are costed all the same",
    Then.ROUTE: "The hours are posted only after a person has approved them",
}
_STRICTNESS = (Then.REJECT, Then.HOLD, Then.ROUTE, Then.WARN)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say about one entry: whether it is costed, what a person should know, and whether to approve."""

    held: Finding | None = None
    rejected: bool = False
    warnings: tuple[Finding, ...] = ()
    routed: bool = False


NOTHING_SAID = Verdict()
"""No rule fired."""


def verdict(judge: Judge, case: Case, released: frozenset[str]) -> Verdict:
    """Ask all rules. `released` are those that a person let this very entry pass; a rejection stays one.

    Of several rules that stop it, the finding is the strictest one's, and the first of these in the file.
    """
    firings = [each for each in judge(case) if each.rule.then is Then.REJECT or each.rule.name not in released]
    firings.sort(key=lambda each: _STRICTNESS.index(each.rule.then))
    stops = [each for each in firings if each.rule.then in (Then.HOLD, Then.REJECT)]
    if stops:
        return Verdict(_finding(stops[0], case), stops[0].rule.then is Then.REJECT)
    return Verdict(
        warnings=tuple(_finding(each, case) for each in firings),
        routed=any(each.rule.then is Then.ROUTE for each in firings),
    )


def _finding(firing: Firing, case: Case) -> Finding:
    rule = firing.rule
    stops = rule.then in (Then.HOLD, Then.REJECT)
    about_order = rule.of_order and not stops
    message = rule.message
    if firing.error:
        message = f"Rule {rule.name} cannot be decided ({firing.error}): {message}"
    release = f", or release it with `ml-connector holds release {case.worklog.id}`" if rule.then is Then.HOLD else ""
    return Finding(
        f"rule:{rule.name}",
        f"purchase order {case.order.key}" if about_order else f"worklog {case.worklog.id}",
        f"{message.rstrip('.')}. {_ENDINGS[rule.then]}.",
        f"{rule.remedy.rstrip('.')}{release}.",
        Severity.HOLD if stops else Severity.WARN,
        rule.owner,
        case.cost,
    )
