"""What becomes what: an order or a project as an issue, and an issue's status as a CloudSuite field.

Values here are by the product's own names (`po_number`, `remaining`, …); the edge knows a site's field ids and types.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ml_connector.core.money import Digits, Money, text_from_money
from ml_connector.core.ownership import Owner
from ml_connector.core.records import Coding, Kind, OrderLine, Project, PurchaseOrder, key_of_line

SUMMARY_WIDTH_MAX = 255  # Jira refuses longer summaries.
LABEL_WIDTH_MAX = 255
AUTHORIZATION = "authorization"
"""Our own name for what an issue says, for machines, that its order authorizes."""
AUTHORIZATION_VERSION = 1


@dataclass(frozen=True, slots=True)
class PriorityRule:
    """Orders authorized at this amount or more, in its currency, get this priority."""

    authorized_from: Money
    priority: str


@dataclass(frozen=True, slots=True)
class OrderMapping:
    """Where purchase orders become issues, and as what. Lines become sub-tasks where `line_issue_type` names a type;
    changes of an order are told on its issue where `tell_changes`; it lies under its project's where `under_project`.
    """

    project: str
    issue_type: str
    projects_by_entity: Mapping[str, str] = field(default_factory=dict)
    priority: str = ""
    priorities: tuple[PriorityRule, ...] = ()
    closed_status: str = ""
    line_issue_type: str = ""
    tell_changes: bool = True
    under_project: bool = False

    @property
    def projects(self) -> tuple[str, ...]:
        """Every Jira project that orders may become issues of."""
        return tuple(sorted({self.project, *self.projects_by_entity.values()}))


@dataclass(frozen=True, slots=True)
class ProjectMapping:
    """Where the ERP's projects become issues, and as what."""

    project: str
    issue_type: str
    types: Mapping[str, str] = field(default_factory=dict)
    closed_status: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatusBack:
    """A Jira status becomes a value of a CloudSuite field."""

    kind: Kind
    field: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class IssueMapping:
    """All that decides what issues look like and what goes back.

    Orders closed and projects ended before `opened_from`, the cut-over date, get no issue. `owners` say, by our own
    names, who decides what a field reads; CloudSuite does where nobody is named. `authorization_property` is the key of
    the issue property that says what an order authorizes, empty for none.
    names, who decides what a field reads; CloudSuite does where nobody is named. Without `project_budgets` the ERP
    tells no money of projects, and their issues show none.
    """

    connection: str
    orders: OrderMapping
    projects: ProjectMapping
    fields: frozenset[str]
    key_fields: Mapping[Kind, str]
    remaining_fields: Mapping[Kind, str]
    status_back: tuple[StatusBack, ...]
    digits: Digits
    opened_from: date | None = None
    owners: Mapping[str, Owner] = field(default_factory=dict)
    authorization_property: str = ""
    project_budgets: bool = True

    @property
    def jira_projects(self) -> tuple[str, ...]:
        """Every Jira project that issues may live in."""
        return tuple(sorted({*self.orders.projects, self.projects.project}))


@dataclass(frozen=True, slots=True)
class DesiredIssue:
    """An issue as it should be. `values` are by our own names; money stays money until a site's field type is known.

    `parent` is the id of the issue that it is a sub-task of, empty for none; `epic` the number of the ERP's project
    whose issue it lies under. `facts` are what it is told of its order later on, where that changes. `authorization` is
    what it authorizes, for machines; empty where nothing is said.
    """

    kind: Kind
    erp_key: str
    marker: str
    project: str
    type: str
    summary: str
    text: str
    priority: str
    status: str
    values: Mapping[str, str | Money]
    parent: str = ""
    epic: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    authorization: Mapping[str, object] = field(default_factory=dict)


def marker(connection: str, kind: Kind, erp_key: str) -> str:
    """The label that an issue is found by. The same order gives the same label, on every run and every machine."""
    short = {Kind.PURCHASE_ORDER: "po", Kind.ORDER_LINE: "line", Kind.PROJECT: "project"}[kind]
    plain = f"mlc-{connection}-{short}-{erp_key}"
    label = re.sub(r"[^A-Za-z0-9._/-]", "-", plain)
    if label == plain and len(label) <= LABEL_WIDTH_MAX:
        return label
    return f"{label[:200]}-{hashlib.sha256(plain.encode()).hexdigest()[:10]}"


def issue_of_order(order: PurchaseOrder, remaining: Money, mapping: IssueMapping) -> DesiredIssue:
    """The issue that a purchase order should be."""
    codings = [part.coding for line in order.lines for part in line.distributions]
    values: dict[str, str | Money] = {
        "po_number": order.number,
        "vendor": order.vendor,
        "cost_center": _listed([coding.cost_center for coding in codings]),
        "gl_account": _listed([coding.account for coding in codings]),
        "project": _listed([coding.project for coding in codings]),
        "authorized": order.authorized,
        "remaining": remaining,
    }
    title = order.description or (order.lines[0].description if order.lines else "")
    return DesiredIssue(
        kind=Kind.PURCHASE_ORDER,
        erp_key=order.key,
        marker=marker(mapping.connection, Kind.PURCHASE_ORDER, order.key),
        project=mapping.orders.projects_by_entity.get(order.entity, mapping.orders.project),
        type=mapping.orders.issue_type,
        summary=_summary(f"PO {order.number}", title),
        text=order_text(order, mapping.digits),
        priority=_priority(order, mapping.orders),
        status=mapping.orders.closed_status if order.closed else "",
        values={name: value for name, value in values.items() if name in mapping.fields},
        epic=next((coding.project for coding in codings if coding.project), "") if mapping.orders.under_project else "",
        authorization=authorization(order, mapping.digits) if mapping.authorization_property else {},
    )


def issue_of_line(order: PurchaseOrder, line: OrderLine, parent: str, mapping: IssueMapping) -> DesiredIssue:
    """The sub-task that a line of an order should be, under the order's issue."""
    codings = [part.coding for part in line.distributions]
    values: dict[str, str | Money] = {
        "po_number": order.number,
        "vendor": order.vendor,
        "cost_center": _listed([coding.cost_center for coding in codings]),
        "gl_account": _listed([coding.account for coding in codings]),
        "project": _listed([coding.project for coding in codings]),
        "authorized": line.amount,
    }
    erp_key = key_of_line(order.key, line.number)
    return DesiredIssue(
        kind=Kind.ORDER_LINE,
        erp_key=erp_key,
        marker=marker(mapping.connection, Kind.ORDER_LINE, erp_key),
        project=mapping.orders.projects_by_entity.get(order.entity, mapping.orders.project),
        type=mapping.orders.line_issue_type,
        summary=_summary(f"PO {order.number} line {line.number}", line.description),
        text=line_text(order, line, mapping.digits),
        priority="",
        status=mapping.orders.closed_status if line.closed or order.closed else "",
        values={name: value for name, value in values.items() if name in mapping.fields},
        parent=parent,
        authorization=authorization(order, mapping.digits, line) if mapping.authorization_property else {},
    )


def authorization(order: PurchaseOrder, digits: Digits, line: OrderLine | None = None) -> dict[str, object]:
    """The work that an order, or one line of it, authorizes, as JSON values; `docs/operating/costing.md` explains them.

    It is what CloudSuite says, for whoever reads the issue. What is written there decides nothing.
    """
    places = digits(order.currency)
    closed = order.closed if line is None else order.closed or line.closed
    found: dict[str, object] = {
        "version": AUTHORIZATION_VERSION,
        "order": order.key,
        "entity": order.entity,
        "number": order.number,
        "line": None if line is None else line.number,
        "status": "closed" if closed else "open",
        "currency": order.currency,
        "authorized": text_from_money(order.authorized if line is None else line.amount, places),
        "hours": None if order.hours is None or line is not None else format(order.hours, "f"),
        "from": None if order.begins is None else order.begins.isoformat(),
        "to": None if order.ends is None else order.ends.isoformat(),
    }
    return found


def issue_of_project(project: Project, remaining: Money, mapping: IssueMapping) -> DesiredIssue:
    """The issue that a project of the ERP should be."""
    values: dict[str, str | Money] = {"project": project.number}
    if mapping.project_budgets:
        values |= {"authorized": project.budget, "remaining": remaining}
    rules = mapping.projects
    status = rules.statuses.get(project.status, "") or ("" if project.active else rules.closed_status)
    return DesiredIssue(
        kind=Kind.PROJECT,
        erp_key=project.key,
        marker=marker(mapping.connection, Kind.PROJECT, project.key),
        project=rules.project,
        type=rules.types.get(project.type, rules.issue_type),
        summary=_summary(project.number, project.description),
        text=project_text(project, mapping.digits if mapping.project_budgets else None),
        priority="",
        status=status,
        values={name: value for name, value in values.items() if name in mapping.fields},
    )


def order_text(order: PurchaseOrder, digits: Digits) -> str:
    """The description of an order's issue: what was ordered, from whom, and how each line is coded."""
    places = digits(order.currency)
    head = [
        f"Purchase order {order.number} of company {order.entity}, in {order.currency}.",
        f"Vendor: {order.vendor.rstrip('.')}." if order.vendor else "",
        f"Buyer: {order.buyer}." if order.buyer else "",
        f"Ordered on {order.ordered}." if order.ordered else "",
        "Log your hours on this issue: they are posted to the coding below.",
    ]
    lines = [_line_text(order, line, places) for line in order.lines]
    return "\n\n".join(["\n".join(part for part in head if part), *lines])


def line_text(order: PurchaseOrder, line: OrderLine, digits: Digits) -> str:
    """The description of a line's sub-task."""
    return "\n\n".join(
        [
            f"Line {line.number} of purchase order {order.number} of company {order.entity}.",
            _line_text(order, line, digits(order.currency)),
            "Hours that you log here are posted to the coding of this line alone.",
        ]
    )


def _line_text(order: PurchaseOrder, line: OrderLine, places: int) -> str:
    head = f"Line {line.number}: {line.description or 'no description'}, "
    money = f"{text_from_money(line.amount, places)} {order.currency}" + (" (closed)" if line.closed else "")
    return head + money + "".join(f"\n  {coding_text(part.coding)}" for part in line.distributions)


def coding_text(coding: Coding) -> str:
    """A coding in words."""
    parts = (("GL account", coding.account), ("cost center", coding.cost_center), ("project", coding.project))
    return ", ".join(f"{words} {code}" for words, code in parts if code)


def project_text(project: Project, digits: Digits | None) -> str:
    """The description of a project's issue; without `digits`, without a budget."""
    parts = [f"CloudSuite project {project.number}."]
    if digits is not None:
        budget = text_from_money(project.budget, digits(project.currency))
        parts.append(f"Budget: {budget} {project.currency}.")
    if project.begins or project.ends:
        parts.append(f"Runs from {project.begins or 'open'} to {project.ends or 'open'}.")
    return "\n".join(parts)


def _summary(number: str, title: str) -> str:
    return " ".join(f"{number}: {title}".split()).rstrip(":")[:SUMMARY_WIDTH_MAX]


def _listed(values: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(value for value in values if value))


def _priority(order: PurchaseOrder, rules: OrderMapping) -> str:
    """The rule with the highest threshold that the order reaches."""
    reached = [
        rule
        for rule in rules.priorities
        if rule.authorized_from.currency == order.currency and order.authorized >= rule.authorized_from
    ]
    return max(reached, key=lambda rule: rule.authorized_from.minor).priority if reached else rules.priority
