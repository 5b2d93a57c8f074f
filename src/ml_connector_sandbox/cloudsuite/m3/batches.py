"""GLS840MI: the batch interface of the general ledger: head, lines, control, update.

Infor, "Managing finance interface transactions": a batch is known by its `KEY1`, which is unique; `CtrlBatch` and
`UpdBatch` run options 6 and 9 of GLS840. Both are jobs: they answer at once, and what they came to is read from the
batch. The codes of its states are not documented, nor whether a job's work shows in them: both are switches.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ml_connector_sandbox.cloudsuite import entries
from ml_connector_sandbox.cloudsuite.classes import Row
from ml_connector_sandbox.cloudsuite.m3 import names
from ml_connector_sandbox.cloudsuite.m3.execute import Call, Failed, Records, Transaction
from ml_connector_sandbox.cloudsuite.m3.kept import Batch, Key, Line, Voucher, kept
from ml_connector_sandbox.cloudsuite.switches import flag, seconds, text
from ml_connector_sandbox.cloudsuite.tenant import ENTERPRISE_GROUP, Tenant

ENTERED, CHECKING, CHECKED, ERROR, UPDATING, UPDATED = STATES = (
    "entered",
    "checking",
    "checked",
    "error",
    "updating",
    "updated",
)
BUSY = frozenset({CHECKING, UPDATING})
WIDTHS = {
    "KEY1": 15, "INTN": 15, "DESC": 40, "LINE": 7, "INRI": 2, "GRNR": 10, "ACQT": 17, "CUCD": 3, "CUAM": 17, "ACAM": 17,
    "DBCR": 1, "ACDT": 10, "VTXT": 40, "EXN1": 3, "EXI1": 45, "EXN2": 3, "EXI2": 45,
    **{f"AIT{number}": 10 for number in range(1, 8)},
}  # fmt: skip
CREDIT = "C"
DOCUMENT_WIDTH = 30
DIMENSIONS = {f"AIT{number}": f"FinanceDimension{number - 3}" for number in range(4, 8)}
"""In this tenant, dimensions 1 to 3 are account, cost center and project; 4 to 7 are the books' free ones."""


def state_code(tenant: Tenant, batch: Batch) -> str:
    """The state of a batch as this tenant codes it; a job that is at work may not show."""
    state = batch.state
    if state in BUSY and not flag(tenant.switches, "m3_jobs_show"):
        state = ENTERED if state == CHECKING else CHECKED
    return text(tenant.switches, "m3_batch_states").split(",")[STATES.index(state)]


def add_head(tenant: Tenant, call: Call) -> Records:
    """`AddBatchHead`: begin a batch. Raises `Failed` for a key that is taken, and for an unknown template."""
    _check_widths(call)
    key = _key(call)
    if call.one("INTN") != names.INTERFACE:
        raise Failed(f"Interface {call.one('INTN')} does not exist", "INTN")
    if not names.company_of(key[0]):
        raise Failed(f"Division {key[0]} does not exist", "DIVI")
    if key in kept(tenant).batches:
        if not tenant.strikes("keys_not_enforced"):
            raise Failed(f"Key value {key[1]} already exists", "KEY1")
        return [{"CONO": call.cono}]
    kept(tenant).batches[key] = Batch({**call.values, "DIVI": key[0]}, ENTERED)
    return [{"CONO": call.cono}]


def add_line(tenant: Tenant, call: Call) -> Records:
    """`AddBatchLineFld`: a line of usage type 2, field by field. Raises `Failed` for a line that is there already."""
    _check_widths(call)
    batch = _open_batch(tenant, call)
    line = call.one("LINE")
    if not line.isdigit():
        raise Failed(f"Line {line} is not numeric", "LINE")
    if line in {each.sent["LINE"] for each in batch.lines} and not tenant.strikes("keys_not_enforced"):
        raise Failed(f"Line {line} already exists", "LINE")
    batch.lines.append(Line(call.values, _row(tenant, call)))
    batch.state = ENTERED
    return []


def _row(tenant: Tenant, call: Call) -> Row:
    """The journal row that a line would become. Raises `Refused` for a date or an amount that is none."""
    values = call.values
    fields = {
        entries.GROUP: ENTERPRISE_GROUP,
        entries.RUN_GROUP: call.one("KEY1"),
        entries.SEQUENCE: call.one("LINE"),
        "AccountingEntity": names.company_of(_key(call)[0]),
        "AccountCode": call.one("AIT1"),
        "AccountingUnit": call.one("AIT2"),
        "Project": call.one("AIT3"),
        "PostingDate": call.one("ACDT"),
        "CurrencyCode": call.one("CUCD"),
        "TransactionAmount": _amount(tenant, values),
        "UnitsAmount": _decimal(tenant, call.one("ACQT")),
        "Description": call.one("VTXT"),
        "DocumentNumber": call.one("EXI1")[:DOCUMENT_WIDTH],
        "Reference": call.one("EXI2")[:DOCUMENT_WIDTH],
        **{theirs: call.one(name) for name, theirs in DIMENSIONS.items()},
    }
    now = tenant.clock.now()
    return Row(key=(), fields=entries.taken_in(fields, ENTERPRISE_GROUP), created=now, updated=now)


def _amount(tenant: Tenant, values: Mapping[str, str]) -> str:
    """A signed amount, or an unsigned one with its side."""
    amount = _decimal(tenant, values.get("CUAM", ""))
    return f"-{amount}" if values.get("DBCR") == CREDIT and not amount.startswith("-") else amount


def _decimal(tenant: Tenant, value: str) -> str:
    """A number as the books write it. Another decimal separator than the service user's makes it none."""
    separator = text(tenant.switches, "m3_decimal_separator")
    if separator == ".":
        return value
    return value.replace(".", "?").replace(separator, ".")


def control(tenant: Tenant, call: Call) -> Records:
    """`CtrlBatch`: begin the control of a batch."""
    batch = _open_batch(tenant, call)
    batch.state = CHECKING
    tenant.put_off(seconds(tenant.switches, "m3_job_seconds"), partial(_controlled, tenant, _key(call)))
    return [{"CONO": call.cono}]


def update(tenant: Tenant, call: Call) -> Records:
    """`UpdBatch`: begin the update of a batch, which controls it once more: all of it becomes a voucher, or nothing."""
    batch = _open_batch(tenant, call)
    batch.state = UPDATING
    tenant.put_off(seconds(tenant.switches, "m3_job_seconds"), partial(_updated, tenant, _key(call)))
    return [{"CONO": call.cono}]


def _controlled(tenant: Tenant, key: Key) -> None:
    batch = kept(tenant).batches[key]
    messages = entries.edit([line.row for line in batch.lines], tenant.reference)
    for line, message in zip(batch.lines, messages, strict=True):
        line.error = message
    batch.state = ERROR if any(messages) or not batch.lines else CHECKED


def _updated(tenant: Tenant, key: Key) -> None:
    _controlled(tenant, key)
    batch = kept(tenant).batches[key]
    if batch.state == ERROR:
        return
    posted = tenant.ledger.enter([line.row for line in batch.lines])
    books = kept(tenant)
    books.journals += 1
    for place, (line, row) in enumerate(zip(batch.lines, posted, strict=True), 1):
        info = {line.sent[f"EXN{n}"]: line.sent.get(f"EXI{n}", "") for n in (1, 2) if line.sent.get(f"EXN{n}")}
        year = row.fields["PostingDate"][:4]
        books.vouchers[row.key[0]] = Voucher(year, books.journals, place, 7_000_000 + books.journals, info)
    batch.state = UPDATED


def _open_batch(tenant: Tenant, call: Call) -> Batch:
    """The batch of a call, where nothing else is at work on it and it is not posted."""
    key = _key(call)
    batch = kept(tenant).batches.get(key)
    if batch is None:
        raise Failed(f"Key value {key[1]} does not exist", "KEY1")
    if batch.state in BUSY:
        raise Failed(f"Batch {key[1]} is being processed", "KEY1")
    if batch.state == UPDATED:
        raise Failed(f"Batch {key[1]} has been updated", "KEY1")
    return batch


def _key(call: Call) -> Key:
    return call.divi, call.one("KEY1")


def _check_widths(call: Call) -> None:
    for name, width in WIDTHS.items():
        if len(call.one(name)) > width:
            raise Failed(f"{name} is longer than {width} characters", name)


GLS840MI = {
    "AddBatchHead": Transaction(add_head, ("CONO", "KEY1", "INTN", "DESC"), writes=True),
    "AddBatchLineFld": Transaction(add_line, ("KEY1", "LINE", "INRI"), writes=True),
    "CtrlBatch": Transaction(control, ("CONO", "KEY1")),
    "UpdBatch": Transaction(update, ("CONO", "KEY1")),
}
