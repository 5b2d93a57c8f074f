"""Rows of a journal that finance posts: enter them, find them again by `Ref`, take them out, and read the ledger.

`Ref` (30 characters) is the one text that a row keeps on its way to the ledger. It carries our reference, the number of
the line, and the issue key for whoever reads the ledger. Nothing in CSI makes it unique.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import msgspec

from ml_connector.core.journal import JournalLine, SeenLine
from ml_connector.core.money import Digits, Money, money_from_text, text_from_money
from ml_connector.erp.answers import UNREADABLE, one_line
from ml_connector.erp.csi.fields import JOURNAL, LEDGER, FieldMap
from ml_connector.erp.csi.orders import UnitCodes
from ml_connector.erp.csi.sites import Site, day_text, iso_day
from ml_connector.erp.csi.updates import insert_request
from ml_connector.errors import Ambiguous, InvariantBroken
from ml_connector.wire import Request, Response

REF_WIDTH = 30
SEQUENCE_DIGITS_MAX = 4
REFERENCE_WIDTH = REF_WIDTH - len(".") - SEQUENCE_DIGITS_MAX
REFERENCE = re.compile(rf"[A-Z0-9][A-Z0-9-]{{1,{REFERENCE_WIDTH - 1}}}")
REF = re.compile(rf"(?P<reference>{REFERENCE.pattern})\.(?P<sequence>[0-9]{{1,{SEQUENCE_DIGITS_MAX}}})( .*)?")

RETURNED_OK = "0"
WAITING, POSTED = "waiting", "posted"
"""The states of a line: in a journal, or in the ledger."""


def ref(reference: str, line: JournalLine) -> str:
    """What a row carries. Raises InvariantBroken for what is no reference of ours."""
    check(reference)
    return f"{reference}.{line.sequence} {line.issue_key}"[:REF_WIDTH].rstrip()


def check(reference: str) -> None:
    """A search by anything else could find rows that are not ours."""
    if not REFERENCE.fullmatch(reference):
        raise InvariantBroken(f"{reference!r} is no reference of ours, and CSI would be searched by it")


def sought(reference: str) -> str:
    """What the `Ref` of each row of a reference begins with, and of no other."""
    check(reference)
    return f"{reference}."


def row_request(
    site: Site, journal_id: str, reference: str, line: JournalLine, fields: FieldMap, units: UnitCodes, digits: Digits
) -> Request:
    """Enter one row in a journal. The same line gives the same bytes, whenever it is sent."""
    values = {
        "journal": journal_id,
        **units.values(line.coding),
        "posting_date": day_text(line.posting_date),
        **_amounts(line.amount, site, fields, digits),
        "reference": ref(reference, line),
        "description": line.description,
    }
    names = fields.of(JOURNAL)
    lost = sorted(name for name, value in values.items() if value and name not in names and name != "description")
    if lost:
        raise InvariantBroken(f"journal {reference} carries {lost[0]}, which the map of {JOURNAL} has no property for")
    row = {names[name]: value for name, value in values.items() if value and name in names}
    return insert_request("csi.stage", site, JOURNAL, row)


def _amounts(amount: Money, site: Site, fields: FieldMap, digits: Digits) -> dict[str, str]:
    """The amount in the site's currency, else the foreign one with its currency: CSI converts it."""
    text = text_from_money(amount, digits(amount.currency))
    if amount.currency != site.currency:
        return {"foreign": text, "currency": amount.currency}
    if not fields.columns:
        return {"amount": text}
    return {"credit": text[1:]} if amount.minor < 0 else {"debit": text}


def seen_line(
    site: Site, item: Mapping[str, str], ido: str, fields: FieldMap, units: UnitCodes, digits: Digits
) -> SeenLine:
    """A row of a journal or a line of the ledger. Raises ValueError where a value is not what it must be."""
    values = fields.values(ido, item)
    found = REF.fullmatch(values["reference"])
    if found is None:
        raise ValueError(f"{values['reference']!r} does not number its row")
    return SeenLine(
        sequence=int(found["sequence"]),
        coding=units.coding(site.entity, values),
        amount=_seen_amount(values, site, ido, fields, digits),
        posting_date=date.fromisoformat(iso_day(values["posting_date"])),
        document=None,
        status=POSTED if ido == LEDGER else WAITING,
    )


def _seen_amount(values: Mapping[str, str], site: Site, ido: str, fields: FieldMap, digits: Digits) -> Money:
    currency = values["currency"] or site.currency
    places = digits(currency)
    if currency != site.currency:
        return money_from_text(values["foreign"], currency, places)
    if ido == JOURNAL and fields.columns:
        debit, credit = (money_from_text(values[name] or "0", currency, places) for name in ("debit", "credit"))
        return debit - credit
    return money_from_text(values["amount"], currency, places)


def reference_of(item: Mapping[str, str], ido: str, fields: FieldMap) -> str:
    """The reference that a row carries, as far as its `Ref` goes."""
    return fields.values(ido, item)["reference"].partition(".")[0]


class _Returned(msgspec.Struct):
    ReturnValue: str | int | None = None
    Parameters: list[str | int | None] | None = None


def method_failure(request: Request, response: Response) -> str:
    """What a method says went wrong: it returns 0 where all is well, and else fills one of its parameters with words.

    Raises Ambiguous where the answer tells nothing.
    """
    try:
        returned = msgspec.json.decode(response.body, type=_Returned)
    except UNREADABLE:
        raise Ambiguous(f"{request.operation}: the answer is not that of a method.") from None
    if str(returned.ReturnValue) == RETURNED_OK:
        return ""
    told = [text for text in returned.Parameters or () if isinstance(text, str)]
    return one_line(told[-1] if told else "") or f"it returned {returned.ReturnValue}"
