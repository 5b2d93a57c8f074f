"""From list records to rows in our own words, and back from a row's key to the fields that identify the record."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import unquote

from ml_connector.core.records import Kind, Row
from ml_connector.erp.answers import key_part
from ml_connector.erp.fsm.fields import CLASS_OF, FieldMap
from ml_connector.erp.fsm.lists import Record
from ml_connector.erp.port import FieldUpdate
from ml_connector.errors import InvariantBroken, Malformed

USER_FIELD = "field:"
DATES = frozenset({"ordered", "begins", "ends"})
FLAGS = frozenset({"closed", "active"})
YES = frozenset({"true", "1", "yes", "y"})
"""How Landmark writes a true flag depends on the field's type; any other text is false."""
IDENTITY = frozenset({"group", "release", "code", "to_entity"})
"""Names that only serve to build keys and codings; rows do not repeat them, apart from an order's own."""


def row_from_record(kind: Kind, record: Record, fields: FieldMap, asked: Collection[str]) -> Row:
    """One record as a row. Raises Malformed where what identifies it is missing."""
    values = fields.values(CLASS_OF[kind], record.fields)
    owner = _owner(kind, values)
    neutral = {ours: _neutral(ours, value) for ours, value in values.items()}
    return Row(
        kind=kind,
        key=_key(kind, owner, values),
        owner=owner,
        fields={**_content(kind, neutral), **_extra(kind, record, fields)},
        deleted=record.is_deleted(tuple(asked)),
    )


def _content(kind: Kind, values: dict[str, str]) -> dict[str, str]:
    match kind:
        case Kind.PURCHASE_ORDER:
            return {"description": "", **values}
        case Kind.DISTRIBUTION:
            # A coding without an entity of its own stays in the order's.
            entity = values.get("to_entity") or values["entity"]
            filled = {name: value for name, value in values.items() if value or not name.startswith("dimension:")}
            return {name: value for name, value in filled.items() if name not in {*IDENTITY, "number"}} | {
                "entity": entity
            }
        case Kind.ORDER_LINE:
            return {name: value for name, value in values.items() if name not in {*IDENTITY, "entity", "number"}}
        case Kind.PROJECT:
            return {name: value for name, value in values.items() if name not in IDENTITY}


def _neutral(name: str, value: str) -> str:
    if name in DATES:
        return iso_date(value)
    if name in FLAGS:
        return "true" if value.lower() in YES else "false"
    return value


def iso_date(text: str) -> str:
    """`YYYYMMDD` as an ISO date, empty for none. Anything else stays as it is, to be told of by whoever reads it."""
    if not text.strip("0"):
        return ""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if re.fullmatch(r"[0-9]{8}", text) else text


def _extra(kind: Kind, record: Record, fields: FieldMap) -> dict[str, str]:
    return {f"{USER_FIELD}{name}": record.fields.get(name, "").strip() for name in fields.extra.get(kind, ())}


def _owner(kind: Kind, values: Mapping[str, str]) -> str:
    if kind is Kind.PROJECT:
        return "/".join(_parts(kind, values, "group", "number"))
    parts = _parts(kind, values, "entity", "number")
    release, code = (key_part(values.get(name, "")) for name in ("release", "code"))
    return "/".join([*parts, release, code] if release or code else parts)


def _key(kind: Kind, owner: str, values: Mapping[str, str]) -> str:
    match kind:
        case Kind.ORDER_LINE:
            return f"{owner}#{_parts(kind, values, 'line')[0]}"
        case Kind.DISTRIBUTION:
            line, sequence = _parts(kind, values, "line", "sequence")
            return f"{owner}#{line}.{sequence}"
        case _:
            return owner


def _parts(kind: Kind, values: Mapping[str, str], *names: str) -> list[str]:
    for name in names:
        if not values.get(name):
            raise Malformed(
                f"CloudSuite sent a record of {CLASS_OF[kind]} without its {name}.",
                remedy=f"Check the field map under cloudsuite.fields.{CLASS_OF[kind]}.",
            )
    return [key_part(values[name]) for name in names]


def record_from_update(update: FieldUpdate, fields: FieldMap) -> dict[str, str]:
    """The fields of an Update: those that identify the record, then the new values."""
    names = fields.of(CLASS_OF[update.kind])
    parts = [unquote(part) for part in update.key.split("/")]
    wanted = {
        (Kind.PROJECT, 2): ("group", "number"),
        (Kind.PURCHASE_ORDER, 2): ("entity", "number"),
        (Kind.PURCHASE_ORDER, 4): ("entity", "number", "release", "code"),
    }.get((update.kind, len(parts)))
    if wanted is None:
        raise InvariantBroken(f"a {update.kind} cannot be written under the key {update.key!r}")
    identity = {names[ours]: part for ours, part in zip(wanted, parts, strict=True) if ours in names}
    return {**identity, **dict(update.values)}
