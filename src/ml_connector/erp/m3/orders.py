"""From rows of M3's tables to rows in our own words, and from a row's key to the key that custom fields hang on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from urllib.parse import unquote

from ml_connector.core.money import decimal_from_text
from ml_connector.core.records import Kind, Row
from ml_connector.erp.answers import iso_date, key_part
from ml_connector.erp.m3.reading import Record
from ml_connector.erp.m3.setup import ACCOUNT, COST_CENTER, PROJECT, Setup
from ml_connector.erp.m3.tables import CODING, HEAD, LINE
from ml_connector.erp.port import FieldUpdate
from ml_connector.errors import InvariantBroken, Malformed, Misconfigured

USER_FIELD = "field:"
CUSTOM_FIELD = re.compile(r"A[0-9]30|N[0-9]96|A121")
"""The fields of CUSEXTMI."""
DIMENSION = "dimension:"
WHOLE = Decimal(1)


def order_key(entity: str, number: str) -> str:
    """The key of an order."""
    return f"{key_part(entity)}/{key_part(number)}"


def head_row(record: Record, custom: Mapping[str, str], setup: Setup) -> Row:
    """An order's head. Raises Malformed where its number is missing."""
    _check(HEAD, record, "number")
    entity = setup.entity(record.get("division", ""))
    key = order_key(entity, record["number"])
    fields = {
        "entity": entity,
        "number": record["number"],
        "vendor": record.get("vendor", ""),
        "buyer": record.get("buyer", ""),
        "ordered": iso_date(record.get("ordered", "")),
        "currency": record.get("currency", ""),
        "closed": _closed(record, setup.closed_status),
        "description": "",
        "type": record.get("type", ""),
        "invoiced": setup.number(record.get("invoiced", "")),
    }
    return Row(Kind.PURCHASE_ORDER, key, key, {**fields, **custom_fields(custom)})


def custom_fields(custom: Mapping[str, str]) -> dict[str, str]:
    """Custom fields as a row carries them."""
    return {f"{USER_FIELD}{name}": value for name, value in custom.items()}


def _closed(record: Record, closed_from: str) -> str:
    """Statuses are two digits that rise."""
    return "true" if record.get("status", "") >= closed_from else "false"


def line_row(record: Record, entity: str, setup: Setup) -> Row:
    """A line of an order. Raises Malformed where what identifies it is missing."""
    _check(LINE, record, "number", "line")
    owner = order_key(entity, record["number"])
    number = _line(record)
    fields = {
        "line": number,
        "item": record.get("item", ""),
        "description": record.get("description", ""),
        "quantity": setup.number(record.get("quantity", "")),
        "unit_cost": _unit_cost(record, setup),
        "closed": _closed(record, setup.closed_status),
    }
    return Row(Kind.ORDER_LINE, f"{owner}#{key_part(number)}", owner, fields)


def _line(record: Record) -> str:
    """The number of a line; the subnumber behind it where there is one."""
    number, below = (record.get(name, "").lstrip("0") for name in ("line", "subline"))
    return f"{number or '0'}-{below}" if below else number or "0"


def _unit_cost(record: Record, setup: Setup) -> str:
    """The price of one unit: prices may be for ten, a hundred or a thousand. What is no number stays as it is."""
    cost, quantity = (setup.number(record.get(name, "")) for name in ("unit_cost", "cost_quantity"))
    try:
        of = decimal_from_text(quantity) if quantity else WHOLE
        return cost if of in (0, 1) or not cost else format(decimal_from_text(cost) / of, "f")
    except ValueError:
        return cost


def coding_row(record: Record, owner_entity: str, setup: Setup) -> Row:
    """A line of the customer's list: how a share of an order line is coded. Raises Malformed without its identity."""
    _check(CODING, record, "number", "line")
    owner = order_key(owner_entity, record["number"])
    number, sequence = _line(record), record.get("sequence", "").lstrip("0") or "1"
    fields = {
        "line": number,
        "sequence": sequence,
        "entity": setup.entity(record.get("division", "")) or owner_entity,
        **{
            name: record.get(f"ait{place}", "")
            for name, place in setup.dimensions.items()
            if not name.startswith(DIMENSION)
        },
        **{name: setup.number(record.get(name, "")) for name in ("amount", "percent", "quantity")},
    }
    free = {
        name: record.get(f"ait{place}", "") for name, place in setup.dimensions.items() if name.startswith(DIMENSION)
    }
    return _share(owner, number, sequence, fields | {name: value for name, value in free.items() if value})


def mapped_row(record: Record, entity: str, setup: Setup) -> Row:
    """The coding of an order line by its project, from the connection; without an account where none is named."""
    owner = order_key(entity, record["number"])
    number, project = _line(record), record.get("project", "")
    labels = setup.coding.get(project)
    fields = {
        "line": number,
        "sequence": "1",
        "entity": entity,
        ACCOUNT: labels.account if labels else "",
        COST_CENTER: labels.cost_center if labels else "",
        PROJECT: project,
        "amount": "",
        "percent": "",
        "quantity": "",
    }
    return _share(owner, number, "1", fields)


def _share(owner: str, line: str, sequence: str, fields: dict[str, str]) -> Row:
    return Row(Kind.DISTRIBUTION, f"{owner}#{key_part(line)}.{key_part(sequence)}", owner, fields)


def _check(table: str, record: Record, *names: str) -> None:
    for name in names:
        if not record.get(name):
            raise Malformed(
                f"M3 sent a row of {table} without its {name}.",
                remedy=f"Check the columns under cloudsuite.fields.{table}.",
            )


def custom_record(update: FieldUpdate, setup: Setup) -> dict[str, str]:
    """The fields of a call of CUSEXTMI: the file and key that they hang on, then the new values."""
    parts = [unquote(part) for part in update.key.split("/")]
    if len(parts) < 2:  # noqa: PLR2004 - entity and number
        raise InvariantBroken(f"a {update.kind} cannot be written under the key {update.key!r}")
    file = setup.project_table if update.kind is Kind.PROJECT else HEAD
    return {"FILE": file, "PK01": parts[1], **dict(update.values)}


def check_custom_fields(names: Sequence[str]) -> None:
    """Raises Misconfigured for a field that CUSEXTMI does not have."""
    for name in names:
        if not CUSTOM_FIELD.fullmatch(name):
            raise Misconfigured(
                f"M3 cannot write the field {name}: the custom fields are A030 to A930, N096 to N996 and A121.",
                remedy="Name one of them in key_field, project_key_field, remaining_field and [[status_back]].",
            )
