"""Reading tables as values: exports by a line of SQL, or the customer's own lists where exports are locked.

EXPORTMI knows no paging, so pages are cut by the key: each begins behind the last key of the one before. What comes
back is held against the conditions once more: one that was not applied must not be believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ml_connector.erp.m3.answers import Scope, Values, one_request, parse_one
from ml_connector.erp.m3.tables import PREFIX_WIDTH, Tables
from ml_connector.errors import Malformed, Misconfigured
from ml_connector.wire import Request, Response, Send

QUERY_CHARACTERS_MAX = 982
SEPARATOR = "^"
"""Between the values of a row: rare in what people write, and what they write stands last."""
FREE_TEXT = frozenset({"description", "error"})
IN_MAX = 40
"""Values of one `in` condition, so that a query stays short."""
ALL = 0
"""`maxrecs` for all records there are."""
PROGRAM = "EXPORTMI"
LISTS = "CMS100MI"

Record = Mapping[str, str]
"""A row under our own names."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a column must be: `operator` is one of =, >=, >, <=, `like` (a beginning) and `in`."""

    name: str
    operator: str
    values: tuple[str, ...]
    number: bool = False

    def query(self, column: str) -> str:
        """As SQL. Raises Malformed for a value that cannot stand in it: keys that are asked for came from M3."""
        match self.operator:
            case "like":
                return f"{column} like {_quoted(self.values[0] + '%')}"
            case "in":
                return f"{column} in ({','.join(self._literal(value) for value in self.values)})"
            case _:
                return f"{column} {self.operator} {self._literal(self.values[0])}"

    def _literal(self, value: str) -> str:
        return _number(value) if self.number else _quoted(value)

    def edges(self, column: str) -> dict[str, str]:
        """As the `from` and `to` fields of a customer's list, which include both."""
        low, high = min(self.values), max(self.values)
        return {
            **({f"F_{column}": low} if self.operator != "<=" else {}),
            **({f"T_{column}": high} if self.operator in ("=", "in", "<=") else {}),
        }

    def holds(self, record: Record) -> bool:
        """Whether a record fulfils it."""
        value = record.get(self.name, "")
        match self.operator:
            case "like":
                return value.startswith(self.values[0])
            case "in" | "=":
                return any(self._same(value, wanted) for wanted in self.values)
            case ">":
                return value > self.values[0]
            case _:
                low, high = (value, self.values[0]) if self.operator == "<=" else (self.values[0], value)
                return low <= high

    def _same(self, value: str, wanted: str) -> bool:
        return value.lstrip("0") == wanted.lstrip("0") if self.number else value == wanted


def equals(name: str, value: str, *, number: bool = False) -> Condition:
    """A column has a value."""
    return Condition(name, "=", (value,), number)


def one_of(name: str, values: Sequence[str], *, number: bool = False) -> Condition:
    """A column has one of some values."""
    return Condition(name, "in", tuple(values), number)


def from_day(name: str, day: str) -> Condition:
    """A column of days, as YYYYMMDD, is not before one."""
    return Condition(name, ">=", (day,), number=True)


def between(name: str, low: str, high: str) -> tuple[Condition, Condition]:
    """A text column lies between two values, or is one of them."""
    return Condition(name, ">=", (low,)), Condition(name, "<=", (high,))


def begins(name: str, value: str) -> Condition:
    """A text column begins so."""
    return Condition(name, "like", (value,))


def _quoted(value: str) -> str:
    if not value.isprintable() or "%" in value[:-1]:
        raise Malformed(f"M3 cannot be asked for {value!r}.")
    return "'" + value.replace("'", "''") + "'"


def _number(value: str) -> str:
    if not (value.isascii() and value.isdigit()):
        raise Malformed(f"M3 cannot be asked for the number {value!r}.")
    return value


class Reader:
    """Reads tables of one company. `page_rows` are the rows of a page of an export."""

    def __init__(self, send: Send, scope: Scope, layout: Tables, page_rows: int) -> None:
        self._send = send
        self._scope = scope
        self._layout = layout
        self._page_rows = page_rows

    def rows(self, table: str, conditions: Sequence[Condition] = (), extra: Sequence[str] = ()) -> list[Record]:
        """All rows. `extra` are further columns by M3's own names, which are also their names in the rows."""
        return self._read(table, conditions, ALL, extra)

    def pages(self, table: str, conditions: Sequence[Condition], *, alone: bool) -> Iterator[list[Record]]:
        """All rows by their order number, a page at a time. `alone`: a number has one row.

        A page may cut the rows of its last number in two: they are read again as a whole. Rows that do not come by
        their number cannot be cut, and are read at once.
        """
        if table in self._layout.lists:
            yield self.rows(table, conditions)
            return
        reached: tuple[Condition, ...] = ()
        while True:
            # A header line may count as a record.
            rows = self._read(table, (*conditions, *reached), self._page_rows + 1, ())
            if len(rows) < self._page_rows:
                yield rows
                return
            if any(row["number"] > after["number"] for row, after in pairwise(rows)):
                yield self.rows(table, (*conditions, *reached))
                return
            last = rows[-1]["number"]
            if not alone:
                whole = self.rows(table, (*conditions, equals("number", last)))
                rows = [row for row in rows if row["number"] != last] + whole
            yield rows
            reached = (Condition("number", ">", (last,)),)

    def _read(self, table: str, conditions: Sequence[Condition], maxrecs: int, extra: Sequence[str]) -> list[Record]:
        request = self._request(table, conditions, maxrecs, extra)
        read = self._parse_list if table in self._layout.lists else self._parse_export
        known = self._layout.of(table)
        asked = [each for each in conditions if each.name in known and each.name != "company"]
        rows = read(request, self._send(request), table, extra)
        return [row for row in rows if all(condition.holds(row) for condition in asked)]

    def _request(self, table: str, conditions: Sequence[Condition], maxrecs: int, extra: Sequence[str]) -> Request:
        known, operation = self._layout.of(table), f"m3.read.{table}"
        if table in self._layout.lists:
            edges: dict[str, str] = {}
            for condition in conditions:
                if condition.name in known:
                    edges |= condition.edges(known[condition.name])
            return one_request(self._scope, LISTS, self._layout.lists[table], edges, operation=operation)
        return one_request(
            self._scope,
            PROGRAM,
            "Select",
            {"QERY": self._query(table, conditions, extra), "SEPC": SEPARATOR, "HDRS": "1"},
            maxrecs=maxrecs,
            operation=operation,
        )

    def _query(self, table: str, conditions: Sequence[Condition], extra: Sequence[str]) -> str:
        known = self._layout.of(table)
        columns = ",".join(self._layout.physical(table, column) for _, column in self._columns(table, extra))
        company = [equals("company", self._scope.company, number=True)] if "company" in known else []
        tests = [
            each.query(self._layout.physical(table, known[each.name]))
            for each in (*company, *conditions)
            if each.name in known
        ]
        query = f"{columns} from {table}" + (f" where {' and '.join(tests)}" if tests else "")
        if len(query) > QUERY_CHARACTERS_MAX:
            raise Malformed(f"M3 cannot be asked with {len(query)} characters about {table}.")
        return query

    def _columns(self, table: str, extra: Sequence[str]) -> list[tuple[str, str]]:
        """Our names and the columns, free text behind all others."""
        names = sorted(self._layout.of(table).items(), key=lambda pair: pair[0] in FREE_TEXT)
        return [*names, *((column, column) for column in extra)]

    def _parse_export(self, request: Request, response: Response, table: str, extra: Sequence[str]) -> list[Record]:
        """Separated values under a header line. Raises Malformed where a line does not have a value for each column."""
        names = self._columns(table, extra)
        lines = [record.get("REPL", "") for record in parse_one(request, response)]
        if lines:
            self._check_header(request, table, lines[0], [column for _, column in names])
        rows = [line.split(SEPARATOR, len(names) - 1) for line in lines[1:]]
        if any(len(row) != len(names) for row in rows):
            raise Malformed(f"{request.operation}: a row of {table} does not have {len(names)} values.")
        return [{name: value.strip() for (name, _), value in zip(names, row, strict=True)} for row in rows]

    def _check_header(self, request: Request, table: str, header: str, columns: Sequence[str]) -> None:
        told = [name.strip().upper() for name in header.split(SEPARATOR)]
        if len(told) != len(columns) or not all(map(str.endswith, told, columns)):
            raise Malformed(
                f"{request.operation}: the header line of {table} does not name the columns that were asked for.",
                remedy="Check cloudsuite.m3.prefixed_columns and [cloudsuite.fields] for this table.",
            )

    def _parse_list(self, request: Request, response: Response, table: str, extra: Sequence[str]) -> list[Record]:
        """Records of a customer's list. Raises Misconfigured where it lacks a column that is read."""
        names = self._columns(table, extra)
        records = parse_one(request, response)
        rows = [{name: _column(record, column) for name, column in names} for record in records]
        for name, column in names:
            if any(row[name] is None for row in rows):
                raise Misconfigured(
                    f"{request.operation}: the list does not show {column}, which {name} is read from.",
                    remedy=f"Add it to the list in CMS100, or name another in [cloudsuite.fields.{table}].",
                )
        return [{name: (value or "").strip() for name, value in row.items()} for row in rows]


def _column(record: Values, column: str) -> str | None:
    """A column of a list, with the two letters of its table before it or without."""
    if column in record:
        return record[column]
    return next((value for name, value in record.items() if name[PREFIX_WIDTH:] == column), None)


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Values, as many at a time as one condition takes."""
    return (values[start : start + IN_MAX] for start in range(0, len(values), IN_MAX))
