"""The business classes of FSM: their fields, keys and lists, and the rows that the list service shows.

Field names are those of Infor's generated API descriptions; where a live class was never seen (the purchase order
classes, `AccountingUnit`, `GLTransactionDetail`, the period state) they follow its import twin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime

DIMENSIONS = tuple(f"FinanceDimension{number}" for number in range(1, 11))
TRUE = "true"
FALSE = "false"
TRUE_WORDS = ("true", "1", "yes")
KEY_WIDTH = 40
TEXT_WIDTH = 60


class Refused(Exception):
    """The business class does not take the values; the message is what the vendor says to the client."""


@dataclass(slots=True, kw_only=True)
class Row:
    """One record: every value is a string, every instant is aware and in UTC. A deleted one stays for delta reads."""

    key: tuple[str, ...]
    fields: dict[str, str]
    created: datetime
    updated: datetime
    deleted: bool = False


@dataclass(slots=True)
class Table:
    """The rows of one class by their key. What was deleted is kept, marked, until its key is used again."""

    key_fields: tuple[str, ...]
    rows: dict[tuple[str, ...], Row] = dataclass_field(default_factory=dict)

    def get(self, *key: str) -> Row | None:
        """The living row of a key."""
        row = self.rows.get(key)
        return None if row is None or row.deleted else row

    def add(self, fields: Mapping[str, str], now: datetime) -> Row:
        """A new row. Raises `Refused` where the key is taken."""
        key = tuple(fields[name] for name in self.key_fields)
        if self.get(*key) is not None:
            raise Refused(f"Record already exists: {', '.join(key)}")
        row = Row(key=key, fields=dict(fields), created=now, updated=now)
        self.rows[key] = row
        return row

    def change(self, row: Row, fields: Mapping[str, str], now: datetime) -> None:
        """Set some fields; a change to the same values still counts as a change."""
        row.fields.update(fields)
        row.updated = now

    def remove(self, row: Row, now: datetime) -> None:
        """Mark a row as deleted."""
        row.deleted = True
        row.updated = now

    def living(self) -> list[Row]:
        """All rows that are not deleted, in the order of their creation."""
        return [row for row in self.rows.values() if not row.deleted]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its type (`text`, `number`, `date`, `boolean`), its width, and whether a client may set it."""

    name: str
    type: str = "text"
    width: int = TEXT_WIDTH
    writable: bool = True
    states: tuple[tuple[str, str], ...] = ()

    def takes(self, value: str) -> None:
        """Raise `Refused` where the value does not fit the field."""
        if len(value) > self.width:
            raise Refused(f"{self.name}: value is longer than {self.width} characters")
        if self.type == "number" and value and not _is_number(value):
            raise Refused(f"{self.name}: {value} is not a valid number")
        if self.type == "date" and value and not _is_date(value):
            raise Refused(f"{self.name}: {value} is not a valid date")

    def stored(self, value: str) -> str:
        """The value as the field keeps it. Raises `Refused` where it does not fit."""
        self.takes(value)
        return truth(value) if self.type == "boolean" else value


def truth(value: str) -> str:
    """A boolean as it is stored, from any of its spellings."""
    return TRUE if value.lower() in TRUE_WORDS else FALSE


@dataclass(frozen=True, slots=True)
class BusinessClass:
    """One class: its context key, its fields by name, its named lists, sets and actions."""

    name: str
    key: tuple[str, ...]
    fields: dict[str, Field]
    lists: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    sets: dict[str, tuple[str, ...]] = dataclass_field(default_factory=dict)

    def field(self, name: str) -> Field | None:
        """The field that a client means: by its own name, or with the class's name put before or left out."""
        if found := self.fields.get(name):
            return found
        prefix = f"{self.name}."
        return self.fields.get(name[len(prefix) :] if name.startswith(prefix) else prefix + name)


def _is_number(value: str) -> bool:
    digits = value.removeprefix("-").removeprefix("+")
    whole, _, fraction = digits.partition(".")
    return (whole + fraction).isascii() and (whole + fraction).isdigit()


def _is_date(value: str) -> bool:
    if len(value) != len("YYYYMMDD") or not (value.isascii() and value.isdigit()):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _texts(names: str, width: int = TEXT_WIDTH, *, writable: bool = True) -> list[Field]:
    return [Field(name, width=width, writable=writable) for name in names.split()]


def _numbers(names: str, *, writable: bool = True) -> list[Field]:
    return [Field(name, "number", 20, writable) for name in names.split()]


def _dates(names: str) -> list[Field]:
    return [Field(name, "date", 8) for name in names.split()]


def _booleans(names: str) -> list[Field]:
    return [Field(name, "boolean", 5) for name in names.split()]


def _code_block(prefix: str, *names: str) -> list[Field]:
    return [Field(f"{prefix}.{name}", width=KEY_WIDTH) for name in (*names, *DIMENSIONS)]


def _class(
    name: str,
    key: str,
    fields: Iterable[Field],
    *,
    lists: str = "",
    actions: str = "",
    sets: dict[str, tuple[str, ...]] | None = None,
) -> BusinessClass:
    by_name = {each.name: each for each in fields}
    for each in key.split():
        by_name.setdefault(each, Field(each, width=KEY_WIDTH))
    ordered = {each: by_name.pop(each) for each in key.split()} | by_name
    return BusinessClass(name, tuple(key.split()), ordered, tuple(lists.split()), tuple(actions.split()), sets or {})


_ACCOUNT_BLOCK = ("AccountingUnit", "GeneralLedgerChartAccount", "Project", "ToAccountingEntity", "Ledger")
_STATUS = (("0", "Unreleased"), ("1", "Released"), ("2", "Posted"), ("3", "Error"))
_ORDER_KEY = "Company PurchaseOrder PORelease POCode"
_EDITS = "Create Update FastUpdate UpdateNoRules Delete"

_PURCHASING = (
    _class(
        "PurchaseOrder",
        _ORDER_KEY,
        [
            *_texts("Vendor Buyer", 30),
            *_dates("PurchaseOrderDate"),
            *_texts("Currency", 5),
            *_booleans("Closed"),
            # What the vendor has billed: no page names such a field, so that a tenant's may be called otherwise.
            *_numbers("InvoicedAmount", writable=False),
            *_texts("PurchaseOrderUserField1", 1),
            *_texts("PurchaseOrderUserField3", 10),
            *_texts("PurchaseOrderUserField5 PurchaseOrderUserField7", 30),
            *_dates("UserDate1 UserDate2"),
            *_code_block("DefaultDistributionAccount", *_ACCOUNT_BLOCK),
            *_texts("RunGroup", 30),
            *_texts("ErrorMessage", 250),
        ],
        actions=_EDITS,
        sets={"ByPurchaseOrder": ("Company", "PurchaseOrder"), "ByPurchaseOrderDate": ("PurchaseOrderDate",)},
    ),
    _class(
        "PurchaseOrderLine",
        f"{_ORDER_KEY} LineNumber",
        [
            Field("LineNumber", "number", 6),
            *_texts("Item", 32),
            *_texts("Description"),
            *_numbers("Quantity EnteredUnitCost"),
            *_texts("EnteredBuyUOM", 4),
            *_dates("EarlyDeliveryDate LateDeliveryDate"),
            *_booleans("Closed"),
            *_texts("PurchaseOrderUserField2", 1),
            *_texts("PurchaseOrderUserField4", 10),
            *_texts("PurchaseOrderUserField6", 30),
            *_dates("UserDate3 UserDate4"),
        ],
        actions=_EDITS,
    ),
    _class(
        "PurchaseOrderLineDistribution",
        f"{_ORDER_KEY} LineNumber DistributionSequence",
        [
            Field("LineNumber", "number", 6),
            Field("DistributionSequence", "number", 6),
            *_code_block("DistributionAccount", *_ACCOUNT_BLOCK),
            *_numbers("DistributionAmount DistributionPercent DistributionQuantity"),
        ],
        actions=_EDITS,
    ),
)

PROJECT_AMOUNTS = (
    "BudgetAmount ProjectBudgetAmount ProjectOriginalBudgetAmount ProjectActualAmount ProjectCommitmentAmount "
    "ProjectEncumbranceAmount TotalObligations RemainingBudget DerivedProjectBudgetRemaining ProjectBudgetVariance"
)

_PROJECTS = (
    _class(
        "Project",
        "FinanceEnterpriseGroup Project",
        [
            *_texts("Description DisplayProject"),
            *_texts("ParentProject ProjectStatus ProjectType PersonResponsible", KEY_WIDTH),
            *_dates("ProjectDateRange.BeginDate ProjectDateRange.EndDate"),
            *_texts("Currency", 5),
            *_booleans("Active"),
            *_texts("Notes", 250),
            *_texts("ProjectUserField5 ProjectUserField7", 30),
            *_code_block("FinanceCodeBlock", "AccountingEntity", "AccountingUnit", "GeneralLedgerChartAccount"),
            *_code_block("DefaultCodeBlock", "AccountingEntity", "AccountingUnit", "GeneralLedgerChartAccount"),
            *_numbers(PROJECT_AMOUNTS, writable=False),
        ],
        lists="PostingProjectsList ProjectFlatList",
        actions=f"{_EDITS} UpdateProjectStatus ChangeStatus",
        sets={"ByProject": ("Project",)},
    ),
)

_REFERENCE = (
    _class(
        "FinanceEnterpriseGroup",
        "FinanceEnterpriseGroup",
        _texts("Description " + " ".join(DIMENSIONS)),
        actions="InvokeJournalPosting",
    ),
    _class(
        "AccountingEntity",
        "FinanceEnterpriseGroup AccountingEntity",
        [*_texts("Description"), *_texts("FunctionalCurrency", 5), *_booleans("Active")],
        lists="PrimaryAccountingEntityList",
    ),
    _class(
        "GeneralLedgerChartAccount",
        "FinanceEnterpriseGroup GeneralLedgerChartAccount",
        [*_texts("AccountDescription AccountType AccountSubType"), *_booleans("Active RequireProject")],
        lists="DetailAccountList ChartAccountActivePostingSelect",
    ),
    _class(
        "AccountingUnit",
        "FinanceEnterpriseGroup AccountingUnit",
        [*_texts("Description AccountingEntity"), *_booleans("Active PostingAccountingUnit")],
        lists="AccountingUnitFlatList",
    ),
    *(
        _class(
            f"FinanceDimension{number}",
            f"FinanceEnterpriseGroup FinanceDimension{number}",
            [*_texts("Description"), *_booleans("Active")],
            lists=f"FinanceDimension{number}FlatList",
        )
        for number in (1, 2, 3)
    ),
    _class("Ledger", "FinanceEnterpriseGroup Ledger", [*_texts("Description")], lists="PrimaryCloseLedgerList"),
    _class("Currency", "Currency", [*_texts("Description"), *_numbers("DecimalPlaces")]),
    _class(
        "GeneralLedgerClosePeriod",
        "FinanceEnterpriseGroup GeneralLedgerCloseYear PeriodNumber",
        [Field("PeriodNumber", "number", 4), *_texts("PeriodName"), *_dates("BeginDate DerivedEndDate")],
        lists="PeriodList PeriodsForYear",
    ),
    _class(
        "AccountingEntityPeriod",
        "FinanceEnterpriseGroup AccountingEntity GeneralLedgerCloseYear PeriodNumber",
        [
            Field("PeriodNumber", "number", 4),
            *_texts("PeriodName Status"),
            *_dates("BeginDate DerivedEndDate"),
        ],
    ),
)

_TRANSACTION = [
    *_texts("AccountingEntity AccountingUnit AccountCode Project ToAccountingEntity Ledger", KEY_WIDTH),
    *_texts(" ".join(DIMENSIONS), KEY_WIDTH),
    *_dates("PostingDate TransactionDate"),
    *_texts("CurrencyCode", 5),
    *_numbers("TransactionAmount UnitsAmount"),
    *_texts("Reference DocumentNumber", 30),
    *_texts("Description"),
    *_texts("System", 4),
    *_texts("JournalCode GeneralLedgerEvent OrganizationCode UniqueID Resource PayCode Job Position", KEY_WIDTH),
    *_texts("HROrganizationUnit LaborDistribution", KEY_WIDTH),
    Field("Status", width=1, writable=False, states=_STATUS),
]

_LEDGER = (
    _class(
        "GLTransactionInterface",
        "FinanceEnterpriseGroup GLTransactionInterface.RunGroup GLTransactionInterface.SequenceNumber",
        [
            Field("GLTransactionInterface.RunGroup", width=30),
            Field("GLTransactionInterface.SequenceNumber", "number", 12),
            *_TRANSACTION,
            *_booleans("AutoReverse"),
            *_dates("AutoReverseDate"),
            *_texts("VendorGroupAndVendor", KEY_WIDTH),
            Field("ErrorMessage", width=250, writable=False),
        ],
        actions="Create CreateUnreleased Import Delete InterfaceRunGroupByEntity ResetAllErrors",
    ),
    _class(
        "GLTransactionInterfaceResult",
        "GLTransactionInterfaceResult",
        [
            Field("GLTransactionInterfaceResult", "number", 12),
            *_texts("FinanceEnterpriseGroup AccountingEntity", KEY_WIDTH),
            *_texts("RunGroup", 30),
            Field("Status", width=1, states=(("1", "Complete"), ("2", "Incomplete"))),
            *_numbers("PassedCount FailedCount"),
        ],
    ),
    _class(
        "GLTransactionDetail",
        "GLTransactionDetail",
        [
            Field("GLTransactionDetail", "number", 12),
            *_texts("FinanceEnterpriseGroup", KEY_WIDTH),
            *_texts("RunGroup", 30),
            *_numbers("SequenceNumber"),
            *_texts("AccountingPeriod", 7),
            *_TRANSACTION,
        ],
    ),
)

CLASSES: dict[str, BusinessClass] = {each.name: each for each in (*_PURCHASING, *_PROJECTS, *_REFERENCE, *_LEDGER)}
LEDGER_CLASSES = tuple(each.name for each in _LEDGER)
