"""From items to rows in our own words: orders, their lines and codings, and projects.

A line of a CSI order carries one coding; a line with releases (of a blanket order) carries one for each. So a line
is all of its parts together, and each part is a distribution by its quantity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from urllib.parse import unquote

from ml_connector.core.money import decimal_from_text
from ml_connector.core.orders import USER_FIELD
from ml_connector.core.records import Coding, Kind, Row
from ml_connector.erp.csi.fields import IDO_OF, LINE, UNITS, FieldMap
from ml_connector.erp.csi.sites import Site, iso_day
from ml_connector.erp.port import FieldUpdate
from ml_connector.errors import InvariantBroken, Malformed

Item = Mapping[str, str]

NUMBER_WIDTH = 10
"""Numbers of orders and projects are pushed to the right in ten characters; we keep them without the blanks."""
CLOSED = frozenset({"C", "H"})
"""States of an order or line that is complete or history."""
ACTIVE = "A"
PROJECT_REFERENCE = "K"
"""The kind of cross reference that leads to a project."""
DATES = frozenset({"ordered", "begins", "ends"})
WHOLE_LINE = "0"
"""The number of the only part of a line without releases."""


@dataclass(frozen=True, slots=True)
class UnitCodes:
    """Which unit code is the cost center, and which the project; the others are dimensions by their number."""

    cost_center: int
    project: int

    def coding(self, entity: str, values: Mapping[str, str]) -> Coding:
        """The coding of an account with unit codes."""
        others = (number for number in UNITS if number not in (self.cost_center, self.project))
        return Coding(
            entity,
            values["account"],
            values[f"unit{self.cost_center}"],
            values[f"unit{self.project}"],
            tuple((str(number), values[f"unit{number}"]) for number in others if values[f"unit{number}"]),
        )

    def values(self, coding: Coding) -> dict[str, str]:
        """The account and unit codes of a coding. Raises InvariantBroken for a dimension that CSI has no unit for."""
        units = dict.fromkeys((f"unit{number}" for number in UNITS), "")
        units |= {f"unit{name}": value for name, value in coding.dimensions}
        units |= {f"unit{self.cost_center}": coding.cost_center, f"unit{self.project}": coding.project}
        if len(units) > len(UNITS):
            raise InvariantBroken(f"coding {coding} has a dimension that CSI has no unit code for")
        return {"account": coding.account, **units}


def order_row(site: Site, item: Item, fields: FieldMap) -> Row:
    """One order. Raises Malformed where it has no number."""
    values = _neutral(fields.values(IDO_OF[Kind.PURCHASE_ORDER], item))
    key = _key(site, Kind.PURCHASE_ORDER, values)
    content = {
        "description": "",
        **values,
        "entity": site.entity,
        "closed": _flag(values.pop("state") in CLOSED),
        **_extra(Kind.PURCHASE_ORDER, item, fields),
    }
    content.pop("state")
    return Row(Kind.PURCHASE_ORDER, key, key, content)


def project_row(site: Site, item: Item, fields: FieldMap) -> Row:
    """One project. Raises Malformed where it has no number."""
    values = _neutral(fields.values(IDO_OF[Kind.PROJECT], item))
    key = _key(site, Kind.PROJECT, values)
    currency = values["currency"] or site.currency
    active = _flag(values["status"] in ("", ACTIVE))
    content = {**values, "currency": currency, "active": active, **_extra(Kind.PROJECT, item, fields)}
    return Row(Kind.PROJECT, key, key, content)


def _neutral(values: Mapping[str, str]) -> dict[str, str]:
    return {name: iso_day(value) if name in DATES else value for name, value in values.items()}


def _flag(truth: bool) -> str:  # noqa: FBT001 - the value is what is spelled
    return "true" if truth else "false"


def _extra(kind: Kind, item: Item, fields: FieldMap) -> dict[str, str]:
    return {f"{USER_FIELD}{name}": item.get(name, "").strip() for name in fields.extra.get(kind, ())}


def _key(site: Site, kind: Kind, values: Mapping[str, str]) -> str:
    if not values["number"]:
        raise Malformed(
            f"CSI sent an item of {IDO_OF[kind]} without its number.",
            remedy=f"Check the map under cloudsuite.fields.{IDO_OF[kind]}.",
        )
    return f"{_part(site.entity)}/{_part(values['number'])}"


def _part(text: str) -> str:
    """A part of a key; the characters that keys are built with are escaped."""
    return text.replace("%", "%25").replace("/", "%2F").replace("#", "%23")


def number_of(update: FieldUpdate) -> tuple[str, str]:
    """The entity and the number of the record that an update is for."""
    entity, _, number = update.key.partition("/")
    if update.kind not in (Kind.PURCHASE_ORDER, Kind.PROJECT) or not number:
        raise InvariantBroken(f"a {update.kind} cannot be written under the key {update.key!r}")
    return unquote(entity), unquote(number)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a line (a release of CSI's), or the whole line: our names to its values, and its order's key."""

    owner: str
    values: Mapping[str, str]

    @property
    def line(self) -> str:
        """The number of the line."""
        return self.values["line"]

    @property
    def number(self) -> str:
        """The number of the release, 0 for a whole line."""
        return self.values["release"] or WHOLE_LINE

    @property
    def closed(self) -> bool:
        """Whether nothing more is bought on it."""
        return self.values["state"] in CLOSED


def part_of(site: Site, item: Item, fields: FieldMap) -> Part:
    """A part from its item. Raises Malformed where what identifies it is missing."""
    values = fields.values(LINE, item)
    if not values["line"]:
        raise Malformed(f"CSI sent an item of {LINE} without its line.", remedy=f"Check cloudsuite.fields.{LINE}.")
    return Part(_key(site, Kind.ORDER_LINE, values), values)


def lines(parts: Iterable[Part]) -> Iterator[tuple[Part, ...]]:
    """The parts line by line; they must come in the order of their lines."""
    for _, found in groupby(parts, key=lambda part: (part.owner, part.line)):
        yield tuple(found)


def line_row(parts: Sequence[Part]) -> Row:
    """A line as the sum of its open parts, or of all where none is open."""
    first = parts[0]
    open_ones = _counted(parts)
    quantity, cost = _whole(open_ones)
    content = {
        "line": first.line,
        "item": first.values["item"],
        "description": first.values["description"],
        "quantity": quantity,
        "unit_cost": cost,
        "closed": _flag(all(part.closed for part in parts)),
    }
    return Row(Kind.ORDER_LINE, f"{first.owner}#{_part(first.line)}", first.owner, content)


def _counted(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if not part.closed] or list(parts)


def _whole(parts: Sequence[Part]) -> tuple[str, str]:
    """Quantity and unit cost of a line. Releases that cost differently count by their value, at one a unit.

    A value that is no number is handed on as it is, to be told of by whoever reads it.
    """
    if len(parts) == 1:
        return parts[0].values["quantity"], parts[0].values["unit_cost"]
    costs = {part.values["unit_cost"] for part in parts}
    measures = measured(parts)
    broken = [text for text in measures if not _is_number(text)]
    if broken:
        return broken[0], "1"
    total = format(sum((decimal_from_text(text) for text in measures), Decimal(0)), "f")
    return total, costs.pop() if len(costs) == 1 else "1"


def measured(parts: Sequence[Part]) -> list[str]:
    """What each part weighs in its line: its quantity, or its value where they do not all cost the same."""
    if len({part.values["unit_cost"] for part in parts}) == 1:
        return [part.values["quantity"] or "0" for part in parts]
    return [_value(part) for part in parts]


def _value(part: Part) -> str:
    texts = part.values["quantity"] or "0", part.values["unit_cost"] or "0"
    broken = [text for text in texts if not _is_number(text)]
    if broken:
        return broken[0]
    return format(decimal_from_text(texts[0]) * decimal_from_text(texts[1]), "f")


def _is_number(text: str) -> bool:
    try:
        decimal_from_text(text)
    except ValueError:
        return False
    return True


def distribution_rows(site: Site, parts: Sequence[Part], units: UnitCodes) -> Iterator[Row]:
    """The codings of a line. A part that does not count, or names no account, is told as gone."""
    counted = _counted(parts)
    weights = dict(zip((part.number for part in counted), measured(counted), strict=True))
    for part in parts:
        coding = units.coding(site.entity, part.values)
        project = coding.project or _referenced(part.values)
        content = {
            "line": part.line,
            "sequence": part.number,
            "entity": site.entity,
            "account": coding.account,
            "cost_center": coding.cost_center,
            "project": project,
            "quantity": weights.get(part.number, ""),
            **{f"dimension:{name}": value for name, value in coding.dimensions},
        }
        key = f"{part.owner}#{_part(part.line)}.{_part(part.number)}"
        gone = part.number not in weights or not coding.account
        yield Row(Kind.DISTRIBUTION, key, part.owner, content, deleted=gone)


def _referenced(values: Mapping[str, str]) -> str:
    """The project that a line is cross-referenced to."""
    return values["reference_number"] if values["reference_type"] == PROJECT_REFERENCE else ""
