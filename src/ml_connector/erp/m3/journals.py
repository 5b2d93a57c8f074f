"""The batch interface of the general ledger (GLS840MI): batches entered, controlled, updated, marked, and looked at.

A batch is known by its KEY1, which is our reference. Each line carries the reference, its number and its document in
an additional information (EXI1), so that the vouchers that come of it are found. Control and update are jobs: their
calls answer at once, and what they came to is read from the batch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from ml_connector.core.journal import JournalLine, SeenLine
from ml_connector.core.money import Digits, decimal_from_text, money_from_text, text_from_money
from ml_connector.core.records import Coding
from ml_connector.erp.answers import iso_date, one_line
from ml_connector.erp.m3.answers import Scope, Transaction, bulk_request
from ml_connector.erp.m3.orders import DIMENSION
from ml_connector.erp.m3.reading import Record
from ml_connector.erp.m3.setup import ACCOUNT, COST_CENTER, PROJECT, Setup
from ml_connector.errors import InvariantBroken
from ml_connector.wire import Request, Safety

PROGRAM = "GLS840MI"
REFERENCE_WIDTH = 15
"""The width of KEY1."""
REFERENCE = re.compile(rf"[A-Z0-9][A-Z0-9-]{{1,{REFERENCE_WIDTH - 1}}}")
TEXT_WIDTH, INFO_WIDTH, DIMENSION_WIDTH = 40, 45, 10
LINE_TYPE = "I1"
INFO = re.compile(r"(?P<reference>[^/ ]+)/(?P<sequence>[0-9]{1,7})(?: (?P<document>.*))?")
CREDIT = frozenset({"C", "K", "2"})
"""How a credit may be marked beside an unsigned amount. Not verified."""
HOURS_PLACES = Decimal("0.0001")
SECONDS_PER_HOUR = 3600

ENTERED, CHECKING, CHECKED, ERROR, UPDATING, UPDATED = (
    "entered", "checking", "checked", "error", "updating", "updated",
)  # fmt: skip
"""Our words for the states of a batch."""
WORKING = frozenset({CHECKING, UPDATING})
STATES: Mapping[str, str] = {"10": ENTERED, "15": CHECKING, "20": CHECKED, "30": ERROR, "80": UPDATING, "90": UPDATED}
"""The codes that are taken where the connection names none. No page tells M3's."""

MARK_LINE = "9999999"
MARK_TEXT = "ROLLED BACK - DELETE THIS BATCH"
MARK = "ROLLED BACK"


def head_transaction(setup: Setup, reference: str) -> Transaction:
    """Begin a batch."""
    check(reference)
    fields = {"CONO": setup.company, "KEY1": reference, "INTN": setup.interface, "DESC": f"Labor {reference}"}
    return "AddBatchHead", fields


def line_transaction(setup: Setup, reference: str, line: JournalLine, digits: Digits) -> Transaction:
    """Add a line of usage type 2. The same line gives the same fields, whenever it is sent.

    Raises ValueError for a coding that M3 cannot take.
    """
    check(reference)
    amount = text_from_money(line.amount, digits(line.amount.currency))
    info = f"{reference}/{line.sequence}" + (f" {line.document}" if line.document else "")
    values = {
        "KEY1": reference,
        "LINE": str(line.sequence),
        "INRI": LINE_TYPE,
        **_dimensions(setup, line.coding),
        "ACQT": setup.written(hours(line.seconds)) if line.seconds else "",
        "CUCD": line.amount.currency,
        "CUAM": setup.written(amount),
        "ACDT": f"{line.posting_date:%Y%m%d}",
        "VTXT": line.description[:TEXT_WIDTH],
        "EXN1": setup.info_number,
        "EXI1": info,
        **_issue(setup, line.issue_key),
    }
    if len(info) > INFO_WIDTH:
        raise InvariantBroken(f"journal {reference} carries {info!r}, which is longer than M3's field")
    return "AddBatchLineFld", {name: value for name, value in values.items() if value}


def _issue(setup: Setup, issue_key: str) -> dict[str, str]:
    if not setup.issue_info_number or not issue_key:
        return {}
    return {"EXN2": setup.issue_info_number, "EXI2": issue_key[:INFO_WIDTH]}


def _dimensions(setup: Setup, coding: Coding) -> dict[str, str]:
    values = {
        ACCOUNT: coding.account,
        COST_CENTER: coding.cost_center,
        PROJECT: coding.project,
        **{f"{DIMENSION}{name}": value for name, value in coding.dimensions},
    }
    unknown = sorted(name for name, value in values.items() if value and name not in setup.dimensions)
    if unknown:
        raise ValueError(f"cloudsuite.m3.dimensions does not say where in M3 {unknown[0]} is")
    wide = sorted(value for value in values.values() if len(value) > DIMENSION_WIDTH)
    if wide:
        raise ValueError(f"{wide[0]} is longer than the {DIMENSION_WIDTH} letters of an accounting dimension of M3")
    return {f"AIT{setup.dimensions[name]}": value for name, value in values.items() if value}


def hours(seconds: int) -> str:
    """Hours to four places, without idle zeros."""
    exact = (Decimal(seconds) / SECONDS_PER_HOUR).quantize(HOURS_PLACES, ROUND_HALF_UP)
    return format(exact, "f").rstrip("0").rstrip(".")


def mark_transaction(reference: str, line: Record) -> Transaction:
    """A line that keeps a batch from ever being posted, and says so. M3 has no transaction that deletes one.

    It puts the batch out of balance; its coding is that of a line that is there already.
    """
    check(reference)
    dimensions = {f"AIT{place}": line.get(f"ait{place}", "") for place in range(1, 8)}
    values = {
        "KEY1": reference,
        "LINE": MARK_LINE,
        "INRI": LINE_TYPE,
        **dimensions,
        "CUCD": line.get("currency", ""),
        "CUAM": "1",
        "ACDT": line.get("date", ""),
        "VTXT": MARK_TEXT,
        "EXI1": f"{reference}/{MARK}",
    }
    return "AddBatchLineFld", {name: value for name, value in values.items() if value}


def job_transaction(setup: Setup, reference: str, name: str) -> Transaction:
    """Control (`CtrlBatch`) or update (`UpdBatch`) of a batch."""
    check(reference)
    return name, {"CONO": setup.company, "KEY1": reference}


def batch_request(operation: str, scope: Scope, transactions: Sequence[Transaction]) -> Request:
    """Calls of GLS840MI. None of them may be repeated before a look, jobs included."""
    return bulk_request(f"m3.{operation}", scope, PROGRAM, transactions, Safety.ONCE)


def check(reference: str) -> None:
    """Raises InvariantBroken for what is no reference of ours: it is put into queries and keys."""
    if not REFERENCE.fullmatch(reference):
        raise InvariantBroken(f"{reference!r} is no reference of ours that fits M3's KEY1")


def is_mark(line: Record) -> bool:
    """Whether a line of a batch says that the batch was rolled back."""
    return line.get("info", "").endswith(f"/{MARK}")


def reference_of(info: str) -> str:
    """The reference in an additional information; empty where it is none of ours."""
    found = INFO.fullmatch(info)
    return found["reference"] if found else ""


def staged_line(record: Record, setup: Setup, digits: Digits, error: str) -> SeenLine:
    """A line of a batch. Raises ValueError where a value is not what it must be."""
    found = INFO.fullmatch(record.get("info", ""))
    document = (found["document"] or "") if found else record.get("info", "")
    own = one_line(record.get("error", "")) or error
    return _seen(record, int(_whole(record.get("line", ""))), document, "", own, setup, digits)


def ledger_line(record: Record, info: str, setup: Setup, digits: Digits) -> SeenLine:
    """A line of a voucher. Raises ValueError where a value is not what it must be. Vouchers are posted."""
    found = INFO.fullmatch(info)
    if found is None:
        raise ValueError(f"{info!r} names no line of ours")
    return _seen(record, int(found["sequence"]), found["document"] or "", "posted", "", setup, digits)


def _seen(
    record: Record, sequence: int, document: str, status: str, error: str, setup: Setup, digits: Digits
) -> SeenLine:
    entity = setup.entity(record.get("division", ""))
    if not entity:
        raise ValueError("a division that is not ours")
    currency = record.get("currency", "")
    coded = {name: record.get(f"ait{place}", "") for name, place in setup.dimensions.items()}
    coding = Coding(
        entity=entity,
        account=coded[ACCOUNT],
        cost_center=coded[COST_CENTER],
        project=coded[PROJECT],
        dimensions=tuple(
            sorted(
                (name.removeprefix(DIMENSION), value)
                for name, value in coded.items()
                if value and name.startswith(DIMENSION)
            )
        ),
    )
    return SeenLine(
        sequence=sequence,
        coding=coding,
        amount=money_from_text(_signed(record, setup), currency, digits(currency)),
        posting_date=date.fromisoformat(iso_date(record.get("date", ""))),
        document=document,
        status=status,
        error=error,
        seconds=_seconds(record, setup),
    )


def _signed(record: Record, setup: Setup) -> str:
    """The amount with its sign: credits may be negative, or positive and marked as credits."""
    amount = setup.number(record.get("amount", ""))
    return f"-{amount}" if record.get("side", "") in CREDIT and not amount.startswith("-") else amount


def _seconds(record: Record, setup: Setup) -> int | None:
    quantity = setup.number(record.get("quantity", ""))
    if not quantity or not quantity.strip("0."):
        return None
    return int((decimal_from_text(quantity) * SECONDS_PER_HOUR).quantize(Decimal(1), ROUND_HALF_UP))


def _whole(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError(f"{text!r} is not a number")
    return text
