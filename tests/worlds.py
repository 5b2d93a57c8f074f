"""Small worlds for tests of what the core decides: orders, people, rates and hours in a line each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ml_connector.core.corrections import Fate, LoggedWork
from ml_connector.core.journals import Correction, Draft, Grain, Grouping
from ml_connector.core.labor import CostPolicy
from ml_connector.core.ledger import Recorded, Share, State
from ml_connector.core.mapping import IssueMapping, OrderMapping, ProjectMapping
from ml_connector.core.money import Money
from ml_connector.core.periods import PeriodPolicy
from ml_connector.core.rates import Rate
from ml_connector.core.records import Coding, Distribution, Kind, OrderLine, Person, PurchaseOrder, Worklog

DIGITS = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}
CLEARING = Coding("1000", "219900", "FIN")
ANNA = Person("acc-anna", "Anna", "E1", "developer", "1000")
BEN = Person("acc-ben", "Ben", "E2", "tester", "")


def digits(currency: str) -> int:
    """Minor digits of the test currencies."""
    if currency not in DIGITS:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency")
    return DIGITS[currency]


def coding(cost_center: str = "CC-100", account: str = "612000", project: str = "P-1", entity: str = "1000") -> Coding:
    """A coding of entity 1000."""
    return Coding(entity, account, cost_center, project)


def order(
    number: str = "4500",
    amount: int = 1_000_000,
    parts: tuple[Distribution, ...] | None = None,
    currency: str = "USD",
) -> PurchaseOrder:
    """An order of one line, on one cost center where no distributions are given."""
    parts = parts if parts is not None else (Distribution("1", coding()),)
    line = OrderLine("1", "Work", Decimal(1), Money(amount, currency), distributions=parts)
    return PurchaseOrder(
        f"1000/{number}",
        "1000",
        number,
        "V1",
        "B1",
        "Some work",
        currency,
        date(2026, 9, 1),
        closed=False,
        lines=(line,),
    )


def worklog(
    worklog_id: str = "1",
    hours: str = "2",
    day: str = "2026-10-05",
    author: str = ANNA.account_id,
    issue: str = "10",
) -> Worklog:
    """Hours logged at nine in the morning, UTC."""
    started = datetime.fromisoformat(f"{day}T09:00:00+00:00")
    written = started + timedelta(hours=9)
    return Worklog(worklog_id, issue, author, author, started, written, written, int(Decimal(hours) * 3600))


def logged(item: Worklog, order_key: str = "1000/4500", fate: Fate = Fate.LIVE) -> LoggedWork:
    """A worklog on the issue of an order."""
    return LoggedWork(item, fate, order_key)


def rate(amount: str = "100.00", currency: str = "USD", effective: str = "2026-01-01", **scope: str) -> Rate:
    """A rate, the default one where no scope is named."""
    return Rate(Decimal(amount), currency, date.fromisoformat(effective), **scope)  # type: ignore[arg-type] # scope is text


def policy(*rates: Rate, **changes: object) -> CostPolicy:
    """A cost policy of entity 1000 from September 2026 on."""
    base = CostPolicy(
        post_from=date(2026, 9, 1),
        zone=ZoneInfo("UTC"),
        people={person.account_id: person for person in (ANNA, BEN)},
        rates=rates or (rate(),),
        periods=PeriodPolicy(),
        digits=digits,
        mapping_version="m1",
        clearing={"1000": CLEARING},
    )
    return replace(base, **changes)  # type: ignore[arg-type] # fields are named by the tests


def grouping(
    grain: Grain = Grain.PERSON_DAY, lines_max: int = 100, correction: Correction = Correction.REVERSAL
) -> Grouping:
    """How test journals are cut."""
    return Grouping("acme", grain, lines_max, "MLC", {"1000": CLEARING}, correction)


def mapping() -> IssueMapping:
    """Orders go to PROC, projects to DEL."""
    return IssueMapping(
        connection="acme",
        orders=OrderMapping("PROC", "Task", closed_status="Done"),
        projects=ProjectMapping("DEL", "Epic"),
        fields=frozenset({"po_number", "vendor", "authorized", "remaining"}),
        key_fields={Kind.PURCHASE_ORDER: "PurchaseOrderUserField5", Kind.PROJECT: "ProjectUserField5"},
        remaining_fields={Kind.PURCHASE_ORDER: "PurchaseOrderUserField7"},
        status_back=(),
        digits=digits,
        opened_from=date(2026, 9, 1),
    )


def recorded(draft: Draft, state: State = State.RELEASED) -> dict[str, tuple[Recorded, ...]]:
    """Our books after a draft reached a state."""
    books: dict[str, tuple[Recorded, ...]] = {}
    for part in draft.lines:
        for share in part.shares:
            item = Recorded(draft.reference, part.line.sequence, state, share)
            books[share.worklog_id] = (*books.get(share.worklog_id, ()), item)
    return books


def merged(*books: dict[str, tuple[Recorded, ...]]) -> dict[str, tuple[Recorded, ...]]:
    """Several books as one."""
    whole: dict[str, tuple[Recorded, ...]] = {}
    for book in books:
        for worklog_id, items in book.items():
            whole[worklog_id] = (*whole.get(worklog_id, ()), *items)
    return whole


def total(shares: tuple[Share, ...]) -> int:
    """Minor units of some shares."""
    return sum(share.amount.minor for share in shares)


NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
