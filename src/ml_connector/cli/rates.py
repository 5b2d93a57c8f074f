"""Rates: listing them, and taking them in from a CSV file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ml_connector.bootstrap import Installation
from ml_connector.cli.app import (
    As,
    AsJson,
    Directory,
    Name,
    installation,
    may_see_rates,
    out,
    principal,
    print_json,
    telling,
)
from ml_connector.core.document import Document
from ml_connector.core.rates import PRECEDENCE, Rate
from ml_connector.errors import Refused
from ml_connector.policy import rates_of, slips
from ml_connector.settings import InvalidSettings, load_sheet, load_with_sheet, sheet_text
from ml_connector.settings.editing import HIDDEN
from ml_connector.settings.rate_sheet import RateSheet, added, problems_of_addition
from ml_connector.settings.replacing import replaced
from ml_connector.store import audit
from ml_connector.store.principals import Principal

HERE = Path()
DAY = ["%Y-%m-%d"]
FILE_MODE = 0o600

rates_app = typer.Typer(help="Rates: what an hour costs.", no_args_is_help=True)


@rates_app.command("list")
@telling
def rates_list(
    directory: Directory = HERE,
    connection: Name = "",
    on: Annotated[datetime | None, typer.Option(formats=DAY, help="Only what counts for work of this day.")] = None,
    known: Annotated[datetime | None, typer.Option(formats=DAY, help="Only what was known on this day.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, which `rates import` takes.")] = False,
    as_: As = "",
    json_: AsJson = False,
) -> None:
    """List the rates of a connection, those of its file and those of its CSV file, the most particular first.

    Amounts show only to a principal with the rates role.

    Example: MLC_TOKEN=… ml-connector rates list --on 2026-11-01 --as controller
    """
    installed = installation(directory)
    allowed = may_see_rates(principal(installed, as_))
    settings = installed.connections[installed.choose(connection)]
    if csv:
        _require(allowed, "CSV holds amounts.")
        typer.echo(sheet_text(settings.rate), nl=False)
        return
    rates = [
        rate
        for rate in rates_of(settings)
        if (on is None or rate.effective <= on.date()) and (known is None or rate.is_known(known.date()))
    ]
    if on is not None:
        rates = _in_force(rates)
    rows = [_row(rate, allowed=allowed) for rate in sorted(rates, key=_order)]
    if json_:
        print_json(rows)
    else:
        out.print(_table(rows))


def _in_force(rates: list[Rate]) -> list[Rate]:
    """Of each scope and currency the one rate that counts."""
    newest: dict[tuple[str, ...], Rate] = {}
    for rate in sorted(rates, key=lambda rate: rate.newest):
        newest[rate.person, rate.role, rate.project, rate.cost_center, rate.currency] = rate
    return list(newest.values())


def _order(rate: Rate) -> tuple[object, ...]:
    ranks = {scope: place for place, scope in enumerate(PRECEDENCE)}
    return ranks[rate.scope], rate.person, rate.role, rate.project, rate.cost_center, rate.currency, rate.newest


def _row(rate: Rate, *, allowed: bool) -> Document:
    return {
        "scope": rate.rule,
        "person": rate.person,
        "role": rate.role,
        "project": rate.project,
        "cost_center": rate.cost_center,
        "amount": format(rate.amount, "f") if allowed else HIDDEN,
        "currency": rate.currency,
        "from": rate.effective.isoformat(),
        "known_since": None if rate.known_since is None else rate.known_since.isoformat(),
    }


def _table(rows: list[Document]) -> Table:
    table = Table(title=f"Rates: {len(rows)}", title_justify="left")
    for name in ("Scope", "For", "From", "Known since"):
        table.add_column(name, overflow="fold")
    table.add_column("Amount", justify="right", no_wrap=True)
    for row in rows:
        whom = " ".join(str(row[name]) for name in ("person", "role", "project", "cost_center") if row[name])
        cells = (row["scope"], whom or "everybody", row["from"], row["known_since"] or "always")
        table.add_row(*(Text(str(cell)) for cell in cells), f"{row['amount']} {row['currency']}")
    return table


@rates_app.command("import")
@telling
def rates_import(
    file: Annotated[Path, typer.Argument(help="CSV file with the columns of a rate: see `rates list --csv`.")],
    as_: As,
    directory: Directory = HERE,
    connection: Name = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Let it take the place of all rates in the connection's CSV file.")
    ] = False,
    json_: AsJson = False,
) -> None:
    """Add the rates of a CSV file to those beside the connection file (`rates_file`), or none of them.

    Every line that is wrong is named. What is there already is left alone; a correction of it is a line of its own with
    the day since when it is known. Posted hours change by `recost` alone.

    Example: MLC_TOKEN=… ml-connector rates import raised-2027.csv --as controller
    """
    installed = installation(directory)
    who = principal(installed, as_)
    _require(may_see_rates(who), "Rates are taken in by those who may see them.")
    assert who is not None
    chosen = installed.choose(connection)
    settings = installed.connections[chosen]
    target = installed.home.connection_file(chosen).with_name(settings.rates_file or f"{chosen}-rates.csv")
    counts = _take_in(installed, chosen, target, file, who, whole=replace)
    if json_:
        print_json({"file": str(target), **counts})
    else:
        out.print(f"{counts['added']} rates added, {counts['removed']} taken out; {counts['rates']} in {target.name}.")
        if not settings.rates_file:
            out.print(f'They count once the connection file says so: rates_file = "{target.name}"')
        out.print("Hours that are posted cost what they did: `ml-connector recost` shows what would change.")


def _take_in(
    installed: Installation, name: str, target: Path, file: Path, who: Principal, *, whole: bool
) -> dict[str, int]:
    """Check what the connection would be, and only then put the file in the place of the old one."""
    sheet, present = load_sheet(file), load_sheet(target) or RateSheet(str(target))
    if sheet is None:
        raise Refused(f"There is no file {file}.", remedy="Check the name.")
    problems = (*sheet.problems, *(() if whole else problems_of_addition(present, sheet)))
    if problems:
        raise InvalidSettings(problems)
    connection_file = installed.home.connection_file(name)
    together = sheet if whole else added(present, sheet)
    loaded = load_with_sheet(connection_file, together, check=slips)
    text = sheet_text(loaded.rate[len(loaded.rate) - len(together.rates) :])
    replaced(target, text, FILE_MODE)
    before = {tuple(sorted(map(str, rate.items()))) for rate in present.rates}
    after = {tuple(sorted(map(str, rate.items()))) for rate in together.rates}
    counts = {"added": len(after - before), "removed": len(before - after), "rates": len(together.rates)}
    with installed.database.begin() as tx:
        audit.append(tx, installed.clock.now(), who.name, "rates_imported", f"{name} {target.name}", counts)
    return counts


def _require(allowed: bool, why: str) -> None:
    if not allowed:
        raise Refused(why, remedy="Ask a person with the rates role, and name them with --as.")
