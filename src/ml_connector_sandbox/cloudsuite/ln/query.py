"""OData's system query options, as far as LN documents them: filter, select, orderby, expand, top, skip, count."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from ml_connector_sandbox.cloudsuite.ln.entities import INSTANT, NO_DATE, NUMBER, TEXT, WHOLE, WORD, EntitySet, Record

OPTIONS = frozenset({"$filter", "$select", "$orderby", "$expand", "$top", "$skip", "$count"})
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {"eq": eq, "ne": ne, "gt": gt, "ge": ge, "lt": lt, "le": le}
CONDITION = re.compile(r"\s*(?P<name>\w+)\s+(?P<operator>\w+)\s+(?P<literal>'(?:[^']|'')*'|[\w.]*'[^']*'|[^\s']+)\s*")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadQuery(Exception):
    """A query option that LN does not take; the message is what it says."""


def check_options(options: Mapping[str, str]) -> None:
    """Raise `BadQuery` for an option that there is not."""
    for name in options:
        if name.startswith("$") and name not in OPTIONS:
            raise BadQuery(f"Query option {name} is not supported")


def passing(entity: EntitySet, condition: str, records: Iterator[Record]) -> list[Record]:
    """The records that a `$filter` lets through: comparisons joined by `and`. Raises `BadQuery`."""
    tests = list(_tests(entity, condition)) if condition else []
    return [record for record in records if all(test(record) for test in tests)]


def _tests(entity: EntitySet, condition: str) -> Iterator[Callable[[Record], bool]]:
    position = 0
    while position < len(condition):
        found = CONDITION.match(condition, position)
        if found is None or found["operator"] not in OPERATORS:
            raise BadQuery(f"Syntax error in $filter at position {position}")
        yield _test(found["name"], OPERATORS[found["operator"]], _literal(entity, found["name"], found["literal"]))
        position = found.end()
        if position < len(condition):
            if not condition.startswith("and ", position):
                raise BadQuery(f"Syntax error in $filter at position {position}")
            position += len("and ")


def _test(name: str, compare: Callable[[Any, Any], bool], literal: object) -> Callable[[Record], bool]:
    return lambda record: compare(EPOCH if record[name] is None else record[name], literal)


def _literal(entity: EntitySet, name: str, written: str) -> object:
    kind = property_of(entity, name)
    try:
        if kind in (TEXT, WORD):
            return written[written.index("'") + 1 : -1].replace("''", "'")
        if kind == INSTANT:
            return _aware(datetime.fromisoformat(written))
        return {NUMBER: Decimal, WHOLE: int}[kind](written)
    except (ValueError, ArithmeticError):
        raise BadQuery(f"{written} is not a literal of type {kind}") from None


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a DateTimeOffset needs an offset")
    return moment


def property_of(entity: EntitySet, name: str) -> str:
    """The type of a property. Raises `BadQuery` for one that the entity does not have."""
    if name not in entity.properties:
        raise BadQuery(f"Property {name} does not exist")
    return entity.properties[name]


def ordered(entity: EntitySet, by: str, records: list[Record]) -> list[Record]:
    """Records in the order of `$orderby`, else of their keys. Raises `BadQuery`."""
    wanted = [part.split() for part in by.split(",") if part.strip()] + [[name] for name in entity.key]
    for name, *direction in reversed(wanted):
        property_of(entity, name)
        descending = direction == ["desc"]
        records = sorted(records, key=lambda record: _comparable(record[name]), reverse=descending)
    return records


def _comparable(value: Any) -> Any:
    return EPOCH if value is None else value


def number(options: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of an option. Raises `BadQuery`."""
    written = options.get(name, str(default))
    if not written.isdigit():
        raise BadQuery(f"{name} must be a non-negative number")
    return int(written)


def selected(entity: EntitySet, names: str, record: Record) -> Record:
    """A record with the properties of `$select`, all where nothing is said. Raises `BadQuery`."""
    wanted = [name.strip() for name in names.split(",") if name.strip()] or list(entity.properties)
    for name in wanted:
        property_of(entity, name)
    return {name: record[name] for name in wanted}


def shown(value: object) -> object:
    """A value as JSON shows it: an instant in UTC, an empty one as LN's first day, a decimal as a number."""
    if value is None:
        return NO_DATE
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return float(value) if isinstance(value, Decimal) else value
