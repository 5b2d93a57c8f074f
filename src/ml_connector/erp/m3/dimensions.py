"""Accounting identities and the fiscal calendar, from records to the port's words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ml_connector.core.periods import Period
from ml_connector.erp.answers import iso_date
from ml_connector.erp.m3.answers import Values
from ml_connector.erp.m3.setup import PROJECT, Setup
from ml_connector.erp.port import DimensionValue
from ml_connector.errors import Malformed

BLOCKED = "1"
MANDATORY = "1"
"""What the rule of an account about another dimension says where it must be named. Not verified."""


def dated(records: Iterable[Values]) -> bool:
    """Whether any identity is valid for a time only."""
    return any(iso_date(record.get(name, "")) for record in records for name in ("VFDT", "VTDT"))


def identities(records: Iterable[Values], today: str, setup: Setup) -> tuple[DimensionValue, ...]:
    """Accounting identities, each once: what one division may name exists. `today` is an ISO date, empty if unknown."""
    found: dict[str, DimensionValue] = {}
    for record in records:
        value = _identity(record, today, setup)
        known = found.get(value.code)
        found[value.code] = value if known is None or not known.active else known
    return tuple(found.values())


def _identity(record: Values, today: str, setup: Setup) -> DimensionValue:
    code = record.get("AITM", "")
    if not code:
        raise Malformed("M3 sent an accounting identity without its code.")
    begins, ends = (iso_date(record.get(name, "")) for name in ("VFDT", "VTDT"))
    valid = not today or ((not begins or begins <= today) and (not ends or today <= ends))
    return DimensionValue(
        code=code,
        description=record.get("TX40", ""),
        active=valid and record.get("LCCD", "") != BLOCKED,
        requires_project=record.get(f"ACR{setup.dimensions[PROJECT]}", "") == MANDATORY,
    )


def divisions(records: Iterable[Values], setup: Setup) -> tuple[DimensionValue, ...]:
    """Divisions as entities. The company itself has none, and is left out."""
    codes = ((record.get("DIVI", ""), record.get("TX15", "")) for record in records)
    return tuple(DimensionValue(setup.entity(code) or code, name, active=True) for code, name in codes if code)


def calendar(entity: str, records: Iterable[Values]) -> tuple[Period, ...]:
    """The periods of an entity by their first day. M3's calendar does not tell whether they are open."""
    return tuple(sorted((_period(entity, record) for record in records), key=lambda period: period.begins))


def _period(entity: str, record: Values) -> Period:
    name = record.get("NAME") or f"{record.get('YEA4', '')}/{record.get('PERI', '')}"
    try:
        begins, ends = (date.fromisoformat(iso_date(record.get(edge, ""))) for edge in ("FDAT", "TDAT"))
    except ValueError:
        raise Malformed(f"Period {name} of the fiscal calendar has no readable dates.") from None
    return Period(entity, name, begins, ends, None)
