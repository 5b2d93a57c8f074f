"""Tables that people keep in a spreadsheet, as CSV: every row that is wrong is named by its line, all at once."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TypeVar

from ml_connector.errors import Misconfigured
from ml_connector.settings.problems import InvalidSettings, Problem, shown

SHEET_BYTES_MAX = 64_000_000
QUOTE = "'"
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", QUOTE)
"""What spreadsheets take for the beginning of a formula, in full width too, and our own mark."""
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its line in the file, and its cells by column, without blanks around them; empty where not filled."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


class BadCell(ValueError):
    """What is wrong with a row: the column, and what to do about it."""

    def __init__(self, column: str, what: str, remedy: str) -> None:
        super().__init__(what)
        self.column, self.what, self.remedy = column, what, remedy


def guarded(value: str) -> str:
    """A value as a cell: one that a spreadsheet would calculate with, or a reader cut, stands between apostrophes."""
    return f"{QUOTE}{value}{QUOTE}" if value.startswith(FORMULA) or value != value.strip() else value


def meant(cell: str) -> str:
    """The value that `guarded` made a cell of."""
    wrapped = len(cell) > 1 and cell.startswith(QUOTE) and cell.endswith(QUOTE)
    return cell[1:-1] if wrapped else cell


def read_sheet(
    file: Path, read: Callable[[SheetRow], Read], *, needed: Collection[str], optional: Collection[str] = ()
) -> tuple[Read, ...]:
    """Every row of a CSV file (UTF-8, a header line, comma or semicolon), as `read` makes something of it.

    Raises InvalidSettings that names every row for which `read` raises BadCell, and Misconfigured for a file that
    cannot be read at all. Either all rows are good, or none is returned.
    """
    found: list[Read] = []
    problems: list[Problem] = []
    for row in _rows(file, needed, optional):
        try:
            _check_filled(row, needed)
            found.append(read(row))
        except BadCell as bad:
            problems.append(Problem(str(file), row.line, bad.column, bad.what, bad.remedy))
    if problems:
        raise InvalidSettings(problems)
    return tuple(found)


def _rows(file: Path, needed: Collection[str], optional: Collection[str]) -> Iterator[SheetRow]:
    text = _text(file)
    header = text.partition("\n")[0]
    reader = csv.reader(StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ",", strict=True)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        _check_header(file, columns, needed, optional)
        for cells in reader:
            line = reader.line_num
            if len(cells) > len(columns):
                raise _broken(file, line, f"has {len(cells)} cells, and the header {len(columns)}")
            row = SheetRow(line, dict(zip(columns, (cell.strip() for cell in cells), strict=False)))
            if any(row.cells.values()):
                yield row
    except csv.Error as error:
        raise _broken(file, reader.line_num, f"is not CSV: {error}") from None


def _check_filled(row: SheetRow, needed: Collection[str]) -> None:
    for column in needed:
        if not row[column]:
            raise BadCell(column, "is empty", "Fill it in.")


def _text(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.", remedy="Name a CSV file.") from None
    if len(raw) > SHEET_BYTES_MAX:
        raise Misconfigured(f"{file} is larger than {SHEET_BYTES_MAX} bytes.", remedy="Split it.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Misconfigured(f"{file} is not UTF-8.", remedy="Save it as CSV UTF-8 from the spreadsheet.") from None


def _check_header(file: Path, columns: list[str], needed: Collection[str], optional: Collection[str]) -> None:
    known = (*needed, *optional)
    problems = [
        Problem(str(file), 1, shown(name), "is a column that is not read", f"The columns are: {', '.join(known)}.")
        for name in columns
        if name not in known
    ]
    problems += [
        Problem(str(file), 1, name, "is missing from the header", "Add the column.")
        for name in needed
        if name not in columns
    ]
    problems += [
        Problem(str(file), 1, name, "stands twice in the header", "Take one out.")
        for name in sorted({name for name in columns if columns.count(name) > 1})
    ]
    if problems:
        raise InvalidSettings(problems)


def _broken(file: Path, line: int, what: str) -> InvalidSettings:
    return InvalidSettings([Problem(str(file), line, "", what, "Save it as CSV from the spreadsheet.")])
