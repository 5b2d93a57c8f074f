"""Recorded answers of an FSM tenant, and an adapter over them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from ml_connector.core.journal import Journal, JournalLine
from ml_connector.core.money import Money
from ml_connector.core.records import Coding, Kind
from ml_connector.erp.fsm.fields import FieldMap, field_map
from ml_connector.erp.fsm.fsm import Fsm
from ml_connector.wire import Response
from stub_vendors import Answer, Script

RECORDED = Path(__file__).parent / "erp" / "recorded" / "fsm"
REFERENCE = "MLC-AAAAAAAAAAA"
EXTRA = {Kind.PURCHASE_ORDER: ("PurchaseOrderUserField5",), Kind.PROJECT: ("ProjectUserField5",)}
DIGITS: Mapping[str, int] = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}


def digits(currency: str) -> int:
    """Minor digits of the few currencies that these tests use."""
    if currency not in DIGITS:
        raise ValueError(f"unknown currency {currency!r}")
    return DIGITS[currency]


def recorded(name: str, status: int = 200) -> Response:
    """An answer from a file."""
    return Response(status, {}, (RECORDED / f"{name}.json").read_bytes())


def refusal(status: int = 400) -> Response:
    """A refusal as Landmark words it."""
    return recorded("refusal", status)


def adapter(
    *answers: Answer,
    fields: FieldMap | None = None,
    page_rows: int = 1000,
    labor_fields: Mapping[str, str] | None = None,
) -> tuple[Fsm, Script]:
    """An adapter whose tenant gives these answers in order."""
    vendor = Script(answers)
    fields = fields or field_map({}, EXTRA)
    entities = ("1000", "2000")
    return Fsm(vendor, "ACME", entities, fields, digits, page_rows=page_rows, labor_fields=labor_fields), vendor


def journal(count: int = 2, currency: str = "USD", reference: str = REFERENCE) -> Journal:
    """A balanced journal: debits of 1,200.00 and one credit line."""
    lines = [
        line(sequence, 120000, Coding("1000", "612000", "IT-DEV", "IT-2041", (("1", "EU"),)), 57_600, currency)
        for sequence in range(1, count)
    ]
    lines.append(line(count, -120000 * (count - 1), Coding("1000", "219900"), 0, currency))
    return Journal(reference, "1000", currency, tuple(lines))


def line(sequence: int, minor: int, coding: Coding, seconds: int, currency: str = "USD") -> JournalLine:
    """One line of it."""
    return JournalLine(
        sequence=sequence,
        coding=coding,
        amount=Money(minor, currency),
        seconds=seconds,
        posting_date=date(2026, 10, 5),
        work_date=date(2026, 10, 3),
        document=f"DOC{sequence}-1" if seconds else "",
        issue_key="PROC-7" if seconds else "",
        description="Labor, PO 4500012/10",
    )
