"""Accounts, cost centers and the fiscal calendar, from items to the port's words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from ml_connector.core.periods import Period
from ml_connector.erp.csi.fields import ACCOUNT, CALENDAR, PERIODS, FieldMap
from ml_connector.erp.csi.sites import Site, iso_day
from ml_connector.erp.port import DimensionValue
from ml_connector.errors import Malformed

Item = Mapping[str, str]

CLOSED_WORDS: Mapping[str, bool] = {"1": True, "true": True, "0": False, "false": False}
"""How a site tells whether a period is closed; any other text tells nothing."""


def account(item: Item, fields: FieldMap) -> DimensionValue:
    """A GL account. One with a day on which it becomes obsolete counts as inactive, whenever that day is."""
    values = fields.values(ACCOUNT, item)
    return DimensionValue(_code(values, ACCOUNT), values["description"], active=not values["obsolete"])


def unit_code(item: Item, ido: str, allowed: Collection[str] | None, fields: FieldMap) -> DimensionValue:
    """A unit code. It is active where some account takes it; `allowed` None: the site does not restrict them."""
    values = fields.values(ido, item)
    code = _code(values, ido)
    return DimensionValue(code, values["description"], active=allowed is None or code in allowed)


def merged(values: Iterable[DimensionValue]) -> tuple[DimensionValue, ...]:
    """Each code once: several sites share a chart, and one that is active somewhere is active."""
    found: dict[str, DimensionValue] = {}
    for value in values:
        if value.code not in found or value.active:
            found[value.code] = value
    return tuple(found.values())


def periods(site: Site, years: Iterable[Item], fields: FieldMap) -> tuple[Period, ...]:
    """The periods of a site by their first day."""
    return tuple(sorted((p for year in years for p in _of_year(site, year, fields)), key=lambda period: period.begins))


def _of_year(site: Site, item: Item, fields: FieldMap) -> Iterator[Period]:
    names = fields.of(CALENDAR)
    year = item.get(names.get("year", ""), "").strip()
    for number in PERIODS:

        def value(ours: str, number: int = number) -> str:
            return item.get(names.get(ours, "").format(number), "").strip()

        if not value("begins"):
            continue
        try:
            begins, ends = (date.fromisoformat(iso_day(value(ours))) for ours in ("begins", "ends"))
        except ValueError:
            raise Malformed(f"Period {number} of {year} in {site.configuration} has no readable days.") from None
        closed = CLOSED_WORDS.get(value("closed").lower())
        yield Period(site.entity, f"{year}-{number:02d}", begins, ends, None if closed is None else not closed)


def _code(values: Mapping[str, str], ido: str) -> str:
    if not values["code"]:
        raise Malformed(f"CSI sent an item of {ido} without its code.")
    return values["code"]
