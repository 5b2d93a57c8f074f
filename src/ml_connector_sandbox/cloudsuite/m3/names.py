"""What M3 calls what the books hold: its company and divisions, and the time at its server."""

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
