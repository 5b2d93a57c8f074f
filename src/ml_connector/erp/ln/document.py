"""A posting as a document that is handed over: its content, as XML in a file and as JSON to an endpoint.

The noun is that of Infor's business object document SourceSystemJournalEntry. Its own schema was never seen: elements
carry our names, for the customer's mapping in ION to turn into the version that the tenant takes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from xml.etree import ElementTree as ET

import msgspec

from ml_connector.core.journal import Journal, JournalLine, SeenLine, fingerprint
from ml_connector.core.money import Digits, decimal_from_text, money_from_text, text_from_money
from ml_connector.core.records import Coding
from ml_connector.erp.answers import UNREADABLE, one_line
from ml_connector.errors import Malformed

NOUN, LINE = "SourceSystemJournalEntry", "JournalEntryLine"
HEAD = ("reference", "company", "currency", "content")
SEQUENCES = 9
"""Digits of the largest sequence number that is read back."""
SECONDS_PER_HOUR = 3600
HOURS_PLACES = Decimal("0.0001")
NO_ERRORS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Document:
    """What is handed over: texts alone, by our names. `content` is the hash of all the rest."""

    reference: str
    company: str
    currency: str
    content: str
    lines: tuple[Mapping[str, str], ...]


class _Wire(msgspec.Struct):
    """A document as JSON; `status` is what an endpoint says of it, `errors` what it says of refused lines."""

    reference: str
    company: str
    currency: str
    content: str
    lines: list[dict[str, str]]
    status: str = ""
    errors: dict[str, str] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What an endpoint shows: the document, its status in small letters, and its words about lines, by sequence."""

    document: Document
    status: str
    errors: Mapping[str, str]


def document_of(journal: Journal, digits: Digits) -> Document:
    """A journal as a document. The same journal gives the same bytes, whenever and wherever it is written."""
    places = digits(journal.currency)
    lines = tuple(_line(line, places) for line in journal.lines)
    content = _hash(journal.reference, journal.entity, journal.currency, lines)
    return Document(journal.reference, journal.entity, journal.currency, content, lines)


def _hash(reference: str, company: str, currency: str, lines: tuple[Mapping[str, str], ...]) -> str:
    return fingerprint([reference, company, currency, [dict(line) for line in lines]])


def _line(line: JournalLine, places: int) -> dict[str, str]:
    values = {
        "sequence": str(line.sequence),
        "account": line.coding.account,
        "cost_center": line.coding.cost_center,
        "project": line.coding.project,
        **{f"dimension_{number}": value for number, value in line.coding.dimensions},
        "amount": text_from_money(line.amount, places),
        "hours": _hours(line.seconds) if line.seconds else "",
        "posting_date": line.posting_date.isoformat(),
        "work_date": line.work_date.isoformat(),
        "document": line.document,
        "issue_key": line.issue_key,
        "description": line.description,
    }
    return {name: _printable(value) for name, value in values.items() if value}


def _hours(seconds: int) -> str:
    return format((Decimal(seconds) / SECONDS_PER_HOUR).quantize(HOURS_PLACES, ROUND_HALF_UP), "f")


def _printable(text: str) -> str:
    """XML has no way to write control characters."""
    return "".join(character if character.isprintable() else " " for character in text)


def as_xml(document: Document) -> bytes:
    """The document as a file holds it."""
    root = ET.Element(NOUN, {name: str(getattr(document, name)) for name in HEAD})
    for values in document.lines:
        line = ET.SubElement(root, LINE)
        for name, value in values.items():
            ET.SubElement(line, name).text = value
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def as_json(document: Document) -> bytes:
    """The document as an endpoint takes it."""
    body = {**{name: getattr(document, name) for name in HEAD}, "lines": [dict(line) for line in document.lines]}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def from_xml(name: str, body: bytes) -> Document:
    """A document of a file of ours. Raises Malformed where it was changed since it was written."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - written by us, in a directory of ours; the hash is checked
    except (ET.ParseError, ValueError, LookupError):
        raise Malformed(f"{name} is not a document that we wrote.") from None
    lines = tuple({part.tag: part.text or "" for part in line} for line in root)
    reference, company, currency, content = (root.get(each, "") for each in HEAD)
    return _checked(name, Document(reference, company, currency, content, lines))


def from_json(name: str, body: bytes) -> Told:
    """A document and what became of it, as an endpoint shows them. Raises Malformed where it is not one of ours."""
    try:
        wire = msgspec.json.decode(body, type=_Wire)
    except UNREADABLE:
        raise Malformed(f"{name}: the answer is not a document of ours.") from None
    document = Document(wire.reference, wire.company, wire.currency, wire.content, tuple(wire.lines))
    errors = {sequence: one_line(words) for sequence, words in wire.errors.items() if words.strip()}
    return Told(_checked(name, document), wire.status.strip().lower(), errors)


def _checked(name: str, document: Document) -> Document:
    if document.content != _hash(document.reference, document.company, document.currency, document.lines):
        raise Malformed(f"{name} does not hold what it held when it was written.")
    return document


def seen_lines(
    document: Document, digits: Digits, *, status: str = "", errors: Mapping[str, str] = NO_ERRORS
) -> tuple[SeenLine, ...]:
    """The lines of a document as a look-up shows them; `errors` are by sequence.

    Raises ValueError where a value is not what it must be.
    """
    places = digits(document.currency)
    return tuple(
        replace(_seen(document, values, places), status=status, error=errors.get(values.get("sequence", ""), ""))
        for values in document.lines
    )


def _seen(document: Document, values: Mapping[str, str], places: int) -> SeenLine:
    coding = Coding(
        document.company,
        values.get("account", ""),
        values.get("cost_center", ""),
        values.get("project", ""),
        tuple(
            (name.removeprefix("dimension_"), value) for name, value in values.items() if name.startswith("dimension_")
        ),
    )
    return SeenLine(
        sequence=_sequence(values.get("sequence", "")),
        coding=coding,
        amount=money_from_text(values.get("amount", ""), document.currency, places),
        posting_date=date.fromisoformat(values.get("posting_date", "")),
        document=values.get("document", ""),
        seconds=_seconds(values.get("hours", "")),
    )


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= SEQUENCES):
        raise ValueError(f"{text!r} is no sequence number")
    return int(text)


def _seconds(hours: str) -> int | None:
    return int((decimal_from_text(hours) * SECONDS_PER_HOUR).quantize(Decimal(1), ROUND_HALF_UP)) if hours else None
