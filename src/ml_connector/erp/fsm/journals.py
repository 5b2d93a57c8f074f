"""The GL transaction interface: stage rows, have them checked, turn them into entries, take them out, look at them.

Infor Financials & Supply Management, user guide "Global Ledger", GL transaction interface. Rows are found by run group,
which is our reference, and each carries its sequence number; group, run group and sequence are the key of a row, so
that the same row cannot be added twice where the tenant enforces it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from ml_connector.core.journal import Journal, JournalLine, RunResult, SeenLine
from ml_connector.core.money import Digits, decimal_from_text, money_from_text, text_from_money
from ml_connector.core.records import Coding
from ml_connector.erp.answers import iso_date, one_line
from ml_connector.erp.fsm.answers import BASE, batch_request
from ml_connector.erp.fsm.fields import DIMENSIONS, RESULT, STAGING, FieldMap
from ml_connector.erp.fsm.lists import Record
from ml_connector.errors import InvariantBroken
from ml_connector.wire import Request, Safety

REFERENCE_WIDTH = 20
"""Infor's run group is said to hold 30 characters; nobody has shown us the limit, so we stay well below."""
REFERENCE = re.compile(rf"[A-Z0-9][A-Z0-9_-]{{1,{REFERENCE_WIDTH - 1}}}")
SYSTEM = "GL"
HOURS_PLACES = Decimal("0.0001")
SECONDS_PER_HOUR = 3600
RESULT_COMPLETE = "1"
NOTHING: Mapping[str, str] = MappingProxyType({})
STATUS_WORDS = {"0": "unreleased", "1": "released", "2": "posted", "3": "error"}

INTERFACE = "InterfaceTransactions_InterfaceTransactionsForm_FormOperation"
DELETE_ALL = "DeleteAllTransactionsForRunGroup_DeleteAllTransactionsForRunGroupForm_FormOperation"

OFF = (
    "PrmPartialUpdate",
    "PrmByPassAccountCode",
    "PrmByPassOrganizationCode",
    "PrmBypassStructureRelationEdit",
    "PrmBypassNegativeRateEdit",
    "PrmMoveErrorsToNewRunGroup",
)
"""Switches that would let a faulty row through, or post a part of a journal: always sent, always off."""


def stage_request(
    group: str,
    journal: Journal,
    lines: Sequence[JournalLine],
    fields: FieldMap,
    digits: Digits,
    *,
    labor: Mapping[str, str] = NOTHING,
) -> Request:
    """Add rows that are not released. The same lines give the same bytes, whenever they are sent.

    `labor` are constants that each line with hours carries, by FSM's names.
    """
    _check(journal.reference)
    records = [
        {**(labor if line.seconds else NOTHING), **_record(group, journal.reference, line, fields, digits)}
        for line in lines
    ]
    return batch_request("fsm.stage", STAGING, "CreateUnreleased", records, Safety.ONCE)


def _record(group: str, reference: str, line: JournalLine, fields: FieldMap, digits: Digits) -> dict[str, str]:
    values = {
        "group": group,
        "reference": reference,
        "sequence": str(line.sequence),
        "entity": line.coding.entity,
        "cost_center": line.coding.cost_center,
        "account": line.coding.account,
        "project": line.coding.project,
        "posting_date": f"{line.posting_date:%Y%m%d}",
        "work_date": f"{line.work_date:%Y%m%d}",
        "currency": line.amount.currency,
        "amount": text_from_money(line.amount, digits(line.amount.currency)),
        "units": hours(line.seconds) if line.seconds else "",
        "issue_key": line.issue_key,
        "description": line.description,
        "document": line.document,
        "system": SYSTEM,
        **{f"dimension:{number}": value for number, value in line.coding.dimensions},
    }
    names = fields.of(STAGING)
    unknown = sorted(name for name, value in values.items() if value and name not in names)
    if unknown:
        raise InvariantBroken(f"journal {reference} carries {unknown[0]}, which FSM's interface has no field for")
    return {names[name]: value for name, value in values.items() if value}


def hours(seconds: int) -> str:
    """Hours as units: to four places, since a second is no whole hundredth of an hour; without idle zeros."""
    exact = (Decimal(seconds) / SECONDS_PER_HOUR).quantize(HOURS_PLACES, ROUND_HALF_UP)
    whole, _, places = format(exact, "f").partition(".")
    return f"{whole}.{places}".rstrip("0").rstrip(".")


def validate_request(group: str, reference: str) -> Request:
    """The edit-only run: the ERP writes what is wrong into each row, and nothing else. It may run again."""
    return _form("fsm.validate", INTERFACE, group, reference, Safety.REPEATABLE, (("PrmEditOnly", "true"),))


def release_request(group: str, reference: str) -> Request:
    """Edit and interface: all rows or none become released entries."""
    switches = (("PrmEditOnly", "false"), ("PrmEditAndInterface", "true"), *((name, "false") for name in OFF))
    return _form("fsm.release", INTERFACE, group, reference, Safety.ONCE, switches)


def post_request(group: str, entity: str, parameters: Mapping[str, str]) -> Request:
    """FSM's posting run over the released entries of one entity. What its option codes mean is not documented."""
    if not entity:
        raise InvariantBroken("FSM was to post the entries of no entity, and would post those of all")
    body = {**parameters, "FinanceEnterpriseGroup": group, "PrmAccountingEntity": entity}
    url = f"{BASE}/classes/FinanceEnterpriseGroup/actions/InvokeJournalPosting"
    headers = {"Content-Type": "application/json"}
    return Request("fsm.post", "PUT", url, Safety.ONCE, (), headers, json.dumps(body, sort_keys=True).encode())


def roll_back_request(group: str, reference: str) -> Request:
    """Delete the staged rows of one run group."""
    return _form("fsm.roll_back", DELETE_ALL, group, reference, Safety.ONCE, ())


def _form(
    operation: str, action: str, group: str, reference: str, safety: Safety, switches: tuple[tuple[str, str], ...]
) -> Request:
    """A form operation: a GET with side effects, which selects rows by the run group alone."""
    _check(reference)
    query = (("PrmRunGroup", reference), ("PrmEnterpriseGroup", group), *switches, ("_cmAll", "true"))
    return Request(operation, "GET", f"{BASE}/ldrest/{STAGING}/{action}", safety, query)


def _check(reference: str) -> None:
    """What an empty run group selects is not documented, and it may be every row there is."""
    if not REFERENCE.fullmatch(reference):
        raise InvariantBroken(f"{reference!r} is no reference of ours, and FSM would act on what it selects")


def seen_line(record: Record, business_class: str, fields: FieldMap, digits: Digits) -> SeenLine:
    """A row of staging or of the ledger. Raises ValueError where a value is not what it must be."""
    values = fields.values(business_class, record.fields)
    coding = Coding(
        entity=values["entity"],
        account=values["account"],
        cost_center=values.get("cost_center", ""),
        project=values.get("project", ""),
        dimensions=tuple(sorted((name.partition(":")[2], values[name]) for name in DIMENSIONS if values.get(name))),
    )
    return SeenLine(
        sequence=_number(values["sequence"]),
        coding=coding,
        amount=money_from_text(values["amount"], values["currency"], digits(values["currency"])),
        posting_date=date.fromisoformat(iso_date(values["posting_date"])),
        document=values.get("document", ""),
        status=_status(values.get("status", "")),
        error=one_line(values.get("error", "")),
        seconds=_seconds(values.get("units", "")),
    )


def _seconds(units: str) -> int | None:
    """Hours as units, back to whole seconds. Raises ValueError where they are no number."""
    if not units:
        return None
    exact = decimal_from_text(units)
    return int((exact * SECONDS_PER_HOUR).quantize(Decimal(1), ROUND_HALF_UP))


def _status(written: str) -> str:
    """A row's state in a word of ours. Tenants were seen to answer codes or labels, and nobody documents which."""
    return STATUS_WORDS.get(written, written.lower())


def run_result(record: Record, fields: FieldMap) -> RunResult:
    """What a run recorded. Raises ValueError where a count is not a number."""
    values = fields.values(RESULT, record.fields)
    return RunResult(
        id=_number(values["id"]),
        complete=values["status"] == RESULT_COMPLETE,
        passed=_number(values["passed"]),
        failed=_number(values["failed"]),
    )


def carries(record: Record, reference: str, business_class: str, fields: FieldMap) -> bool:
    """Whether a record really is under a reference: a filter that was not applied must not be believed."""
    return fields.value(business_class, "reference", record.fields) == reference


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError(f"{text!r} is not a number")
    return int(text)
