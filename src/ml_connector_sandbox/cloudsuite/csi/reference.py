"""Accounts, unit codes, periods and sites. Apart from the account and unit code, property names are ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from ml_connector_sandbox.cloudsuite.classes import TRUE, Row
from ml_connector_sandbox.cloudsuite.csi.idos import Ido, Item, Property, Site
from ml_connector_sandbox.cloudsuite.csi.sites import configuration, day, on
from ml_connector_sandbox.cloudsuite.reference import CLOSED, POSTING_SUBTYPE

PERIODS = 13
OBSOLETE = "20200101"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

UNITS = {1: "AccountingUnit", 2: "Project", 3: "FinanceDimension1", 4: "FinanceDimension2"}
"""What each unit code stands for at this customer."""


def accounts(site: Site) -> Iterator[Item]:
    """`SLCharts`: accounts that entries may name; one that is not in use any more has a day on which it ended."""
    for row in site.tenant.tables["GeneralLedgerChartAccount"].living():
        fields = row.fields
        if fields["AccountSubType"] == POSTING_SUBTYPE:
            code = fields["GeneralLedgerChartAccount"]
            obsolete = "" if fields["Active"] == TRUE else OBSOLETE
            values = {"Acct": code, "Description": fields["AccountDescription"], "Type": fields["AccountType"][:1]}
            yield Item((code,), {**values, "ObsDate": day(obsolete)}, row.updated)


def _coded(site: Site, unit: int) -> list[tuple[str, Row]]:
    """The codes of a unit, with what stands behind them."""
    name = UNITS[unit]
    rows = site.tenant.tables[name].living()
    if name == "Project":
        rows = [row for row in rows if row.fields["FinanceCodeBlock.AccountingEntity"] == site.company]
    return [(site.local.unit(row.fields[name]), row) for row in rows]


def units(unit: int) -> Callable[[Site], Iterator[Item]]:
    """`SLUnitcd1s` to `SLUnitcd4s`: all codes. Whether one may be used stands elsewhere."""

    def items(site: Site) -> Iterator[Item]:
        for code, row in _coded(site, unit):
            yield Item((code,), {f"Unit{unit}": code, "Description": row.fields["Description"]}, row.updated)

    return items


def allowed(unit: int) -> Callable[[Site], Iterator[Item]]:
    """`SLChartUnitcd1s` to `SLChartUnitcd4s`: which codes each account takes."""

    def items(site: Site) -> Iterator[Item]:
        for account in accounts(site):
            for code, row in _coded(site, unit):
                if row.fields["Active"] == TRUE and not account.values["ObsDate"]:
                    key = (account.key[0], code)
                    yield Item(key, {"Acct": key[0], f"Unit{unit}": code}, max(row.updated, account.updated))

    return items


def periods(site: Site) -> Iterator[Item]:
    """`SLPeriods`: a row a fiscal year, with up to thirteen periods side by side."""
    years: dict[str, list[Row]] = {}
    for row in site.tenant.tables["AccountingEntityPeriod"].living():
        if row.fields["AccountingEntity"] == site.company:
            years.setdefault(row.fields["GeneralLedgerCloseYear"], []).append(row)
    for year, rows in years.items():
        values = {"FiscalYear": year}
        for row in rows:
            number = row.fields["PeriodNumber"]
            values[f"PerStart_{number}"] = day(row.fields["BeginDate"])
            values[f"PerEnd_{number}"] = day(row.fields["DerivedEndDate"])
            values[f"PerClosed_{number}"] = "1" if row.fields["Status"] == CLOSED else "0"
        yield Item((year,), values, max(row.updated for row in rows))


def _untold(site: Site) -> frozenset[str]:
    told = on(site.tenant.switches, "csi_tells_closed_periods")
    return frozenset() if told else frozenset(f"PerClosed_{number}" for number in range(1, PERIODS + 1))


def sites(site: Site) -> Iterator[Item]:
    """`SLSites`: the site itself."""
    yield Item((site.company,), {"Site": site.company, "SiteName": configuration(site.company)}, LONG_AGO)


def _ido(name: str, table: str, texts: str, items: Callable[[Site], Iterator[Item]], keys: str) -> Ido:
    return Ido(name, table, tuple(Property(each) for each in texts.split()), items, tuple(keys.split()))


IDOS = (
    Ido(
        "SLCharts",
        "chart",
        (Property("Acct"), Property("Description"), Property("Type"), Property("ObsDate", "date")),
        accounts,
        ("Acct",),
    ),
    *(_ido(f"SLUnitcd{n}s", f"unitcd{n}", f"Unit{n} Description", units(n), f"Unit{n}") for n in UNITS),
    *(_ido(f"SLChartUnitcd{n}s", f"chart_unitcd{n}", f"Acct Unit{n}", allowed(n), f"Acct Unit{n}") for n in UNITS),
    Ido(
        "SLPeriods",
        "periods",
        (
            Property("FiscalYear"),
            *(Property(f"{what}_{n}", "date") for what in ("PerStart", "PerEnd") for n in range(1, PERIODS + 1)),
            *(Property(f"PerClosed_{n}") for n in range(1, PERIODS + 1)),
        ),
        periods,
        ("FiscalYear",),
        hidden=_untold,
    ),
    _ido("SLSites", "site", "Site SiteName", sites, "Site"),
)
