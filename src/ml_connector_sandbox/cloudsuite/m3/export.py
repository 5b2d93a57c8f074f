"""EXPORTMI: a table read by a line of SQL, and the lists that a customer builds instead where exports are locked.

`Select` knows no paging: records of one reply field each, their values separated, a header line first where asked.
Only what a connector needs of SQL is built: columns, one table, conditions joined by `and`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from ml_connector_sandbox.cloudsuite.m3.execute import Call, Failed, Records, Transaction, Values
from ml_connector_sandbox.cloudsuite.m3.tables import TABLES, VIEWS, Table
from ml_connector_sandbox.cloudsuite.switches import flag
from ml_connector_sandbox.cloudsuite.tenant import Tenant

QUERY_WIDTH, REPLY_WIDTH = 982, 3985
SELECT = re.compile(
    r"\s*(?:select\s+)?(?P<columns>[\w\s,]+?)\s+from\s+(?P<table>\w+)(?:\s+where\s+(?P<where>.+))?", re.IGNORECASE
)
VALUE = r"'(?:[^']|'')*'|-?\d+(?:\.\d+)?"
CONDITION = re.compile(
    rf"\s*(?P<column>\w+)\s*(?P<operator>>=|<=|<>|=|>|<|\blike\b|\bin\b)\s*(?P<value>{VALUE}|\((?:\s*(?:{VALUE})\s*,?)+\))"
    r"\s*(?P<and>\band\b|$)",
    re.IGNORECASE,
)
PREFIX = 2
ON = "1"
LIST_PREFIX = "LstML"
"""What the customer's lists are called, before the name of the table that they show."""

Test = Callable[[Values], bool]


def select(tenant: Tenant, call: Call) -> Records:
    """`Select`. Raises `Failed` for a query that is too long, that is none, or that this tenant does not allow."""
    if flag(tenant.switches, "m3_exports_locked"):
        raise Failed("EXPORTMI is not allowed in this environment")
    query = call.one("QERY")
    if len(query) > QUERY_WIDTH:
        raise Failed(f"QERY is longer than {QUERY_WIDTH} characters", "QERY")
    found = SELECT.fullmatch(query)
    if found is None:
        raise Failed("The query is not valid", "QERY")
    name = found["table"].upper()
    table = _table(name)
    columns = [_column(tenant, name, table, each.strip()) for each in found["columns"].split(",")]
    tests = _tests(tenant, name, table, found["where"] or "")
    separator = call.one("SEPC") or ";"
    lines = [
        separator.join(row[column] for column in columns)[:REPLY_WIDTH]
        for row in table.sorted(tenant)
        if all(test(row) for test in tests)
    ]
    header = [separator.join(each.strip().upper() for each in found["columns"].split(","))]
    return [{"REPL": line} for line in (header if call.one("HDRS") == ON else []) + lines]


def _table(name: str) -> Table:
    table = TABLES.get(name)
    if table is None or name in VIEWS:
        raise Failed(f"Table {name} does not exist", "QERY")
    return table


def _column(tenant: Tenant, name: str, table: Table, column: str) -> str:
    """The column that is meant: this tenant takes physical names with the table's prefix, or plain ones."""
    asked = column.upper()
    if flag(tenant.switches, "m3_prefixed_columns"):
        if not asked.startswith(table.prefix):
            raise Failed(f"Column {asked} does not exist in {name}", "QERY")
        asked = asked[PREFIX:]
    if asked not in table.columns:
        raise Failed(f"Column {column.upper()} does not exist in {name}", "QERY")
    return asked


def _tests(tenant: Tenant, name: str, table: Table, where: str) -> list[Test]:
    tests = []
    rest = where.strip()
    while rest:
        found = CONDITION.match(rest)
        if found is None:
            raise Failed(f"The condition is not valid: {rest}", "QERY")
        column = _column(tenant, name, table, found["column"])
        tests.append(_test(column, found["operator"].lower(), found["value"]))
        rest = rest[found.end() :]
    return tests


def _test(column: str, operator: str, value: str) -> Test:
    if operator == "in":
        wanted = [_literal(each) for each in re.findall(VALUE, value)]
        return lambda row: any(_compared(row[column], each) == 0 for each in wanted)
    literal = _literal(value)
    if operator == "like":
        pattern = re.compile(".*".join(map(re.escape, str(literal).split("%"))))
        return lambda row: pattern.fullmatch(row[column]) is not None
    holds: dict[str, Callable[[int], bool]] = {
        "=": lambda sign: sign == 0,
        "<>": lambda sign: sign != 0,
        ">": lambda sign: sign > 0,
        "<": lambda sign: sign < 0,
        ">=": lambda sign: sign >= 0,
        "<=": lambda sign: sign <= 0,
    }
    return lambda row: holds[operator](_compared(row[column], literal))


def _literal(value: str) -> str | Decimal:
    return value[1:-1].replace("''", "'") if value.startswith("'") else Decimal(value)


def _compared(value: str, literal: str | Decimal) -> int:
    """The sign of the difference; a column without a number counts as zero beside one."""
    if isinstance(literal, str):
        return (value > literal) - (value < literal)
    try:
        number = Decimal(value or "0")
    except InvalidOperation:
        raise Failed(f"{value} is not numeric", "QERY") from None
    return (number > literal) - (number < literal)


def list_fields(tenant: Tenant, call: Call) -> Records:
    """`LstFields`: the physical columns of a table."""
    if flag(tenant.switches, "m3_exports_locked"):
        raise Failed("EXPORTMI is not allowed in this environment")
    table = _table(call.one("FILE").upper())
    prefix = table.prefix if flag(tenant.switches, "m3_prefixed_columns") else ""
    return [{"FLDN": prefix + name, "FLDS": name, "FLTY": "A", "FLLE": "", "FLDP": ""} for name in table.columns]


def customer_list(name: str) -> Callable[[Tenant, Call], Records]:
    """A list that the customer has built in CMS100: columns under physical names, cut by `F_` and `T_` fields."""
    table = TABLES[name]

    def listed(tenant: Tenant, call: Call) -> Records:
        rows = table.sorted(tenant)
        for field, value in call.values.items():
            edge, _, column = field.partition("_")
            if edge in ("F", "T") and column in table.columns and value:
                rows = [row for row in rows if _within(row[column], value, lowest=edge == "F")]
        return [{table.prefix + column: row[column] for column in table.columns} for row in rows]

    return listed


def _within(value: str, edge: str, *, lowest: bool) -> bool:
    sign = _compared(value, Decimal(edge) if edge.isdigit() and value.isdigit() else edge)
    return sign >= 0 if lowest else sign <= 0


EXPORTMI = {
    "Select": Transaction(select, ("QERY",)),
    "LstFields": Transaction(list_fields, ("FILE",)),
}
CMS100MI = {f"{LIST_PREFIX}{name}": Transaction(customer_list(name)) for name in TABLES}
