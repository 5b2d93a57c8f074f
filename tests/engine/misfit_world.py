"""A world with misfits planted in the vendors' books, each of another kind, and what each stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from engine.acme import START, Acme
from ml_connector.demo.connection import NAME
from ml_connector.engine.run import recorded
from ml_connector.engine.sweep import sweep
from ml_connector_sandbox.cloudsuite import projects

TODAY = START.date()
MONDAY = TODAY - timedelta(days=2)
OCTOBER = date(2026, 10, 15)
"""In a period that is closed after the hours were logged."""
SPACED = 40
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Planted:
    """What a report has to say: kind, what about, and the money, exactly."""

    kind: str
    subject: str
    price: str


def changed(text: str) -> str:
    """The connection: validity from a user field, entity 2000 mapped to a Jira project that is not there."""
    head, _, tail = text.partition("[[status_back]]")
    text = head + tail[tail.index("[network]") :]
    text = text.replace("[jira]\n", '[cloudsuite.fields.PurchaseOrder]\nends = "PurchaseOrderUserField3"\n\n[jira]\n')
    text = text.replace(
        "[jira.projects]\n", '[jira.orders.projects_by_entity]\n"2000" = "NOWHERE"\n\n[jira.projects]\n'
    )
    text = text.replace('issue_type = "Epic"\n', 'issue_type = "Epic"\ntypes = { Capital = "Capex" }\n')
    for number, line in (("E3", 'entity = "2000"\n'), ("E4", "left = 2026-11-10\n")):
        text = text.replace(f'employee = "{number}"\nrole', f'employee = "{number}"\n{line}role')
    return text


class Books:
    """CloudSuite's books, written row by row."""

    def __init__(self, acme: Acme) -> None:
        """The books of an Acme, from which nothing was read yet."""
        self.tenant = acme.world.cloudsuite
        self.count = 0

    def project(self, code: str, *, budget: str = "1000.00", ends: str = "20271231", **fields: str) -> None:
        """A project of entity 1000."""
        values = {
            "ProjectStatus": "Active",
            "ProjectType": "Internal",
            "Active": "true",
            "Currency": "USD",
            "ProjectDateRange.BeginDate": "20260101",
            "ProjectDateRange.EndDate": ends,
            "FinanceCodeBlock.AccountingEntity": "1000",
            **projects.amounts(Decimal(budget), Decimal(0), Decimal(0)),
        }
        self.tenant.add("Project", START, Project=code, Description=code, **{**values, **fields})

    def order(
        self,
        hours: int,
        *,
        company: str = "1000",
        coding: dict[str, str] | None = None,
        share: str | None = None,
        **header: str,
    ) -> str:
        """An order of one line at 100.00 an hour; `share` is what its distribution carries, all where not named."""
        self.count += 1
        number = f"{self.count:08d}"
        key = {"Company": company, "PurchaseOrder": number, "PORelease": "0000", "POCode": "STD"}
        plain = {"Vendor": "Brightwater", "PurchaseOrderDate": "20261101", "Currency": "USD", "Closed": "false"}
        self.tenant.add("PurchaseOrder", START, **key, **{**plain, **header})
        line = {"LineNumber": "1", "Description": "Work", "Quantity": f"{hours}.0000", "EnteredUnitCost": "100.00"}
        self.tenant.add("PurchaseOrderLine", START, **key, **line, Closed="false")
        if coding is not None:
            amount = {"DistributionAmount": share or f"{hours * 100}.00"}
            parts = {"LineNumber": "1", "DistributionSequence": "1", **_codes(coding), **amount}
            self.tenant.add("PurchaseOrderLineDistribution", START, **key, **parts)
        return f"{company}/{number}/0000/STD"


GOOD = {"unit": "IT-DEV", "account": "612000", "project": "P-GOOD"}


def _codes(coding: dict[str, str]) -> dict[str, str]:
    names = {
        "unit": "AccountingUnit",
        "account": "GeneralLedgerChartAccount",
        "project": "Project",
        "entity": "ToAccountingEntity",
    }
    return {f"DistributionAccount.{names[name]}": value for name, value in coding.items()}


def plant_orders(books: Books) -> list[Planted]:
    """Orders and projects that do not map, one of each kind; every price is another one."""
    books.project("P-GOOD")
    books.project("P-OLD", Active="false", ProjectStatus="Closed")
    books.project("P-END", ends="20261031")
    books.project("P-CAP", ProjectType="Capital", budget="7700.00")
    orders: list[tuple[str, Callable[[int], str]]] = [
        ("order_without_distribution", books.order),
        ("distribution_does_not_total", lambda hours: books.order(hours, coding=GOOD, share="1.00")),
        ("order_without_project", lambda hours: books.order(hours, coding={**GOOD, "project": ""})),
        ("cross_entity_coding", lambda hours: books.order(hours, coding={**GOOD, "entity": "2000"})),
        ("unknown_account", lambda hours: books.order(hours, coding={**GOOD, "account": "699999"})),
        ("inactive_cost_center", lambda hours: books.order(hours, coding={**GOOD, "unit": "LEGACY"})),
        ("unknown_project", lambda hours: books.order(hours, coding={**GOOD, "project": "P-NONE"})),
        ("inactive_project", lambda hours: books.order(hours, coding={**GOOD, "project": "P-OLD"})),
        ("ended_project", lambda hours: books.order(hours, coding={**GOOD, "project": "P-END"})),
        ("no_rate_in_currency", lambda hours: books.order(hours, coding=GOOD, Currency="GBP")),
        ("unreadable_record", lambda hours: books.order(hours, coding=GOOD, PurchaseOrderDate="20261345")),
        ("validity_ended", lambda hours: books.order(hours, coding=GOOD, PurchaseOrderUserField3="20261101")),
        ("unknown_jira_project", lambda hours: books.order(hours, company="2000", coding=GOOD)),
        ("negative_line", lambda hours: books.order(-hours, coding=GOOD)),
    ]
    planted = [Planted("unknown_issue_type", "project ACME/P-CAP", "7700.00 USD")]
    for place, (kind, write) in enumerate(orders):
        hours = SPACED + place
        currency = "GBP" if kind == "no_rate_in_currency" else "USD"
        sign = "-" if kind == "negative_line" else ""
        planted.append(Planted(kind, f"purchase order {write(hours)}", f"{sign}{hours * 100}.00 {currency}"))
    return planted


def plant_hours(acme: Acme, books: Books) -> list[Planted]:
    """Hours that would be held, one of each kind, at the rates of the demo's card. Issues are made by a first sync."""
    goods = {name: books.order(100, coding=GOOD) for name in ("closed", "held", "gone", "stranger", "small")}
    taken = books.order(63, coding=GOOD, PurchaseOrderUserField5="SOMETHING")
    small = books.order(1, coding=GOOD)
    acme.sync()

    def log(order: str, seconds: int, day: date, person: int) -> str:
        company, number, *_ = order.split("/")
        return f"worklog {acme.log(acme.issue_of(f'{company}/{number}'), seconds, day, person)['id']}"

    log(goods["closed"], 2 * HOUR, MONDAY, 0)
    overfull = [log(goods["held"], 20 * HOUR, MONDAY, 1), log(goods["held"], 5 * HOUR, MONDAY, 1)]
    future = log(goods["held"], 3 * HOUR, TODAY + timedelta(days=3), 0)
    foreign = log(goods["held"], 4 * HOUR, MONDAY, 2)
    late = log(goods["held"], 6 * HOUR, OCTOBER, 0)
    log(goods["held"], 7 * HOUR, MONDAY, 3)
    log(goods["stranger"], 8 * HOUR, MONDAY, 5)
    log(small, 2 * HOUR, MONDAY, 4)
    acme.sync()
    acme.control("POST", f"/cloudsuite/purchase-orders/{goods['closed'].replace('/0000/STD', '')}", {"Closed": "true"})
    acme.control("POST", "/cloudsuite/periods", {"entity": "1000", "period": "2026-10", "open": False})
    gone = acme.issue_of(goods["gone"].removesuffix("/0000/STD"))
    acme.control("POST", f"/jira/issues/{gone}/delete")
    lane = acme.installed.lane(NAME)
    recorded(lane, lambda: sweep(lane))
    acme.clock.advance(90)
    stranger = acme.people[5]["account_id"]
    return [
        Planted("closed_order", f"purchase order {goods['closed']}", "193.00 USD"),
        Planted("overfull_day", overfull[0], "1820.00 USD"),
        Planted("overfull_day", overfull[1], "455.00 USD"),
        Planted("future_work", future, "289.50 USD"),
        Planted("cross_entity_labor", foreign, "311.08 USD"),
        Planted("closed_period", late, "579.00 USD"),
        Planted("unmapped_person", f"Jira account {stranger}", "656.00 USD"),
        Planted("issue_gone", f"purchase order {goods['gone']}", "10000.00 USD"),
        Planted("key_field_taken", f"purchase order {taken}", "6300.00 USD"),
        Planted("over_authorization", f"purchase order {small}", "64.00 USD"),
    ]


RULE_HELD = ("left-employee", "holds", "574.00")
"""Seven hours of somebody who had left, at the card's default rate."""
