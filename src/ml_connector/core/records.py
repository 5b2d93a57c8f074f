"""The two vendors' things as we see them: frozen records in the product's own words.

`Row` is what an ERP adapter yields: one record of one class, with neutral field names and every value still a string,
as the ERP sent it. `orders.py` turns rows into typed records and says what is wrong with those that are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ml_connector.core.money import Money

UNKNOWN_ACCOUNT = "unknown"
"""Whom a worklog names whose author Jira no longer tells: the account was deleted."""


class Kind(StrEnum):
    """The ERP's classes that are read by delta."""

    PURCHASE_ORDER = "purchase_order"
    ORDER_LINE = "order_line"
    DISTRIBUTION = "distribution"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class Row:
    """One ERP record as read: neutral names, strings. `owner` is the key of the order or project that it belongs to.

    Keys are `entity/number`, followed by `/release/code` where the ERP fills them, and by line and sequence below
    the order: an order's number alone is never a key.
    """

    kind: Kind
    key: str
    owner: str
    fields: Mapping[str, str]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Coding:
    """Where a cost goes in the general ledger. Empty strings where a part does not apply."""

    entity: str
    account: str
    cost_center: str = ""
    project: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Distribution:
    """How one share of an order line is coded, and how large it is: by amount, percent or quantity of the line."""

    sequence: str
    coding: Coding
    amount: Money | None = None
    percent: Decimal | None = None
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of a purchase order. `amount` is quantity × unit cost, rounded once to the order's currency."""

    number: str
    description: str
    quantity: Decimal
    amount: Money
    closed: bool = False
    distributions: tuple[Distribution, ...] = ()


def key_of_line(order: str, number: str) -> str:
    """The key of an order's line, as bindings and worklogs name it."""
    return f"{order}/{number}"


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """A purchase order of one entity, in one currency. `fields` are the ERP's user fields, by the ERP's names.

    `begins`, `ends`, `hours` (validity and authorized hours) and `invoiced` (what the vendor has billed) are None where
    the tenant names no field for them. `type` is the ERP's code for the kind of order, empty where it tells none.
    """

    key: str
    entity: str
    number: str
    vendor: str
    buyer: str
    description: str
    currency: str
    ordered: date | None
    closed: bool
    lines: tuple[OrderLine, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    begins: date | None = None
    ends: date | None = None
    hours: Decimal | None = None
    type: str = ""
    invoiced: Money | None = None

    @property
    def authorized(self) -> Money:
        """The sum of the lines: what the order authorizes to be spent."""
        return Money(sum(line.amount.minor for line in self.lines), self.currency)


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the ERP, never Jira's. Amounts are the ERP's own, in the project's currency."""

    key: str
    number: str
    description: str
    status: str
    type: str
    active: bool
    currency: str
    begins: date | None
    ends: date | None
    budget: Money
    actual: Money
    commitment: Money
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worklog:
    """Hours that a person logged on an issue. Times are aware; `started` keeps the offset it was written with.

    `comment` is empty unless the connection has comments read.
    """

    id: str
    issue_id: str
    author: str
    updater: str
    started: datetime
    created: datetime
    updated: datetime
    seconds: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as Jira shows it. `fields` holds what was asked for, by field id, in Jira's own JSON; the description as
    plain text.
    """

    id: str
    key: str
    project: str
    type: str
    status: str
    labels: tuple[str, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """A Jira account mapped to an employee. `entity` is the employing entity, empty where it does not matter.

    `left` is the last day of employment.
    """

    account_id: str
    name: str
    employee: str = ""
    role: str = ""
    entity: str = ""
    left: date | None = None


class Severity(StrEnum):
    """Whether a finding stops what it is about."""

    HOLD = "hold"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should know or mend. Held work waits; nothing else does.

    `subject` names what it is about (`purchase order 1000/4500012`, `worklog 10066`), `remedy` says what to do,
    `amount` is the money at stake where it is known, `owner` is the role whose job the remedy is.
    """

    code: str
    subject: str
    message: str
    remedy: str
    severity: Severity = Severity.HOLD
    owner: str = "integration administrator"
    amount: Money | None = None
