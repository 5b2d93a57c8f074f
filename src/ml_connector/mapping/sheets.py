"""The lists of a mapping as CSV and back: what was exported comes back to the same file, to the letter."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tomlkit import TOMLDocument

from ml_connector.settings import Connection
from ml_connector.settings.editing import Values, edited, replace_map, replace_tables
from ml_connector.settings.sheets import BadCell, SheetRow, guarded, meant, read_sheet


@dataclass(frozen=True, slots=True)
class Sheet:
    """One list: its columns, the first of which names a row once; how it is read off a connection and put in a file."""

    columns: tuple[str, ...]
    needed: tuple[str, ...]
    rows: Callable[[Connection], Sequence[Mapping[str, str]]]
    put: Callable[[TOMLDocument, Sequence[Values]], None]


def _people(connection: Connection) -> list[dict[str, str]]:
    return [
        {
            "account_id": person.account_id,
            "name": person.name,
            "employee": person.employee,
            "role": person.role,
            "entity": person.entity,
            "left": person.left.isoformat() if person.left else "",
        }
        for person in connection.person
    ]


PEOPLE_COLUMNS = ("account_id", "name", "employee", "role", "entity", "left")


def _put_people(document: TOMLDocument, rows: Sequence[Values]) -> None:
    dated = [{**row, "left": date.fromisoformat(row["left"]) if row.get("left") else ""} for row in rows]
    replace_tables(document, "person", "account_id", dated, PEOPLE_COLUMNS)


def _map(columns: tuple[str, str], path: tuple[str, ...], read: Callable[[Connection], Mapping[str, str]]) -> Sheet:
    """A sheet of pairs."""
    one, other = columns

    def put(document: TOMLDocument, rows: Sequence[Values]) -> None:
        replace_map(document, path, {row[one]: row[other] for row in rows})

    def rows(connection: Connection) -> list[dict[str, str]]:
        return [{one: key, other: value} for key, value in read(connection).items()]

    return Sheet(columns, columns, rows, put)


SHEETS: Mapping[str, Sheet] = {
    "people": Sheet(PEOPLE_COLUMNS, ("account_id", "name"), _people, _put_people),
    "entities": _map(
        ("entity", "jira_project"),
        ("jira", "orders", "projects_by_entity"),
        lambda connection: connection.jira.orders.projects_by_entity,
    ),
    "types": _map(
        ("project_type", "issue_type"), ("jira", "projects", "types"), lambda connection: connection.jira.projects.types
    ),
    "statuses": _map(
        ("project_status", "issue_status"),
        ("jira", "projects", "statuses"),
        lambda connection: connection.jira.projects.statuses,
    ),
}
"""The lists that are kept in spreadsheets, by name."""


def exported(sheet: Sheet, connection: Connection) -> str:
    """The list as CSV, in the order of the file. No cell can be taken for a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(sheet.columns)
    for row in sheet.rows(connection):
        writer.writerow([guarded(row[column]) for column in sheet.columns])
    return file.getvalue()


def imported(sheet: Sheet, file: Path, text: str) -> str:
    """The text of a connection file with a list from a CSV in place of its own. Raises InvalidSettings by row."""
    seen: dict[str, int] = {}

    def read(row: SheetRow) -> dict[str, str]:
        values = {column: meant(row[column]) for column in sheet.columns}
        key = values[sheet.columns[0]]
        if key in seen:
            raise BadCell(sheet.columns[0], f"is the same as on line {seen[key]}", "Keep one row for each.")
        seen[key] = row.line
        _check_day(values)
        return values

    optional = [column for column in sheet.columns if column not in sheet.needed]
    rows = read_sheet(file, read, needed=sheet.needed, optional=optional)
    return edited(text, lambda document: sheet.put(document, rows))


def _check_day(values: Mapping[str, str]) -> None:
    try:
        date.fromisoformat(values.get("left") or "2026-01-01")
    except ValueError:
        raise BadCell("left", "is no day", "Write it as 2026-01-31.") from None
