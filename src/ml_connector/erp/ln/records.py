"""From LN's records to rows in our own words: keys without their blanks, LN's empty date as none."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ml_connector.core.records import Kind, Row
from ml_connector.erp.answers import key_part
from ml_connector.erp.ln.fields import SET_OF, FieldMap
from ml_connector.erp.ln.odata import Record
from ml_connector.errors import Malformed

NO_DATE = "1970-01-01"
"""LN's empty date: it has no other way to say that there is none."""
DATES = frozenset({"ordered", "begins", "ends"})
DAY = re.compile(r"(\d{4}-\d{2}-\d{2})([T ].*)?", re.ASCII)
SINGLE = "1"
"""The sequence of the one coding that a line of LN has."""


def row_from_record(kind: Kind, company: str, record: Record, fields: FieldMap, closed: Collection[str]) -> Row | None:
    """One record as a row; None for the coding of a line that names none. `closed` are statuses in small letters.

    Raises Malformed where what identifies the record is missing.
    """
    names = fields.of(SET_OF[kind])
    values = {ours: _neutral(ours, record.get(theirs, "")) for ours, theirs in names.items()}
    owner = f"{key_part(company)}/{key_part(_needed(kind, values, 'number'))}"
    done = _word(values.get("status", "")) in closed
    match kind:
        case Kind.PURCHASE_ORDER:
            head = {"description": "", **_but(values, "changed", "status"), "entity": company, "closed": _flag(done)}
            return Row(kind, owner, owner, head)
        case Kind.PROJECT:
            active = {"status": "", "type": "", **_but(values, "changed"), "active": _flag(not done)}
            return Row(kind, owner, owner, active)
        case Kind.ORDER_LINE:
            line = line_number(values)
            named = ("item", "description", "quantity", "unit_cost")
            shown = {name: values.get(name, "") for name in named} | {"line": line, "closed": _flag(done)}
            return Row(kind, f"{owner}#{key_part(line)}", owner, shown)
        case Kind.DISTRIBUTION:
            return _coding(company, owner, values)


def _coding(company: str, owner: str, values: Mapping[str, str]) -> Row | None:
    if not values.get("account"):
        return None
    line = line_number(values)
    coded = {name: values.get(name, "") for name in ("account", "cost_center", "project")}
    more = {name: value for name, value in values.items() if name.startswith("dimension:") and value}
    share = {"amount": "", "percent": "", "quantity": ""}
    content = {"entity": company, "line": line, "sequence": SINGLE, **coded, **more, **share}
    return Row(Kind.DISTRIBUTION, f"{owner}#{key_part(line)}.{SINGLE}", owner, content)


def line_number(values: Mapping[str, str]) -> str:
    """The number of a line: LN's, followed by its sequence where that is not 0. Raises Malformed without one."""
    line = _needed(Kind.ORDER_LINE, values, "line")
    sequence = values.get("sequence", "")
    return f"{line}.{sequence}" if sequence.strip("0") else line


def _neutral(name: str, value: str) -> str:
    return day(value) if name in DATES else value.strip()


def day(text: str) -> str:
    """The day of an instant as LN writes it, empty for its empty date; anything else as it is, to be told of later."""
    match = DAY.fullmatch(text.strip())
    if match is None:
        return text.strip()
    return "" if match[1] == NO_DATE else match[1]


def _word(status: str) -> str:
    """A status without its type: tenants write an enumeration bare or fully qualified (`ns.Type'Closed'`)."""
    return status.strip().strip("'").rpartition("'")[2].lower()


def _flag(value: bool) -> str:  # noqa: FBT001 - the value is what is written
    return "true" if value else "false"


def _but(values: Mapping[str, str], *without: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in without}


def _needed(kind: Kind, values: Mapping[str, str], name: str) -> str:
    if not values.get(name):
        raise Malformed(
            f"LN sent a record of {SET_OF[kind]} without its {name}.",
            remedy=f"Check the field map under cloudsuite.fields.{SET_OF[kind]}.",
        )
    return values[name]
