"""Which property of CSI holds what: our names to CSI's, IDO by IDO, with what a site names otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ml_connector.core.records import Kind
from ml_connector.errors import Misconfigured

ORDER = "SLPos"
LINE = "SLPoItems"
PROJECT = "SLProjs"
ACCOUNT = "SLCharts"
CALENDAR = "SLPeriods"
JOURNAL = "SLJournals"
LEDGER = "SLLedgers"
UNITS = (1, 2, 3, 4)
"""CSI has four unit codes beside the account."""

IDO_OF: Mapping[Kind, str] = {
    Kind.PURCHASE_ORDER: ORDER,
    Kind.ORDER_LINE: LINE,
    Kind.DISTRIBUTION: LINE,
    Kind.PROJECT: PROJECT,
}


def unit_ido(unit: int) -> str:
    """The IDO of a unit's codes."""
    return f"SLUnitcd{unit}s"


def allowed_ido(unit: int) -> str:
    """The IDO that tells which codes of a unit an account takes."""
    return f"SLChartUnitcd{unit}s"


def _units(prefix: str) -> dict[str, str]:
    return {f"unit{number}": f"{prefix}{number}" for number in UNITS}


DEFAULTS: Mapping[str, Mapping[str, str]] = {
    # Seen in public client code.
    ORDER: {
        "number": "PoNum",
        "vendor": "VendorName",
        "buyer": "Buyer",
        "ordered": "OrderDate",
        "currency": "VenCurrCode",
        "state": "Stat",
        "description": "",
        "begins": "",
        "ends": "",
        "hours": "",
        "type": "Type",
        "invoiced": "",
    },
    LINE: {
        "number": "PoNum",
        "line": "PoLine",
        "release": "PoRelease",
        "item": "Item",
        "description": "Description",
        "quantity": "QtyOrderedConv",
        "unit_cost": "ItemCostConv",
        "state": "Stat",
        "account": "NonInvAcct",
        **_units("NonInvAcctUnit"),
        "reference_type": "RefType",
        "reference_number": "RefNum",
    },
    # The IDO is known, its properties are not.
    PROJECT: {
        "number": "ProjNum",
        "description": "ProjDesc",
        "status": "Stat",
        "type": "ProjType",
        "currency": "CurrCode",
        "begins": "StartDate",
        "ends": "EndDate",
        "budget": "BudgetAmount",
        "actual": "ActualAmount",
        "commitment": "CommittedAmount",
    },
    ACCOUNT: {"code": "Acct", "description": "Description", "obsolete": "ObsDate"},
    **{unit_ido(unit): {"code": f"Unit{unit}", "description": "Description"} for unit in UNITS},
    **{allowed_ido(unit): {"code": f"Unit{unit}"} for unit in UNITS},
    # A row a year; `{}` stands for the number of the period.
    CALENDAR: {"year": "FiscalYear", "begins": "PerStart_{}", "ends": "PerEnd_{}", "closed": "PerClosed_{}"},
    # Users know the columns of a journal row (date, account, unit codes, debit, credit, reference); their properties
    # are inferred from those of the ledger. `debit` and `credit` take the place of `amount` where both are named.
    JOURNAL: {
        "journal": "Id",
        "account": "Acct",
        **_units("AcctUnit"),
        "posting_date": "TransDate",
        "amount": "DomAmount",
        "debit": "",
        "credit": "",
        "foreign": "ForAmount",
        "currency": "CurrCode",
        "reference": "Ref",
        "description": "",
    },
    LEDGER: {
        "account": "Acct",
        **_units("AcctUnit"),
        "posting_date": "TransDate",
        "amount": "DomAmount",
        "foreign": "ForAmount",
        "currency": "CurrCode",
        "reference": "Ref",
    },
}

PERIODS = range(1, 14)
"""A fiscal year has up to thirteen periods."""


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The map in force. `extra` are user properties to read along, by kind and CSI's own names."""

    idos: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: DEFAULTS)
    extra: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)

    def of(self, ido: str) -> Mapping[str, str]:
        """Our names to CSI's for one IDO, without those that the site does not have."""
        return {ours: theirs for ours, theirs in self.idos[ido].items() if theirs}

    def asked(self, ido: str) -> tuple[str, ...]:
        """The properties to ask for, each once, in a stable order."""
        names = list(self.of(ido).values())
        if ido == CALENDAR:
            names = [name.format(number) for name in names for number in (PERIODS if "{}" in name else (0,))]
        for kind, extra in self.extra.items():
            names += extra if IDO_OF[kind] == ido else ()
        return tuple(dict.fromkeys(names))

    def values(self, ido: str, item: Mapping[str, str]) -> dict[str, str]:
        """Our names to an item's values without the blanks that pad them, empty where it has none."""
        return {ours: item.get(theirs, "").strip() if theirs else "" for ours, theirs in self.idos[ido].items()}

    @property
    def columns(self) -> bool:
        """Whether a journal row takes its amount as debit and credit."""
        return bool(self.idos[JOURNAL]["debit"] and self.idos[JOURNAL]["credit"])


def field_map(
    overrides: Mapping[str, Mapping[str, str]], extra: Mapping[Kind, tuple[str, ...]] | None = None
) -> FieldMap:
    """The defaults with a connection's `[cloudsuite.fields.<IDO>]` tables over them; an empty name means no property.

    Raises Misconfigured for an IDO or a name that nothing reads.
    """
    for ido, names in overrides.items():
        if ido not in DEFAULTS:
            raise Misconfigured(
                f"cloudsuite.fields names the IDO {ido!r}, which is not read.",
                remedy=f"The IDOs are: {', '.join(DEFAULTS)}.",
            )
        unknown = sorted(set(names) - set(DEFAULTS[ido]))
        if unknown:
            raise Misconfigured(
                f"cloudsuite.fields.{ido} names {unknown[0]!r}, which is not read.",
                remedy=f"The names are: {', '.join(DEFAULTS[ido])}.",
            )
    idos = {name: {**fields, **overrides.get(name, {})} for name, fields in DEFAULTS.items()}
    given = {kind: tuple(name for name in names if name) for kind, names in (extra or {}).items()}
    return FieldMap(idos, given)
