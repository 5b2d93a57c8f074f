"""What M3 calls what the books hold: its company and divisions, its order numbers, and the time at its server."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ml_connector_sandbox.cloudsuite.classes import Row
from ml_connector_sandbox.cloudsuite.switches import text
from ml_connector_sandbox.cloudsuite.tenant import COMPANIES, Tenant

COMPANY = "100"
DIVISIONS = dict(zip(COMPANIES, ("AAA", "BBB"), strict=True))
PROJECT_TABLE = "MPROJE"
"""The table of projects, as `SearchProject` answers it. What it is called in a tenant was never seen."""
INTERFACE = "MLCONNECTOR"
"""The interface template of usage type 2 that finance has set up in GLS850."""
INFO_NUMBER, KEY_INFO_NUMBER = "001", "002"
"""The additional information of a voucher line that finance has agreed to: our reference, and the issue key."""


def company_of(division: str) -> str:
    """The books' company of a division; empty where there is none."""
    return next((company for company, divi in DIVISIONS.items() if divi == division), "")


def order_number(company: str, number: str) -> str:
    """An order's number in M3, where it is unique over all divisions: those of the first keep the books' number.

    The numbers of another division begin with the first digit of its company.
    """
    return number if company == COMPANIES[0] else company[0] + number[1:]


def order_of(number: str) -> tuple[str, str]:
    """The books' company and number of an order's number in M3."""
    for company in COMPANIES[1:]:
        if number[:1] == company[0]:
            return company, "0" + number[1:]
    return COMPANIES[0], number


def zone(tenant: Tenant) -> ZoneInfo:
    """Where the server stands."""
    return ZoneInfo(text(tenant.switches, "m3_time_zone"))


def server_time(tenant: Tenant) -> datetime:
    """The present, as the server's clock shows it."""
    return tenant.clock.now().astimezone(zone(tenant))


def changed(tenant: Tenant, row: Row) -> str:
    """`LMDT`: the day of a row's last change, at the server."""
    return f"{row.updated.astimezone(zone(tenant)):%Y%m%d}"


def day(text_of_day: str) -> date:
    """A calendar day as YYYYMMDD. Raises ValueError."""
    return datetime.strptime(text_of_day, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
