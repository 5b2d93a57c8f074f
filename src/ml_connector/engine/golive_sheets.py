"""The sheets that finance hands over at go-live: what it posted itself, what orders carried, what to compare with.

Each row is held against what we have read; all that are wrong are named with their lines, and then nothing is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from ml_connector.core.hours import SECONDS_PER_HOUR
from ml_connector.core.money import Digits, Money, decimal_from_text, money_from_text
from ml_connector.core.parallel import Account
from ml_connector.core.records import Person, PurchaseOrder
from ml_connector.engine.golive import Entry
from ml_connector.settings.sheets import BadCell, SheetRow, read_sheet
from ml_connector.store.opening_balances import OpeningBalance

BY_HAND = ("reference",), ("worklog", "issue", "person", "day", "hours")
OPENING = ("order", "amount", "as_of"), ("project", "currency", "hours")
FINANCE = ("entity", "account", "currency", "amount"), ("cost_center", "project")


def by_hand(file: Path, known: Sequence[Entry], people: Mapping[str, Person]) -> dict[str, str]:
    """Worklogs and finance's own references. A row names a worklog, or an issue, a person and a day: all entries that
    the person logged there on that day. Where it tells hours, they must be theirs. Raises InvalidSettings.
    """
    of_ids = {entry.held.worklog.id: entry for entry in known}
    accounts = _accounts(people)
    seen: dict[str, int] = {}

    def read(row: SheetRow) -> dict[str, str]:
        meant = _by_id(row, of_ids) if row["worklog"] else _by_day(row, known, accounts)
        for entry in meant:
            _check(entry, seen)
        _check_hours(row, meant)
        seen.update({entry.held.worklog.id: row.line for entry in meant})
        return {entry.held.worklog.id: row["reference"] for entry in meant}

    rows = read_sheet(file, read, needed=BY_HAND[0], optional=BY_HAND[1])
    return {worklog: reference for row in rows for worklog, reference in row.items()}


def _accounts(people: Mapping[str, Person]) -> dict[str, str]:
    """Jira accounts by everything that finance may call a person: account id, employee number, name."""
    named = Counter(person.name.casefold() for person in people.values())
    found: dict[str, str] = {}
    for account, person in people.items():
        for name in (account, person.employee, person.name):
            if name and (name != person.name or named[name.casefold()] == 1):
                found[name.casefold()] = account
    return found


def _by_id(row: SheetRow, of_ids: Mapping[str, Entry]) -> list[Entry]:
    entry = of_ids.get(row["worklog"])
    if entry is None:
        raise BadCell("worklog", "is no entry that we have read", "Run `ml-connector sync` first, or correct the id.")
    return [entry]


def _by_day(row: SheetRow, known: Sequence[Entry], accounts: Mapping[str, str]) -> list[Entry]:
    if not (row["issue"] and row["person"] and row["day"]):
        raise BadCell("worklog", "is empty", "Name a worklog, or an issue, a person and a day.")
    account = accounts.get(row["person"].casefold())
    if account is None:
        remedy = "Write the account id, the employee number, or a name that one [[person]] alone has."
        raise BadCell("person", "is no [[person]] of the connection", remedy)
    wanted = (row["issue"].upper(), account, _day(row, "day"))
    found = [entry for entry in known if (entry.issue_key, entry.held.worklog.author, entry.day) == wanted]
    if not found:
        raise BadCell(
            "issue", "has no hours of this person on this day", "Correct the row, or run `ml-connector sync`."
        )
    return found


def _check(entry: Entry, seen: Mapping[str, int]) -> None:
    worklog = entry.held.worklog.id
    if worklog in seen:
        raise BadCell("worklog", f"worklog {worklog} is named by line {seen[worklog]} already", "Take one row out.")
    if entry.posted_by_us:
        remedy = "Undo it first with `ml-connector undo`, or take the row out."
        raise BadCell("worklog", f"worklog {worklog} was posted by ml-connector", remedy)
    if not entry.order:
        remedy = "Nothing would be posted for it: take the row out."
        raise BadCell("worklog", f"worklog {worklog} is on no purchase order", remedy)


def _check_hours(row: SheetRow, meant: Sequence[Entry]) -> None:
    if not row["hours"]:
        return
    logged = sum(entry.held.worklog.seconds for entry in meant)
    if _decimal(row, "hours") * SECONDS_PER_HOUR != logged:
        remedy = "Correct the hours in Jira or in the sheet, so that both say the same."
        raise BadCell("hours", f"differ from the {Decimal(logged) / SECONDS_PER_HOUR:f} that are logged", remedy)


def opening(file: Path, orders: Mapping[str, PurchaseOrder], digits: Digits) -> tuple[OpeningBalance, ...]:
    """Labor that orders carried before go-live. Without a project, that of the order where it has a single one.

    Raises InvalidSettings.
    """
    seen: dict[tuple[str, str], int] = {}

    def read(row: SheetRow) -> OpeningBalance:
        order = orders.get(row["order"])
        if order is None:
            remedy = "Write it as `ml-connector budget` does, company first; run `ml-connector sync` before."
            raise BadCell("order", "is no purchase order that we have read", remedy)
        if row["currency"] and row["currency"].upper() != order.currency:
            raise BadCell("currency", f"is not the order's, {order.currency}", "Convert the amount.")
        project = row["project"] or _only_project(order)
        if (order.key, project) in seen:
            line = seen[order.key, project]
            raise BadCell("order", f"stands on line {line} already, with this project", "Add the rows up.")
        seen[order.key, project] = row.line
        amount = _money(row, order.currency, digits)
        seconds = _decimal(row, "hours") * SECONDS_PER_HOUR if row["hours"] else Decimal(0)
        if seconds != int(seconds):
            raise BadCell("hours", "are no whole number of seconds", "Write hours with at most two decimals.")
        return OpeningBalance(order.key, project, amount, int(seconds), _day(row, "as_of"))

    return read_sheet(file, read, needed=OPENING[0], optional=OPENING[1])


def _only_project(order: PurchaseOrder) -> str:
    projects = {part.coding.project for line in order.lines for part in line.distributions}
    return projects.pop() if len(projects) == 1 else ""


def finance(file: Path, digits: Digits) -> dict[Account, int]:
    """What finance posted, by account, in minor units; rows of one account are added up. Raises InvalidSettings."""

    def read(row: SheetRow) -> tuple[Account, int]:
        currency = row["currency"].upper()
        where = Account(row["entity"], row["account"], row["cost_center"], row["project"], currency)
        return where, _money(row, currency, digits).minor

    sums: Counter[Account] = Counter()
    for where, minor in read_sheet(file, read, needed=FINANCE[0], optional=FINANCE[1]):
        sums[where] += minor
    return dict(sums)


def _money(row: SheetRow, currency: str, digits: Digits) -> Money:
    try:
        places = digits(currency)
    except ValueError:
        raise BadCell("currency", "is not an ISO 4217 currency", "Write its three letters, like EUR.") from None
    try:
        return money_from_text(row["amount"], currency, places)
    except ValueError:
        what = f"is no amount in {currency}"
        raise BadCell("amount", what, f"Write it like 1340.50, with at most {places} decimals.") from None


def _decimal(row: SheetRow, column: str) -> Decimal:
    try:
        return decimal_from_text(row[column])
    except ValueError:
        raise BadCell(column, "is not a number", "Write it like 7.5.") from None


def _day(row: SheetRow, column: str) -> date:
    try:
        return date.fromisoformat(row[column])
    except ValueError:
        raise BadCell(column, "is not a day", "Write it like 2026-11-30.") from None
