"""The filters of the list service: `_filter` (equality) and `_lplFilter` (a part of Landmark's expressions)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from ml_connector_sandbox.cloudsuite.classes import BusinessClass, Field, Refused, Row, truth

# What the vendor's texts are known to contain when an expression is not liked.
TREE_FAILED = "Building the ConditionNode tree failed: {}"
OPERATOR_EXPECTED = "Expected a logical operator: {}"

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": eq,
    "<>": ne,
    "!=": ne,
    ">=": ge,
    "<=": le,
    ">": gt,
    "<": lt,
}
TOKEN = re.compile(r'\s*(?:(?P<text>"[^"]*")|(?P<sign><>|!=|>=|<=|=|>|<)|(?P<paren>[()])|(?P<word>[^\s()"=<>!]+))')


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a field with a value."""

    field: Field
    sign: str
    value: str

    def holds(self, row: Row) -> bool:
        """Whether a row fulfils it. An empty number is less than every number."""
        held = row.fields.get(self.field.name, "")
        if self.sign == "=" and self.field.type in ("text", "date"):
            return held == self.value
        if self.sign == "like":
            pattern = ".*".join(re.escape(part) for part in self.value.split("*"))
            return re.fullmatch(pattern, held, re.DOTALL) is not None
        return COMPARISONS[self.sign](comparable(self.field, held), comparable(self.field, self.value))


def comparable(field: Field, value: str) -> object:
    """A value in the form in which its field is compared and sorted."""
    if field.type == "number":
        try:
            return Decimal(value) if value else Decimal("-Infinity")
        except InvalidOperation as broken:
            raise Refused(f"{field.name}: {value} is not a valid number") from broken
    if field.type == "boolean":
        return truth(value)
    return value


# Alternatives of conditions that hold together: an `or` of `and`s.
Filter = tuple[tuple[Condition, ...], ...]


def passes(filter_: Filter, row: Row) -> bool:
    """Whether some alternative holds as a whole."""
    return any(all(condition.holds(row) for condition in together) for together in filter_)


def equality(business_class: BusinessClass, text: str) -> Filter:
    """`_filter`: Field::value, joined by |. Raises `Refused`."""
    conditions = []
    for part in text.split("|"):
        name, separator, value = part.partition("::")
        if not separator:
            raise Refused(f"_filter: {part} has no value")
        conditions.append(Condition(known_field(business_class, name), "=", value))
    return (tuple(conditions),)


def known_field(business_class: BusinessClass, name: str) -> Field:
    """The field of a name. Raises `Refused` where the class has none."""
    found = business_class.field(name.strip())
    if found is None:
        raise Refused(f"Field {name} is not defined for business class {business_class.name}")
    return found


def expression(business_class: BusinessClass, text: str, *, compound: bool) -> Filter:
    """`_lplFilter`: one condition, or several joined by and/or where the tenant takes that. Raises `Refused`."""
    words = _tokens(text)
    alternatives: list[list[Condition]] = [[]]
    while True:
        condition, words = _condition(business_class, words, text)
        alternatives[-1].append(condition)
        if not words:
            return tuple(tuple(each) for each in alternatives)
        joined, words = words[0].lower(), words[1:]
        if joined not in ("and", "or"):
            raise Refused(OPERATOR_EXPECTED.format(text))
        if not compound:
            raise Refused(TREE_FAILED.format(text))
        if joined == "or":
            alternatives.append([])


def _tokens(text: str) -> list[str]:
    """The words of an expression. Parentheses are dropped: they only ever stand around a condition or around all."""
    words: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise Refused(TREE_FAILED.format(text))
        words.append(match.group().strip())
        at = match.end()
    if words.count("(") != words.count(")"):
        raise Refused(TREE_FAILED.format(text))
    return [word for word in words if word not in ("(", ")")]


def _condition(business_class: BusinessClass, words: list[str], text: str) -> tuple[Condition, list[str]]:
    if len(words) < 3:
        raise Refused(TREE_FAILED.format(text))
    name, sign, value = words[0], words[1].lower(), words[2]
    if sign not in COMPARISONS and sign != "like":
        raise Refused(OPERATOR_EXPECTED.format(text))
    field = known_field(business_class, name)
    plain = value.strip('"')
    comparable(field, plain)
    return Condition(field, sign, plain), words[3:]
