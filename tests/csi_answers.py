"""Answers of a CSI site as they are documented or were seen, and an adapter over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from ml_connector.core.journal import Journal, JournalLine
from ml_connector.core.money import Money
from ml_connector.core.records import Coding, Kind
from ml_connector.erp.csi.csi import Csi, Ledgering
from ml_connector.erp.csi.fields import FieldMap, field_map
from ml_connector.erp.csi.orders import UnitCodes
from ml_connector.erp.csi.sites import Site
from ml_connector.errors import ConnectorError
from ml_connector.wire import Request, Response
from stub_vendors import Answer, Script

RECORDED = Path(__file__).parent / "erp" / "recorded" / "csi"
REFERENCE = "MLC-AAAAAAAAAAA"
EXTRA = {Kind.PURCHASE_ORDER: ("Uf_JiraKey",), Kind.PROJECT: ("Uf_JiraKey",)}
DIGITS: Mapping[str, int] = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}
MAIN = Site("1000", "ACME_TST_MAIN", "USD", ZoneInfo("America/Chicago"))
BERLIN = Site("2000", "ACME_TST_BER", "EUR", ZoneInfo("Europe/Berlin"))


def digits(currency: str) -> int:
    """Minor digits of the few currencies that these tests use."""
    if currency not in DIGITS:
        raise ValueError(f"unknown currency {currency!r}")
    return DIGITS[currency]


def recorded(name: str, status: int = 200) -> Response:
    """An answer from a file."""
    return Response(status, {}, (RECORDED / f"{name}.json").read_bytes())


def adapter(
    *answers: Answer | str,
    fields: FieldMap | None = None,
    post_method: str = "",
    sites: tuple[Site, ...] = (MAIN,),
    units: UnitCodes | None = None,
) -> tuple[Csi, Script]:
    """An adapter whose tenant gives these answers in order; a text names a file."""
    vendor = Script([recorded(each) if isinstance(each, str) else each for each in answers])
    fields = fields or field_map({}, EXTRA)
    erp = Csi(vendor, sites, fields, units or UnitCodes(1, 2), Ledgering("MLC", post_method), digits)
    return erp, vendor


def site_of(answers: Mapping[str, Response]) -> Csi:
    """An adapter whose tenant answers by IDO, however often it is asked; an IDO that is not named is empty."""

    def send(request: Request) -> Response:
        return answers.get(request.url.rpartition("/")[2], recorded("nothing"))

    return Csi(send, (MAIN,), field_map({}, EXTRA), UnitCodes(1, 2), Ledgering("MLC"), digits)


def attempted(call: Callable[[], object]) -> object:
    """What a call came to: its value, or the error of ours that it raised."""
    try:
        return call()
    except ConnectorError as error:
        return error


def journal(currency: str = "USD", *, minor: int = 120000, dimensions: tuple[tuple[str, str], ...] = ()) -> Journal:
    """A balanced journal of a debit and a credit, as the recorded rows of a journal have it."""
    coding = Coding("1000", "612000", "ITDV", "2041", dimensions)
    lines = (line(1, minor, coding, currency), line(2, -minor, Coding("1000", "219900"), currency))
    return Journal(REFERENCE, "1000", currency, lines)


def line(sequence: int, minor: int, coding: Coding, currency: str = "USD") -> JournalLine:
    """One line of it."""
    cost = coding.account != "219900"
    return JournalLine(
        sequence=sequence,
        coding=coding,
        amount=Money(minor, currency),
        seconds=57_600 if cost else 0,
        posting_date=date(2026, 10, 5),
        work_date=date(2026, 10, 3),
        document=f"DOC{sequence}-1" if cost else "",
        issue_key="PROC-7" if cost else "",
        description="Labor PO 123/1 PROC-7",
    )
