"""What a journal line is checked against: accounts, cost centers, projects, entities, periods and currencies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ml_connector_sandbox.cloudsuite.classes import TRUE, Table

OPEN = "Open"
CLOSED = "Closed"
POSTING_SUBTYPE = "Posting"


@dataclass(frozen=True, slots=True)
class Account:
    """One general ledger account. A summary account (`posting` false) takes no lines."""

    code: str
    description: str
    active: bool
    posting: bool
    requires_project: bool


@dataclass(frozen=True, slots=True)
class CostCenter:
    """One accounting unit."""

    code: str
    active: bool


@dataclass(frozen=True, slots=True)
class Project:
    """One project, as far as posting asks about it."""

    code: str
    active: bool


@dataclass(frozen=True, slots=True)
class Entity:
    """One accounting entity and its functional currency."""

    code: str
    currency: str


@dataclass(frozen=True, slots=True)
class Period:
    """One month of one entity's calendar; `name` as in 2026-11."""

    name: str
    open: bool


def period_key(name: str) -> tuple[str, str]:
    """The close year and the period number of a period's name: 2026-11 is ("2026", "11")."""
    year, _, month = name.partition("-")
    return year, str(int(month))


@dataclass(slots=True)
class Reference:
    """The reference data of one finance enterprise group, read from the same tables that the list service shows."""

    group: str
    tables: Mapping[str, Table]

    def account(self, code: str) -> Account | None:
        """The account of a code."""
        row = self.tables["GeneralLedgerChartAccount"].get(self.group, code)
        if row is None:
            return None
        values = row.fields
        return Account(
            code,
            values["AccountDescription"],
            values["Active"] == TRUE,
            values["AccountSubType"] == POSTING_SUBTYPE,
            values["RequireProject"] == TRUE,
        )

    def cost_center(self, code: str) -> CostCenter | None:
        """The accounting unit of a code."""
        row = self.tables["AccountingUnit"].get(self.group, code)
        return None if row is None else CostCenter(code, row.fields["Active"] == TRUE)

    def project(self, code: str) -> Project | None:
        """The project of a code."""
        row = self.tables["Project"].get(self.group, code)
        return None if row is None else Project(code, row.fields["Active"] == TRUE)

    def entity(self, code: str) -> Entity | None:
        """The accounting entity of a code."""
        row = self.tables["AccountingEntity"].get(self.group, code)
        return None if row is None else Entity(code, row.fields["FunctionalCurrency"])

    def period(self, entity_code: str, day: date) -> Period | None:
        """The period of an entity that a day lies in."""
        row = self.tables["AccountingEntityPeriod"].get(self.group, entity_code, str(day.year), str(day.month))
        return None if row is None else Period(f"{day:%Y-%m}", row.fields["Status"] == OPEN)

    def currency_digits(self, code: str) -> int | None:
        """How many decimal places amounts of a currency have (ISO 4217); none for a currency that is not set up."""
        row = self.tables["Currency"].get(code)
        return None if row is None else int(row.fields["DecimalPlaces"])
