"""Which field of FSM holds what: our neutral names to FSM's, class by class, with what a tenant names otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ml_connector.core.records import Kind
from ml_connector.errors import Misconfigured

ORDER = "PurchaseOrder"
LINE = "PurchaseOrderLine"
DISTRIBUTION = "PurchaseOrderLineDistribution"
PROJECT = "Project"
ACCOUNT = "GeneralLedgerChartAccount"
COST_CENTER = "AccountingUnit"
ENTITY = "AccountingEntity"
CALENDAR = "GeneralLedgerClosePeriod"
PERIOD_STATE = "AccountingEntityPeriod"
STAGING = "GLTransactionInterface"
RESULT = "GLTransactionInterfaceResult"
DETAIL = "GLTransactionDetail"

CLASS_OF: Mapping[Kind, str] = {
    Kind.PURCHASE_ORDER: ORDER,
    Kind.ORDER_LINE: LINE,
    Kind.DISTRIBUTION: DISTRIBUTION,
    Kind.PROJECT: PROJECT,
}

DIMENSIONS = tuple(f"dimension:{number}" for number in range(1, 11))
"""FSM has ten free dimensions beside account, accounting unit and project."""


def _dimensions(prefix: str = "") -> dict[str, str]:
    return {name: f"{prefix}FinanceDimension{number}" for number, name in enumerate(DIMENSIONS, 1)}


_ORDER_IDENTITY = {"entity": "Company", "number": "PurchaseOrder", "release": "PORelease", "code": "POCode"}
_CODING = {
    "entity": "AccountingEntity",
    "account": "AccountCode",
    "cost_center": "AccountingUnit",
    "project": "Project",
}

DEFAULTS: Mapping[str, Mapping[str, str]] = {
    # The live purchase order classes are taken to use the names of their import twins (PurchaseOrderImport, 2026.03).
    ORDER: {
        **_ORDER_IDENTITY,
        "vendor": "Vendor",
        "buyer": "Buyer",
        "ordered": "PurchaseOrderDate",
        "currency": "Currency",
        "closed": "Closed",
        "description": "",
        "begins": "",
        "ends": "",
        "hours": "",
        "type": "POCode",
        "invoiced": "",
        "default_account": "DefaultDistributionAccount.GeneralLedgerChartAccount",
        "default_cost_center": "DefaultDistributionAccount.AccountingUnit",
        "default_project": "DefaultDistributionAccount.Project",
    },
    LINE: {
        **_ORDER_IDENTITY,
        "line": "LineNumber",
        "item": "Item",
        "description": "Description",
        "quantity": "Quantity",
        "unit_cost": "EnteredUnitCost",
        "closed": "Closed",
    },
    DISTRIBUTION: {
        **_ORDER_IDENTITY,
        "line": "LineNumber",
        "sequence": "DistributionSequence",
        "to_entity": "DistributionAccount.ToAccountingEntity",
        "account": "DistributionAccount.GeneralLedgerChartAccount",
        "cost_center": "DistributionAccount.AccountingUnit",
        "project": "DistributionAccount.Project",
        "amount": "DistributionAmount",
        "percent": "DistributionPercent",
        "quantity": "DistributionQuantity",
        **_dimensions("DistributionAccount."),
    },
    PROJECT: {
        "group": "FinanceEnterpriseGroup",
        "number": "Project",
        "description": "Description",
        "status": "ProjectStatus",
        "type": "ProjectType",
        "active": "Active",
        "currency": "Currency",
        "begins": "ProjectDateRange.BeginDate",
        "ends": "ProjectDateRange.EndDate",
        "budget": "ProjectBudgetAmount",
        "actual": "ProjectActualAmount",
        "commitment": "ProjectCommitmentAmount",
        "remaining": "RemainingBudget",
        "person": "PersonResponsible",
    },
    ACCOUNT: {
        "code": "GeneralLedgerChartAccount",
        "description": "AccountDescription",
        "active": "Active",
        "requires_project": "RequireProject",
    },
    COST_CENTER: {"code": "AccountingUnit", "description": "Description", "active": "Active"},
    ENTITY: {"code": "AccountingEntity", "description": "Description", "active": "Active"},
    CALENDAR: {
        "year": "GeneralLedgerCloseYear",
        "period": "PeriodNumber",
        "name": "PeriodName",
        "begins": "BeginDate",
        "ends": "DerivedEndDate",
    },
    PERIOD_STATE: {
        "filter": "AccountingEntity",
        "entity": "AccountingEntity",
        "year": "GeneralLedgerCloseYear",
        "period": "PeriodNumber",
        "state": "Status",
    },
    # The key fields carry the class as a prefix in Infor's OpenAPI file, all others are plain.
    STAGING: {
        "filter": "RunGroup",
        "group": "FinanceEnterpriseGroup",
        "reference": "GLTransactionInterface.RunGroup",
        "sequence": "GLTransactionInterface.SequenceNumber",
        **_CODING,
        "posting_date": "PostingDate",
        "work_date": "TransactionDate",
        "currency": "CurrencyCode",
        "amount": "TransactionAmount",
        "units": "UnitsAmount",
        "issue_key": "Reference",
        "description": "Description",
        "document": "DocumentNumber",
        "system": "System",
        "status": "Status",
        "error": "ErrorMessage",
        **_dimensions(),
    },
    RESULT: {
        "filter": "RunGroup",
        "reference": "RunGroup",
        "id": "GLTransactionInterfaceResult",
        "status": "Status",
        "passed": "PassedCount",
        "failed": "FailedCount",
    },
    DETAIL: {
        "filter": "RunGroup",
        "reference": "RunGroup",
        "sequence": "SequenceNumber",
        **_CODING,
        "posting_date": "PostingDate",
        "currency": "CurrencyCode",
        "amount": "TransactionAmount",
        "units": "UnitsAmount",
        "document": "DocumentNumber",
        "status": "Status",
        **_dimensions(),
    },
}

OPTIONAL_CLASSES = frozenset({PERIOD_STATE, ENTITY})
"""Read where the tenant has them; without them something is not told, and nothing breaks."""


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The map in force. `extra` are user fields to read along, by kind and FSM's own names."""

    classes: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: DEFAULTS)
    extra: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)

    def of(self, business_class: str) -> Mapping[str, str]:
        """Our names to FSM's for one class, without those that the tenant does not have."""
        return {ours: theirs for ours, theirs in self.classes[business_class].items() if theirs}

    def asked(self, business_class: str) -> tuple[str, ...]:
        """The fields to ask a list of this class for, each once, in a stable order."""
        fields = [theirs for ours, theirs in self.of(business_class).items() if ours != "filter"]
        for kind, extra in self.extra.items():
            fields += extra if CLASS_OF[kind] == business_class else ()
        return tuple(dict.fromkeys(fields))

    def values(self, business_class: str, record: Mapping[str, str]) -> dict[str, str]:
        """Our names to a record's values, empty where it has none."""
        return {
            ours: _value(business_class, theirs, record)
            for ours, theirs in self.classes[business_class].items()
            if theirs
        }

    def value(self, business_class: str, ours: str, record: Mapping[str, str]) -> str:
        """One of a record's values by our name, empty where it has none."""
        theirs = self.classes[business_class][ours]
        return _value(business_class, theirs, record) if theirs else ""


def _value(business_class: str, theirs: str, record: Mapping[str, str]) -> str:
    """Infor's own field names are inconsistent about the class as a prefix, and tenants answer either way."""
    if theirs in record:
        return record[theirs].strip()
    plain = theirs.removeprefix(f"{business_class}.")
    return record.get(plain, record.get(f"{business_class}.{plain}", "")).strip()


def field_map(
    overrides: Mapping[str, Mapping[str, str]], extra: Mapping[Kind, tuple[str, ...]] | None = None
) -> FieldMap:
    """The defaults with a connection's `[cloudsuite.fields.<Class>]` tables over them; an empty name means no field.

    Raises Misconfigured for a class or a name that nothing reads.
    """
    for business_class, names in overrides.items():
        if business_class not in DEFAULTS:
            raise Misconfigured(
                f"cloudsuite.fields names the class {business_class!r}, which is not read.",
                remedy=f"The classes are: {', '.join(DEFAULTS)}.",
            )
        unknown = sorted(set(names) - set(DEFAULTS[business_class]))
        if unknown:
            raise Misconfigured(
                f"cloudsuite.fields.{business_class} names {unknown[0]!r}, which is not read.",
                remedy=f"The names are: {', '.join(DEFAULTS[business_class])}.",
            )
    classes = {name: {**fields, **overrides.get(name, {})} for name, fields in DEFAULTS.items()}
    given = {kind: tuple(name for name in names if name) for kind, names in (extra or {}).items()}
    return FieldMap(classes, given)
