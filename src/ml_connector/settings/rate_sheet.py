"""Rates as a CSV file: read with the line of each, and written so that reading it again gives the same.

A sheet has a header, with its columns in any order, and a rate on each line. What is wrong is told at its line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ml_connector.settings.connection import Rate
from ml_connector.settings.problems import InvalidSettings, Problem
from ml_connector.settings.sheets import BadCell, SheetRow, guarded, meant, read_sheet

SCOPE = ("person", "role", "project", "cost_center")
COLUMNS = (*SCOPE, "amount", "currency", "from", "known_since")
NEEDED = ("amount", "currency", "from")
DAYS = ("from", "known_since")


@dataclass(frozen=True, slots=True)
class RateSheet:
    """The rates of a file, as a TOML file would hold them, and the line of each. `problems` are what cannot be read."""

    name: str
    rates: tuple[Mapping[str, object], ...] = ()
    lines: tuple[int, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_rates(path: Path) -> RateSheet:
    """All rates of a CSV file, or all that is wrong with it. Raises Misconfigured where it cannot be read at all."""
    optional = [name for name in COLUMNS if name not in NEEDED]
    try:
        rows = read_sheet(path, lambda row: (row.line, _table(row)), needed=NEEDED, optional=optional)
    except InvalidSettings as error:
        return RateSheet(str(path), problems=error.problems)
    return RateSheet(str(path), tuple(table for _, table in rows), tuple(line for line, _ in rows))


def _table(row: SheetRow) -> dict[str, object]:
    """A row as a TOML table; empty cells are keys that are left out. Raises BadCell."""
    return {name: _cell(row, name) for name in COLUMNS if row[name]}


def _cell(row: SheetRow, name: str) -> object:
    if name in DAYS:
        return _day(row, name)
    return meant(row[name]) if name in SCOPE else row[name]


def _day(row: SheetRow, name: str) -> date:
    try:
        return date.fromisoformat(row[name])
    except ValueError:
        raise BadCell(name, "is no date", "Write it as in 2026-01-31.") from None


def added(present: RateSheet, more: RateSheet) -> RateSheet:
    """The rates of two sheets, without those that stand in both; each new one keeps the line that it is from."""
    known = {_mark(rate): rate for rate in present.rates}
    new = [(rate, line) for rate, line in zip(more.rates, more.lines, strict=True) if _mark(rate) not in known]
    return RateSheet(
        more.name,
        (*present.rates, *(rate for rate, _ in new)),
        (*(0 for _ in present.rates), *(line for _, line in new)),
    )


def problems_of_addition(present: RateSheet, more: RateSheet) -> Iterator[Problem]:
    """Rates that are there already with another amount: a correction says since when it is known."""
    known = {_mark(rate): rate for rate in present.rates}
    for rate, line in zip(more.rates, more.lines, strict=True):
        there = known.get(_mark(rate))
        if there is not None and _amount(there) != _amount(rate):
            what = "is another than that of the same rate in the connection's file"
            remedy = "Give the correction the day since when it is known, or take the line out."
            yield Problem(more.name, line, "amount", what, remedy)


def _mark(rate: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(rate.get(name) for name in COLUMNS if name != "amount")


def _amount(rate: Mapping[str, object]) -> object:
    try:
        return Decimal(str(rate.get("amount")))
    except InvalidOperation:
        return rate.get("amount")


def sheet_text(rates: Iterable[Rate]) -> str:
    """Rates as a CSV text, in their order, each exactly as it is. No cell can be taken for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_cells, rates))
    return out.getvalue()


def _cells(rate: Rate) -> Iterator[str]:
    yield from map(guarded, rate.scope)
    yield format(rate.amount, "f")
    yield rate.currency
    yield rate.effective.isoformat()
    yield "" if rate.known_since is None else rate.known_since.isoformat()
