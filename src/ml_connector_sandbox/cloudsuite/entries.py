"""A journal row on its way from staging to the ledger: how it is taken in, what is checked, what it becomes.

Financials & Supply Management, GL transaction interface: one signed amount a row, and the enterprise group, run group
and sequence number together are the row's key (Infor's generated API description of `GLTransactionInterface`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from ml_connector_sandbox.cloudsuite.classes import CLASSES, DIMENSIONS, Refused, Row
from ml_connector_sandbox.cloudsuite.reference import CostCenter, Project, Reference

STAGING = "GLTransactionInterface"
RESULT = "GLTransactionInterfaceResult"
DETAIL = "GLTransactionDetail"

RUN_GROUP = f"{STAGING}.RunGroup"
SEQUENCE = f"{STAGING}.SequenceNumber"
GROUP = "FinanceEnterpriseGroup"
REQUIRED = (GROUP, RUN_GROUP, SEQUENCE, "AccountingEntity", "AccountCode", "PostingDate")
RUN_GROUP_WIDTH = 30
ERROR_WIDTH = 250

UNRELEASED = "0"
INTERFACED = "1"

RELEASED = "Released"
POSTED = "Posted"
STATUS_CODES = {RELEASED: "1", POSTED: "2"}

LEDGER_DEFAULTS: dict[str, object] = {
    # Whether the interface key (group, run group, sequence) collides. The class's context key says so, no page does.
    "fsm_keys_enforced": True,
    # Whether an edit-only run writes a result row.
    "fsm_edit_only_writes_result": False,
    # Whether a form operation or an interface run without a run group is refused, in place of selecting every row.
    "empty_run_group_refused": False,
    # Whether rows leave staging once they became entries.
    "fsm_interfaced_rows_removed": False,
    # Whether the integration user may post into closed periods (back posting).
    "fsm_back_posting": False,
    # What `Status` a staged row in error shows: "0" (unreleased) or "3" (error).
    "fsm_error_status": UNRELEASED,
    # Whether a ledger line tells its status as the code ("1", "2") or in a word.
    "fsm_detail_status_as_code": False,
    # Whether a form operation without `_cmAll=true` asks for confirmation and does nothing.
    "fsm_forms_ask_confirmation": True,
}

COPIED = (
    "AccountingEntity",
    "AccountCode",
    "AccountingUnit",
    "Project",
    "PostingDate",
    "TransactionDate",
    "CurrencyCode",
    "TransactionAmount",
    "UnitsAmount",
    "Reference",
    "Description",
    "DocumentNumber",
    "System",
    *DIMENSIONS,
)
"""The fields that a staged row hands on to its ledger line."""


Charge = tuple[str, str]
"""An accounting entity and a currency: what has to net to zero within a run group."""


def flag(switches: Mapping[str, object], name: str) -> bool:
    """A switch of the ledger that is on or off."""
    return bool(switches.get(name, LEDGER_DEFAULTS[name]))


def taken_in(fields: Mapping[str, str], group: str) -> dict[str, str]:
    """What a client sent as a staged row holds it: canonical names, nothing empty, defaults filled in.

    Only the shape is judged here (names, widths, dates, numbers); whether the values make sense is for the edit.
    Raises `Refused`.
    """
    known = _known(fields)
    missing = [name for name in REQUIRED if not known.get(name)]
    if missing:
        raise Refused(f"{', '.join(missing)} is required")
    if known[GROUP] != group:
        raise Refused(f"{GROUP} {known[GROUP]} does not exist")
    if not known[SEQUENCE].isdigit():
        raise Refused(f"{SEQUENCE}: {known[SEQUENCE]} is not a valid number")
    known[SEQUENCE] = str(int(known[SEQUENCE]))
    defaults = {"TransactionDate": known["PostingDate"], "TransactionAmount": "0", "System": "GL"}
    return {**defaults, **known, "Status": UNRELEASED, "ErrorMessage": ""}


def _known(fields: Mapping[str, str]) -> dict[str, str]:
    business_class = CLASSES[STAGING]
    known: dict[str, str] = {}
    for name, value in fields.items():
        field = business_class.field(name)
        if field is None:
            raise Refused(f"Field {name} is not defined for business class {STAGING}")
        if not field.writable:
            raise Refused(f"{field.name} may not be set")
        field.takes(value)
        if value:
            known[field.name] = value
    return known


def day(text: str) -> date:
    """A calendar day as FSM writes it, YYYYMMDD."""
    return date.fromisoformat(text)


def amount(row: Row) -> Decimal:
    """The signed amount of a row, in major units of its currency: a debit is positive."""
    return Decimal(row.fields["TransactionAmount"])


def currency(row: Row, reference: Reference) -> str:
    """The currency of a row; without one, its entity's functional currency."""
    if code := row.fields.get("CurrencyCode", ""):
        return code
    entity = reference.entity(row.fields["AccountingEntity"])
    return "" if entity is None else entity.currency


def edit(rows: Sequence[Row], reference: Reference, *, back_posting: bool = False) -> list[str]:
    """What is wrong with each row of one run group, in the rows' order; an empty text where nothing is.

    The texts are ours: no page tells the vendor's. A run group that does not net to zero for an entity and a currency
    is an error of each of its rows there.
    """
    totals: dict[Charge, Decimal] = defaultdict(Decimal)
    charges = [(row.fields["AccountingEntity"], currency(row, reference)) for row in rows]
    for row, charge in zip(rows, charges, strict=True):
        totals[charge] += amount(row)
    return [
        "; ".join((*flaws(row, charge, reference, back_posting=back_posting), *_imbalance(charge, totals[charge])))[
            :ERROR_WIDTH
        ]
        for row, charge in zip(rows, charges, strict=True)
    ]


def flaws(row: Row, charge: Charge, reference: Reference, *, back_posting: bool) -> Iterator[str]:
    """What is wrong with one row by itself, for an entity and a currency."""
    entity, currency_code = charge
    if reference.entity(entity) is None:
        yield f"Accounting entity {entity} does not exist"
    else:
        yield from _period_flaws(entity, day(row.fields["PostingDate"]), reference, back_posting=back_posting)
    yield from _coding_flaws(row, reference)
    yield from _amount_flaws(amount(row), currency_code, reference)


def _period_flaws(entity: str, posting_date: date, reference: Reference, *, back_posting: bool) -> Iterator[str]:
    period = reference.period(entity, posting_date)
    if period is None:
        yield f"No period for posting date {posting_date:%Y%m%d} in accounting entity {entity}"
    elif not (period.open or back_posting):
        yield f"Period {period.name} is closed for accounting entity {entity}"


def _coding_flaws(row: Row, reference: Reference) -> Iterator[str]:
    fields = row.fields
    account = reference.account(fields["AccountCode"])
    if account is None:
        yield f"Account {fields['AccountCode']} does not exist"
    elif not account.active:
        yield f"Account {fields['AccountCode']} is inactive"
    elif not account.posting:
        yield f"Account {fields['AccountCode']} is not a posting account"
    if code := fields.get("AccountingUnit", ""):
        yield from _presence(f"Accounting unit {code}", reference.cost_center(code))
    if code := fields.get("Project", ""):
        yield from _presence(f"Project {code}", reference.project(code))
    elif account is not None and account.requires_project:
        yield f"Account {fields['AccountCode']} requires a project"


def _presence(what: str, found: CostCenter | Project | None) -> Iterator[str]:
    if found is None:
        yield f"{what} does not exist"
    elif not found.active:
        yield f"{what} is inactive"


def _amount_flaws(value: Decimal, currency_code: str, reference: Reference) -> Iterator[str]:
    digits = reference.currency_digits(currency_code)
    if digits is None:
        yield f"Currency {currency_code} is not set up"
    elif value.scaleb(digits) % 1:
        yield f"Amount {value} has more than {digits} decimal places, which {currency_code} does not have"


def _imbalance(charge: Charge, total: Decimal) -> Iterator[str]:
    if total:
        yield f"Run group is out of balance by {total} {charge[1]} in accounting entity {charge[0]}"


def ledger_fields(row: Row, line_id: str, reference: Reference) -> dict[str, str]:
    """The ledger line that a staged row becomes; its status is still to be set. The row must be free of errors."""
    fields = {name: row.fields[name] for name in COPIED if row.fields.get(name)}
    return {
        DETAIL: line_id,
        GROUP: row.fields[GROUP],
        "RunGroup": row.fields[RUN_GROUP],
        "SequenceNumber": row.fields[SEQUENCE],
        **fields,
        "CurrencyCode": currency(row, reference),
        "AccountingPeriod": _period_name(row, reference),
    }


def _period_name(row: Row, reference: Reference) -> str:
    period = reference.period(row.fields["AccountingEntity"], day(row.fields["PostingDate"]))
    return "" if period is None else period.name


def book(row: Row, digits: int) -> dict[str, object]:
    """A ledger line as the books tell it: the amount as an integer of minor units, dates in ISO 8601."""
    fields = row.fields
    return {
        "line_id": fields[DETAIL],
        "reference": fields["RunGroup"],
        "sequence": int(fields["SequenceNumber"]),
        "entity": fields["AccountingEntity"],
        "account": fields["AccountCode"],
        "cost_center": fields.get("AccountingUnit", ""),
        "project": fields.get("Project", ""),
        "dimensions": {str(number): fields[name] for number, name in enumerate(DIMENSIONS, 1) if fields.get(name)},
        "amount_minor": int(amount(row).scaleb(digits)),
        "currency": fields["CurrencyCode"],
        "units": fields.get("UnitsAmount", ""),
        "posting_date": day(fields["PostingDate"]).isoformat(),
        "transaction_date": day(fields["TransactionDate"]).isoformat(),
        "period": fields["AccountingPeriod"],
        "entered": row.created.isoformat(),
        "status": "posted" if is_posted(row) else "released",
        "issue_reference": fields.get("Reference", ""),
        "description": fields.get("Description", ""),
        "document": fields.get("DocumentNumber", ""),
    }


def set_status(row: Row, state: str, switches: Mapping[str, object]) -> None:
    """Write a ledger line's state as this tenant spells it."""
    row.fields["Status"] = STATUS_CODES[state] if flag(switches, "fsm_detail_status_as_code") else state


def is_posted(row: Row) -> bool:
    """Whether a ledger line is posted, however its status is spelled."""
    return row.fields["Status"] in (POSTED, STATUS_CODES[POSTED])
