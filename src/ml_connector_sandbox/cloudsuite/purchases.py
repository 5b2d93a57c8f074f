"""The seeded purchase orders: mostly recent and plain, with one of each kind that a connector must not stumble over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ml_connector_sandbox.cloudsuite.classes import FALSE, TRUE
from ml_connector_sandbox.cloudsuite.tenant import Tenant

RELEASE = "0000"
RECENT_DAYS = 28
OLD_DAYS = 75

# The first numbers of the two companies lie so close that one number exists in both of them.
SERIES = (("1000", "USD", 45001, 15), ("2000", "EUR", 45015, 10))

# M3 numbers the orders of all divisions in one series, so that a number never means two orders.
NUMBERED_ONCE = ("m3",)
SECOND_SERIES = 20_000_000

# Which orders of company 1000, counted from 0, are of a special kind.
WITHOUT_DISTRIBUTION = 3
IN_YEN = 5
INACTIVE_COST_CENTER = 7
ALREADY_CLOSED = 9
OLD = (11, 13)

VENDORS = (
    "Müller & Söhne IT",
    "Brightwater Consulting",
    "Łódź Automatyka sp. z o.o.",
    "日本計装",
    "Ångström Software AB",
    "Contract Crew, Inc.",
    "Société Élan",
)
BUYERS = ("AHARPER", "JNÚÑEZ", "KWEISS")
WORK = (
    "Backend developers",
    "Test engineers",
    "Integrationsberatung für Schnittstellen",
    "Cloud operations on call",
    "データ移行",
    "PLC programming, zone “B”",
    "Site survey — Kraków",
)
CODINGS = {
    "1000": (
        ("IT-DEV", "612000", "IT-2041"),
        ("IT-DEV", "613000", "IT-2042"),
        ("IT-OPS", "612000", "IT-2043"),
        ("FIN", "612000", ""),
    ),
    "2000": (("ENG-1", "613000", "ENG-502"), ("ENG-2", "612000", "ENG-501"), ("ENG-3", "613000", "ENG-503")),
}
PERCENTS = (("60.00", "40.00"), ("33.33", "33.33", "33.34"), ("25.00", "25.00", "25.00", "25.00"))


@dataclass(frozen=True, slots=True)
class Seeded:
    """Which order is written: its place in its company decides everything about it but the random figures."""

    company: str
    currency: str
    place: int
    number: str
    at: datetime

    @property
    def special(self) -> int | None:
        """The place, where the order is one of the first of company 1000; none for the plain ones."""
        return self.place if self.company == "1000" else None

    @property
    def key(self) -> dict[str, str]:
        """The key fields of the order."""
        code = "SVC" if self.place % 5 == 4 else "STD"
        return {"Company": self.company, "PurchaseOrder": self.number, "PORelease": RELEASE, "POCode": code}


def purchase(tenant: Tenant, now: datetime, scale: int) -> None:
    """Write the orders of both companies, the oldest first in each."""
    for company, currency, begins, count in SERIES:
        total = count * scale
        first = begins + (SECOND_SERIES if tenant.product in NUMBERED_ONCE and company != SERIES[0][0] else 0)
        for place in range(total):
            back = timedelta(days=RECENT_DAYS * (total - place) / total)
            if company == "1000" and place in OLD:
                back += timedelta(days=OLD_DAYS)
            currency_here = "JPY" if company == "1000" and place == IN_YEN else currency
            _write(tenant, Seeded(company, currency_here, place, f"{first + place:08d}", now - back))


def _write(tenant: Tenant, order: Seeded) -> None:
    tenant.add(
        "PurchaseOrder",
        order.at,
        **order.key,
        Vendor=VENDORS[order.place % len(VENDORS)],
        Buyer=BUYERS[order.place % len(BUYERS)],
        PurchaseOrderDate=f"{order.at:%Y%m%d}",
        Currency=order.currency,
        Closed=TRUE if order.special == ALREADY_CLOSED else FALSE,
        PurchaseOrderUserField1="L",
    )
    for line in range(1, tenant.random.choice((1, 1, 2, 3)) + 1):
        _write_line(tenant, order, line)


def _write_line(tenant: Tenant, order: Seeded, line: int) -> None:
    hours = Decimal(tenant.random.randrange(40, 481, 8))
    rate = Decimal(tenant.random.randrange(60, 151, 5))
    cost = rate * 100 if order.currency == "JPY" else rate.quantize(Decimal("0.01"))
    key = {**order.key, "LineNumber": str(line)}
    tenant.add(
        "PurchaseOrderLine",
        order.at,
        **key,
        Item=f"SVC-{line:03d}",
        Description=WORK[(order.place + line) % len(WORK)],
        Quantity=str(hours.quantize(Decimal("0.0001"))),
        EnteredUnitCost=str(cost),
        EnteredBuyUOM="HUR",
        EarlyDeliveryDate=f"{order.at:%Y%m%d}",
        LateDeliveryDate=f"{order.at + timedelta(days=90):%Y%m%d}",
        Closed=TRUE if order.special == ALREADY_CLOSED else FALSE,
    )
    for sequence, values in enumerate(_distributions(order, line, hours * cost), 1):
        tenant.add("PurchaseOrderLineDistribution", order.at, **key, DistributionSequence=str(sequence), **values)


def _distributions(order: Seeded, line: int, total: Decimal) -> Iterator[dict[str, str]]:
    """The coding of a line: whole by amount, or in two to four parts by percent or by amount; none for one order."""
    codings = CODINGS[order.company]
    if order.special == WITHOUT_DISTRIBUTION:
        return
    if order.special == INACTIVE_COST_CENTER:
        yield _coding("LEGACY", "612000", "IT-2043", DistributionAmount=str(total))
    elif line == 1 and order.place % 4 == 2:
        percents = PERCENTS[order.place // 4 % len(PERCENTS)]
        for part, percent in enumerate(percents):
            yield _coding(*codings[part % len(codings)], DistributionPercent=percent)
    elif line == 1 and order.place % 8 == 4:
        small = (total / 4).quantize(Decimal(1).scaleb(-2 if order.currency != "JPY" else 0))
        yield _coding(*codings[0], DistributionAmount=str(total - small))
        yield _coding(*codings[1], DistributionAmount=str(small))
    else:
        yield _coding(*codings[(order.place + line) % len(codings)], DistributionAmount=str(total))


def _coding(cost_center: str, account: str, project: str, **amount: str) -> dict[str, str]:
    return {
        "DistributionAccount.AccountingUnit": cost_center,
        "DistributionAccount.GeneralLedgerChartAccount": account,
        "DistributionAccount.Project": project,
        **amount,
    }
