"""The restricted where clause of a load: comparisons, LIKE, IN, IS NULL, joined by AND, OR and NOT; nothing else.

Infor's Mongoose documentation, LoadCollection: single quotes, `N'…'` for Unicode, no functions and no subqueries.
Texts compare as SQL Server's usual collation does: without case, and without blanks at the end.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.cloudsuite.csi.idos import Property

TOKEN = re.compile(r"\s*(N?'(?:[^']|'')*'|<>|!=|>=|<=|[=<>(),]|[A-Za-z_][A-Za-z0-9_.]*|-?[0-9]+(?:\.[0-9]+)?)")
COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
WORDS = frozenset({"and", "or", "not", "like", "in", "is", "null", "between", "select"})

Test = Callable[[Mapping[str, str]], bool]
Lookup = Callable[[str], Property]


def illegal(why: str) -> Refused:
    """What the service says to a filter that it does not take."""
    return Refused(f"The filter is illegal: {why}.")


def compiled(text: str, lookup: Lookup, *, like: bool = True) -> Test:
    """The filter as a test of an item's values; an empty one passes all. Raises `Refused`."""
    if not text.strip():
        return lambda _values: True
    reader = _Reader(_tokens(text), lookup, like)
    test = reader.either()
    if reader.peek():
        raise illegal(f"[{reader.peek()}] was not expected")
    return test


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise illegal(f"it cannot be read at [{text[at : at + 12]}]")
        found.append(match[1])
        at = match.end()
    return found


def comparable(kind: str, value: str) -> object:
    """A value as its property's type orders it."""
    if kind == "number":
        try:
            return Decimal(value or "0")
        except InvalidOperation:
            raise illegal(f"[{value}] is not a number") from None
    if kind == "date":
        return _moment(value)
    return value.rstrip().casefold()


def _moment(value: str) -> str:
    digits = re.sub(r"[^0-9]", "", value)
    return digits.ljust(17, "0") if digits else ""


@dataclass(slots=True)
class _Reader:
    """Reads one filter from left to right."""

    tokens: list[str]
    lookup: Lookup
    like: bool
    at: int = 0

    def peek(self) -> str:
        """The next token; empty at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        """Take the next token."""
        token = self.peek()
        if not token:
            raise illegal("it ends too soon")
        self.at += 1
        return token

    def word(self, *words: str) -> bool:
        """Take the next token where it is one of these words."""
        if self.peek().casefold() in words:
            self.at += 1
            return True
        return False

    def expect(self, token: str) -> None:
        """Take a token that has to come."""
        if self.take().casefold() != token:
            raise illegal(f"[{token}] was expected")

    def either(self) -> Test:
        """Tests joined by OR."""
        tests = [self.both()]
        while self.word("or"):
            tests.append(self.both())
        return lambda values: any(test(values) for test in tests)

    def both(self) -> Test:
        """Tests joined by AND."""
        tests = [self.one()]
        while self.word("and"):
            tests.append(self.one())
        return lambda values: all(test(values) for test in tests)

    def one(self) -> Test:
        """One test, perhaps negated or in brackets."""
        if self.word("not"):
            inner = self.one()
            return lambda values: not inner(values)
        if self.word("("):
            inner = self.either()
            self.expect(")")
            return inner
        return self.comparison()

    def comparison(self) -> Test:
        """A property and what it is held against."""
        name = self.take()
        if name.casefold() in WORDS or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise illegal(f"[{name}] is not a property")
        if self.peek() == "(":
            raise illegal("functions are not allowed")
        prop = self.lookup(name)
        if self.word("is"):
            empty = not self.word("not")
            self.expect("null")
            return lambda values: (not values[name]) is empty
        negated = self.word("not")
        test = self.listed(prop) if self.word("in") else self.matched(prop)
        return (lambda values: not test(values)) if negated else test

    def matched(self, prop: Property) -> Test:
        """A comparison with one value."""
        sign = self.take().casefold()
        if sign == "like":
            if not self.like:
                raise illegal("LIKE is not allowed")
            pattern = _pattern(self.literal())
            return lambda values: pattern.fullmatch(values[prop.name]) is not None
        compare = COMPARE.get(sign)
        if compare is None:
            raise illegal(f"[{sign}] is not a comparison")
        wanted = comparable(prop.type, self.literal())
        # What is null compares with nothing.
        return lambda values: bool(values[prop.name] and compare(comparable(prop.type, values[prop.name]), wanted))

    def listed(self, prop: Property) -> Test:
        """A comparison with several values."""
        self.expect("(")
        wanted = [comparable(prop.type, self.literal())]
        while self.word(","):
            wanted.append(comparable(prop.type, self.literal()))
        self.expect(")")
        return lambda values: bool(values[prop.name]) and comparable(prop.type, values[prop.name]) in wanted

    def literal(self) -> str:
        """A value, without its quotes."""
        token = self.take()
        if token.endswith("'"):
            return token.removeprefix("N")[1:-1].replace("''", "'")
        if re.fullmatch(r"-?[0-9.]+", token):
            return token
        raise illegal(f"[{token}] is not a value")


def _pattern(like: str) -> re.Pattern[str]:
    parts = {"%": ".*", "_": "."}
    return re.compile("".join(parts.get(sign, re.escape(sign)) for sign in like), re.IGNORECASE | re.DOTALL)
