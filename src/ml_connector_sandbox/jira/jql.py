"""A part of JQL: what clients use to find issues, with Jira's refusals.

`AND`, `OR`, `NOT`, parentheses, `= != IN NOT IN > >= < <= ~ !~ IS IS NOT`, ordering. A query without any condition is
unbounded, and refused by the search that clients have today (Atlassian, REST v3, issue search).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Protocol, TypeVar

TOKEN = re.compile(
    r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')|(?P<operator>!=|>=|<=|!~|[=<>~(),])|(?P<word>[^\s=<>~!(),"\']+))'
)
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "order", "by", "asc", "desc", "empty", "null"})
ALIASES = {"key": "key", "issuekey": "key", "issue": "key", "type": "issuetype"}
FIELDS = frozenset(
    {
        "project", "key", "id", "issuetype", "status", "statuscategory", "labels", "assignee", "reporter", "creator",
        "priority", "summary", "description", "text", "comment", "created", "updated", "parent", "duedate",
        "worklogdate", "worklogauthor",
    }
)  # fmt: skip
DATES = frozenset({"created", "updated", "worklogdate", "duedate"})
TEXTS = frozenset({"summary", "description", "comment", "text"})
USERS = frozenset({"assignee", "reporter", "creator", "worklogauthor"})
PERIOD = re.compile(r"([+-]?)(\d+)([wdhmM])?")
UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
PRIORITY_ORDER = ("Highest", "High", "Medium", "Low", "Lowest")


class JqlError(Exception):
    """The query is refused, in Jira's manner."""


class JqlIssue(Protocol):
    """What a query asks of an issue."""

    def jql(self, name: str) -> tuple[object, ...]:
        """The values of a field by its canonical name, or a custom field's id."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """When and by whom it is asked."""

    now: datetime
    account_id: str


Test = Callable[[JqlIssue, Context], bool]
Found = TypeVar("Found", bound=JqlIssue)


@dataclass(slots=True)
class Query:
    """A compiled query. `labels` and `keys` are hints: where set, no other issue can match."""

    test: Test | None
    order: tuple[tuple[str, bool], ...] = ()
    labels: frozenset[str] | None = None
    keys: frozenset[str] | None = None
    projects: frozenset[str] = frozenset()

    @property
    def bounded(self) -> bool:
        """Whether it has a condition at all."""
        return self.test is not None

    def matches(self, issue: JqlIssue, now: datetime, account_id: str) -> bool:
        """Whether an issue fits."""
        return self.test is None or self.test(issue, Context(now, account_id))

    def ordered(self, issues: Iterable[Found]) -> list[Found]:
        """Issues in the order asked for; by the newest first where none is."""
        found = sorted(issues, key=lambda issue: _sortable(issue, "id"), reverse=not self.order)
        for name, descending in reversed(self.order):
            found.sort(key=lambda issue, name=name: _sortable(issue, name), reverse=descending)  # type: ignore[misc] # mypy does not infer a lambda with a default
        return found


def _sortable(issue: JqlIssue, name: str) -> tuple[int, str, float]:
    values = issue.jql(name)
    if not values:
        return (2, "", 0.0)
    value = values[0]
    if name == "priority":
        return (0, "", -float(PRIORITY_ORDER.index(str(value))))
    if name == "key":
        head, _, number = str(value).rpartition("-")
        return (1, head, float(number))
    if isinstance(value, datetime):
        return (0, "", value.timestamp())
    try:
        return (0, "", float(str(value)))
    except ValueError:
        return (1, str(value).lower(), 0.0)


@dataclass(slots=True)
class Parser:
    """Reads one query from left to right."""

    tokens: list[tuple[str, str]]
    custom: Mapping[str, str]
    place: int = 0
    labels: list[frozenset[str]] = field(default_factory=list)
    keys: list[frozenset[str]] = field(default_factory=list)
    projects: set[str] = field(default_factory=set)
    depth: int = 0

    def query(self) -> Query:
        """The whole query. Raises JqlError."""
        test = None if self._at_order() or self._done() else self._either()
        order = self._order() if self._at_order() else ()
        if not self._done():
            raise JqlError(f"Error in the JQL Query: Expecting either 'OR' or 'AND' but got '{self._peek()}'.")
        labels = self.labels[0] if self.labels else None  # an issue has many labels: each condition bounds by itself
        keys = frozenset.intersection(*self.keys) if self.keys else None
        return Query(test, order, labels, keys, frozenset(self.projects))

    def _done(self) -> bool:
        return self.place >= len(self.tokens)

    def _peek(self) -> str:
        return self.tokens[self.place][1] if not self._done() else "the end"

    def _word(self) -> str:
        """The keyword or operator here, in lower case; empty for a quoted string."""
        if self._done() or self.tokens[self.place][0] == "string":
            return ""
        return self.tokens[self.place][1].lower()

    def _take(self, *wanted: str) -> bool:
        if self._word() in wanted:
            self.place += 1
            return True
        return False

    def _need(self, wanted: str) -> None:
        if not self._take(wanted):
            raise JqlError(f"Error in the JQL Query: Expecting '{wanted}' but got '{self._peek()}'.")

    def _at_order(self) -> bool:
        return self._word() == "order"

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._need("order")
        self._need("by")
        found: list[tuple[str, bool]] = []
        while True:
            name = self._field()
            descending = self._take("desc")
            if not descending:
                self._take("asc")
            found.append((name, descending))
            if not self._take(","):
                return tuple(found)

    def _either(self) -> Test:
        # Hints hold only where every branch of the query has to match them.
        self.depth += 1
        tests = [self._both()]
        while self._take("or", "||"):
            tests.append(self._both())
        self.depth -= 1
        if len(tests) == 1:
            return tests[0]
        self.labels.clear()
        self.keys.clear()
        return lambda issue, context: any(test(issue, context) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("and", "&&"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda issue, context: all(test(issue, context) for test in tests)

    def _one(self) -> Test:
        if self._take("not"):
            before = (list(self.labels), list(self.keys))
            inner = self._one()
            self.labels, self.keys = before
            return lambda issue, context: not inner(issue, context)
        if self._take("("):
            inner = self._either()
            self._need(")")
            return inner
        return self._clause()

    def _field(self) -> str:
        if self._done():
            raise JqlError("Error in the JQL Query: Expecting a field name but got the end.")
        kind, text = self.tokens[self.place]
        name = _unquoted(text) if kind == "string" else text
        if kind == "operator" or (kind == "word" and name.lower() in KEYWORDS):
            raise JqlError(f"Error in the JQL Query: Expecting a field name but got '{text}'.")
        self.place += 1
        lowered = ALIASES.get(name.lower(), name.lower())
        numbered = re.fullmatch(r"cf\[(\d+)\]", lowered)
        lowered = f"customfield_{numbered[1]}" if numbered else lowered
        if lowered in FIELDS:
            return lowered
        if lowered in self.custom:
            return self.custom[lowered]
        raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")

    def _clause(self) -> Test:
        name = self._field()
        if self._take("is"):
            negated = self._take("not")
            if not self._take("empty", "null"):
                raise JqlError(f"Error in the JQL Query: Expecting EMPTY but got '{self._peek()}'.")
            return lambda issue, _context: bool(issue.jql(name)) is negated
        if self._take("not"):
            self._need("in")
            return _negated(name, self._any_of(name, self._list()))
        if self._take("in"):
            values = self._list()
            self._hint(name, values)
            return self._any_of(name, values)
        return self._compared(name)

    def _compared(self, name: str) -> Test:
        operator = self._word()
        if operator not in ("=", "!=", ">", ">=", "<", "<=", "~", "!~"):
            raise JqlError(f"Error in the JQL Query: Expecting operator but got '{self._peek()}'.")
        self.place += 1
        value = self._value()
        if operator in ("~", "!~"):
            test = _contains(name, value)
            return test if operator == "~" else _negated(name, test)
        if operator in ("=", "!="):
            if operator == "=":
                self._hint(name, [value])
            test = self._any_of(name, [value])
            return test if operator == "=" else _negated(name, test)
        return _ranged(name, operator, value)

    def _hint(self, name: str, values: Sequence[str]) -> None:
        if name == "labels":
            self.labels.append(frozenset(values))
        elif name in ("key", "id"):
            self.keys.append(frozenset(value.upper() for value in values))

    def _list(self) -> list[str]:
        self._need("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._need(")")
        return values

    def _value(self) -> str:
        if self._done() or self.tokens[self.place][0] == "operator":
            raise JqlError(
                f"Error in the JQL Query: Expecting either a value, list or function but got '{self._peek()}'."
            )
        kind, text = self.tokens[self.place]
        self.place += 1
        if kind == "string":
            return _unquoted(text)
        if self._take("("):
            self._need(")")
            return f"{text}()"
        return text

    def _any_of(self, name: str, values: Sequence[str]) -> Test:
        if name == "project":
            self.projects |= set(values)
        if name in DATES:
            return _ranged(name, "=", values[0])
        wanted = frozenset(value.lower() for value in values)

        def test(issue: JqlIssue, context: Context) -> bool:
            asked = wanted | {context.account_id.lower()} if name in USERS and "currentuser()" in wanted else wanted
            return any(_as_text(value).lower() in asked for value in issue.jql(name))

        return test


def _negated(name: str, test: Test) -> Test:
    """Jira's negations leave out issues whose field is empty."""
    return lambda issue, context: bool(issue.jql(name)) and not test(issue, context)


def _as_text(value: object) -> str:
    if isinstance(value, float | int | Decimal) and not isinstance(value, bool):
        return format(Decimal(str(value)).normalize(), "f")
    return str(value)


def _contains(name: str, value: str) -> Test:
    words = [word.strip("*").lower() for word in re.findall(r"[\w*-]+", value)]
    names = ("summary", "description", "comment") if name == "text" else (name,)

    def test(issue: JqlIssue, _context: Context) -> bool:
        text = " ".join(str(part) for each in names for part in issue.jql(each)).lower()
        return all(word in text for word in words)

    return test


def _ranged(name: str, operator: str, value: str) -> Test:
    compare: dict[str, Callable[[float, float], bool]] = {
        ">": lambda left, right: left > right,
        ">=": lambda left, right: left >= right,
        "<": lambda left, right: left < right,
        "<=": lambda left, right: left <= right,
        "=": lambda left, right: left == right,
    }
    if name in DATES:
        _instant(value, datetime.now(UTC))  # refuse nonsense when compiled, not when matched

    def test(issue: JqlIssue, context: Context) -> bool:
        limit = _instant(value, context.now).timestamp() if name in DATES else _number(value)
        return any(compare[operator](_comparable(found), limit) for found in issue.jql(name))

    return test


def _comparable(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()
    return _number(str(value))


def _number(value: str) -> float:
    try:
        return float(Decimal(value.rpartition("-")[2] if re.fullmatch(r"[A-Z]+-\d+", value) else value))
    except InvalidOperation:
        raise JqlError(f"The value '{value}' is not a number.") from None


def _instant(value: str, now: datetime) -> datetime:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    named = {"now()": now, "startofday()": midnight, "endofday()": midnight + timedelta(days=1)}
    if value.lower() in named:
        return named[value.lower()]
    period = PERIOD.fullmatch(value)
    if period:
        span = int(period[2]) * UNITS[(period[3] or "m").lower()]
        return now - span if period[1] == "-" else now + span
    for form in FORMATS:
        try:
            return datetime.strptime(value, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise JqlError(
        f"Date value '{value}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', "
        "'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def compile_jql(text: str, custom: Mapping[str, str]) -> Query:
    """Compile a query. `custom` names custom fields in lower case, by name and by id. Raises JqlError."""
    tokens: list[tuple[str, str]] = []
    place = 0
    stripped = text.rstrip()
    while place < len(stripped):
        found = TOKEN.match(stripped, place)
        if found is None or found.end() == place:
            raise JqlError(f"Error in the JQL Query: The character '{stripped[place]}' is a reserved JQL character.")
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        place = found.end()
    return Parser(tokens, custom).query()
