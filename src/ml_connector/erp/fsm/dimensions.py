"""Accounts, cost centers and the fiscal calendar, from list records to the port's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from ml_connector.core.periods import Period
from ml_connector.erp.answers import iso_date
from ml_connector.erp.fsm.fields import ACCOUNT, CALENDAR, COST_CENTER, ENTITY, PERIOD_STATE, FieldMap
from ml_connector.erp.fsm.lists import Record
from ml_connector.erp.fsm.orders import YES
from ml_connector.erp.port import DimensionValue
from ml_connector.errors import Malformed

OPEN = frozenset({"1", "open", "opened"})
CLOSED = frozenset({"2", "3", "closed", "close", "locked"})
"""How a tenant writes the state of a period is not verified: any other text is `not told`."""


def account(record: Record, fields: FieldMap) -> DimensionValue:
    """A GL account. The list that is asked holds detail accounts only, so that entries may name each of them."""
    values = fields.values(ACCOUNT, record.fields)
    return DimensionValue(
        code=_code(values, ACCOUNT),
        description=values.get("description", ""),
        active=_yes(values, "active", default=True),
        requires_project=_yes(values, "requires_project", default=False),
    )


def cost_center(record: Record, fields: FieldMap) -> DimensionValue:
    """An accounting unit."""
    return _named(record, fields, COST_CENTER)


def entity(record: Record, fields: FieldMap) -> DimensionValue:
    """An accounting entity."""
    return _named(record, fields, ENTITY)


def _named(record: Record, fields: FieldMap, business_class: str) -> DimensionValue:
    values = fields.values(business_class, record.fields)
    return DimensionValue(
        code=_code(values, business_class),
        description=values.get("description", ""),
        active=_yes(values, "active", default=True),
    )


def calendar(
    entity: str, calendar: Iterable[Record], states: Iterable[Record] | None, fields: FieldMap
) -> tuple[Period, ...]:
    """The periods of an entity by their first day. `states` None: the tenant does not tell which are open."""
    told = {}
    for record in states or ():
        values = fields.values(PERIOD_STATE, record.fields)
        if values.get("entity") == entity:
            told[_number_of(values)] = _is_open(values.get("state", ""))
    periods = (_period(entity, fields.values(CALENDAR, record.fields), told) for record in calendar)
    return tuple(sorted(periods, key=lambda period: period.begins))


def _period(entity: str, values: Mapping[str, str], told: Mapping[tuple[str, str], bool | None]) -> Period:
    year, number = _number_of(values)
    try:
        begins, ends = (date.fromisoformat(iso_date(values.get(name, ""))) for name in ("begins", "ends"))
    except ValueError:
        raise Malformed(f"Period {year}/{number} of the fiscal calendar has no readable dates.") from None
    return Period(entity, values.get("name") or f"{year}/{number}", begins, ends, told.get((year, number)))


def _number_of(values: Mapping[str, str]) -> tuple[str, str]:
    return values.get("year", ""), values.get("period", "").lstrip("0")


def _is_open(state: str) -> bool | None:
    lowered = state.lower()
    return lowered in OPEN if lowered in OPEN | CLOSED else None


def _code(values: Mapping[str, str], business_class: str) -> str:
    if not values.get("code"):
        raise Malformed(f"CloudSuite sent a record of {business_class} without its code.")
    return values["code"]


def _yes(values: Mapping[str, str], name: str, *, default: bool) -> bool:
    return values[name].lower() in YES if values.get(name) else default
