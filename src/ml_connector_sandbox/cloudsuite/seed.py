"""The books a sandbox begins with: reference data, projects and purchase orders, dated relative to the clock's now."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from ml_connector_sandbox.cloudsuite import projects
from ml_connector_sandbox.cloudsuite.classes import DIMENSIONS, FALSE, TRUE
from ml_connector_sandbox.cloudsuite.purchases import purchase
from ml_connector_sandbox.cloudsuite.reference import CLOSED, OPEN, POSTING_SUBTYPE
from ml_connector_sandbox.cloudsuite.tenant import Tenant

MASTER_DATA_AGE = timedelta(days=400)
CLOSED_MONTHS_BACK = 2

ENTITIES = (("1000", "Acme Corp.", "USD"), ("2000", "Acme Europe GmbH", "EUR"))
CURRENCIES = (
    ("USD", "US dollar", 2),
    ("EUR", "Euro", 2),
    ("GBP", "Pound sterling", 2),
    ("CHF", "Swiss franc", 2),
    ("JPY", "Japanese yen", 0),
    ("KWD", "Kuwaiti dinar", 3),
)
COST_CENTERS = (
    ("IT-DEV", "Software development"),
    ("IT-OPS", "IT operations"),
    ("FIN", "Finance"),
    ("ENG-1", "Engineering, north"),
    ("ENG-2", "Engineering, south"),
    ("ENG-3", "Engineering, prototypes"),
)
INACTIVE_COST_CENTER = "LEGACY"
LABELS = (
    "Location",
    "Region",
    "Product line",
    "Channel",
    "Fund",
    "Grant",
    "Function",
    "Program",
    "Spare 9",
    "Spare 10",
)
VALUES_1_TO_3 = (("NYC", "BER", "TYO"), ("AMER", "EMEA", "APAC"), ("PORTAL", "CRM", "MES"))


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """One account of the seeded chart."""

    code: str
    description: str
    type: str = "Expense"
    active: bool = True
    posting: bool = True
    requires_project: bool = False


ACCOUNTS = (
    ChartAccount("111000", "Cash", "BalanceSheet"),
    ChartAccount("161000", "Assets under construction", "BalanceSheet", requires_project=True),
    ChartAccount("200000", "Accounts payable", "BalanceSheet"),
    ChartAccount("219900", "Labor clearing", "BalanceSheet"),
    ChartAccount("610000", "Personnel and services", posting=False),
    ChartAccount("612000", "Contract labor"),
    ChartAccount("613000", "Project labor", requires_project=True),
    ChartAccount("614000", "Software licenses"),
    ChartAccount("699999", "Contract labor (before 2020)", active=False),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One seeded project, with its money in whole units of its currency."""

    code: str
    description: str
    entity: str
    cost_center: str
    budget: int
    actual: int
    commitment: int
    active: bool = True


PROJECTS = (
    Plan("IT-2041", "Customer portal", "1000", "IT-DEV", 250_000, 96_400, 38_000),
    Plan("IT-2042", "CRM replacement", "1000", "IT-DEV", 180_000, 171_250, 24_500),
    Plan("IT-2043", "Data center exit", "1000", "IT-OPS", 420_000, 118_900, 75_000),
    Plan("FIN-310", "Close in five days", "1000", "FIN", 60_000, 12_800, 0),
    Plan("ENG-501", "Prüfstand Süd", "2000", "ENG-2", 310_000, 84_200, 41_000),
    Plan("ENG-502", "Łódź line 4", "2000", "ENG-1", 95_000, 20_000, 15_500),
    Plan("ENG-503", "試作ライン", "2000", "ENG-3", 140_000, 0, 9_000),
    Plan("OPS-900", "Old warehouse (ended)", "1000", "IT-OPS", 50_000, 49_980, 0, active=False),
)


def seed(tenant: Tenant, *, scale: int = 1, empty: bool = False) -> None:
    """Fill an empty tenant: 25 purchase orders times `scale` and 8 projects, or with `empty` reference data alone."""
    now = tenant.clock.now()
    _chart(tenant, now - MASTER_DATA_AGE)
    _dimensions(tenant, now - MASTER_DATA_AGE)
    _calendar(tenant, now.date(), now - MASTER_DATA_AGE)
    if not empty:
        _projects(tenant, now)
        purchase(tenant, now, scale)


def _yes(value: bool) -> str:  # noqa: FBT001 - the value is what is spelled.
    return TRUE if value else FALSE


def _chart(tenant: Tenant, at: datetime) -> None:
    tenant.add("FinanceEnterpriseGroup", at, Description="Acme group", **dict(zip(DIMENSIONS, LABELS, strict=True)))
    for code, name, currency in ENTITIES:
        tenant.add(
            "AccountingEntity",
            at,
            AccountingEntity=code,
            Description=name,
            FunctionalCurrency=currency,
            Active=TRUE,
        )
    for code, name, digits in CURRENCIES:
        tenant.add("Currency", at, Currency=code, Description=name, DecimalPlaces=str(digits))
    for code, name in (("CORE", "Core ledger"), ("IFRS", "Group ledger")):
        tenant.add("Ledger", at, Ledger=code, Description=name)
    for each in ACCOUNTS:
        tenant.add(
            "GeneralLedgerChartAccount",
            at,
            GeneralLedgerChartAccount=each.code,
            AccountDescription=each.description,
            AccountType=each.type,
            AccountSubType=POSTING_SUBTYPE if each.posting else "Summary",
            Active=_yes(each.active),
            RequireProject=_yes(each.requires_project),
        )


def _dimensions(tenant: Tenant, at: datetime) -> None:
    for code, name in (*COST_CENTERS, (INACTIVE_COST_CENTER, "Closed plant")):
        tenant.add(
            "AccountingUnit",
            at,
            AccountingUnit=code,
            Description=name,
            PostingAccountingUnit=TRUE,
            Active=_yes(code != INACTIVE_COST_CENTER),
        )
    for number, codes in enumerate(VALUES_1_TO_3, 1):
        name = f"FinanceDimension{number}"
        for code in codes:
            tenant.add(name, at, **{name: code}, Description=code.title(), Active=TRUE)


def _calendar(tenant: Tenant, today: date, at: datetime) -> None:
    last_closed = today.year * 12 + today.month - 1 - CLOSED_MONTHS_BACK
    for month_index in range((today.year - 1) * 12, (today.year + 2) * 12):
        year, month = month_index // 12, month_index % 12 + 1
        period = {
            "GeneralLedgerCloseYear": str(year),
            "PeriodNumber": str(month),
            "PeriodName": f"{year}-{month:02d}",
            "BeginDate": f"{date(year, month, 1):%Y%m%d}",
            "DerivedEndDate": f"{date(year, month, monthrange(year, month)[1]):%Y%m%d}",
        }
        tenant.add("GeneralLedgerClosePeriod", at, **period)
        state = CLOSED if month_index <= last_closed else OPEN
        for entity, _, _ in ENTITIES:
            tenant.add("AccountingEntityPeriod", at, AccountingEntity=entity, Status=state, **period)


def _projects(tenant: Tenant, now: datetime) -> None:
    currencies = {entity: currency for entity, _, currency in ENTITIES}
    for number, plan in enumerate(PROJECTS):
        year = now.year
        tenant.add(
            "Project",
            now - timedelta(days=20, minutes=10 * (len(PROJECTS) - number)),
            **{
                "Project": plan.code,
                "Description": plan.description,
                "DisplayProject": f"{plan.code} {plan.description}",
                "ProjectStatus": "Active" if plan.active else "Closed",
                "ProjectType": "Capital" if plan.code.startswith("ENG") else "Internal",
                "ProjectDateRange.BeginDate": f"{year - 1}0101",
                "ProjectDateRange.EndDate": f"{year + 1}1231",
                "Currency": currencies[plan.entity],
                "Active": _yes(plan.active),
                "FinanceCodeBlock.AccountingEntity": plan.entity,
                "FinanceCodeBlock.AccountingUnit": plan.cost_center,
                "FinanceCodeBlock.GeneralLedgerChartAccount": "613000",
            },
            **projects.amounts(*_money((plan.budget, plan.actual, plan.commitment))),
        )


def _money(units: Sequence[int]) -> list[Decimal]:
    return [Decimal(value).quantize(Decimal("0.01")) for value in units]
