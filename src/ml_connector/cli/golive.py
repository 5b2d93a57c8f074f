"""Going live: what finance posted itself, what orders carried before, and a parallel run."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from ml_connector.cli.app import PERIOD, As, AsJson, Directory, Name, installation, out, principal, print_json, telling
from ml_connector.cli.work import LOCAL, lane_of
from ml_connector.core.document import Document, coding_document, finding_document
from ml_connector.core.labor import hours_text
from ml_connector.core.money import Money, text_from_money
from ml_connector.core.parallel import Compared, Planned, compared, totals
from ml_connector.core.records import Coding
from ml_connector.engine import golive, golive_sheets
from ml_connector.engine.run import recorded
from ml_connector.errors import Refused
from ml_connector.policy import currency_digits
from ml_connector.store import hand_postings, opening_balances
from ml_connector.web.parallel import parallel_view

HERE = Path()
DIFFERS = 1

golive_app = typer.Typer(help="Going live without posting anything twice.", no_args_is_help=True)

Sheet = Annotated[Path, typer.Argument(help="A CSV file with a header line.")]


@golive_app.command("by-hand")
@telling
def by_hand(
    file: Sheet, directory: Directory = HERE, connection: Name = "", as_: As = "", json_: AsJson = False
) -> None:
    """Import what finance has posted itself since the cut-over date, so that it is never posted a second time.

    Columns: `reference` (finance's own), and `worklog`, or `issue`, `person` and `day`; `hours`, where given, must be
    those that are logged. Either every row is right, or nothing is kept. Hours that change later are told of.

    Example: ml-connector golive by-hand november.csv
    """
    installed = installation(directory)
    who = principal(installed, as_)
    lane = lane_of(installed, connection, quiet=json_)

    def work() -> int:
        known = golive.entries(lane)
        posted = golive_sheets.by_hand(file, known, lane.policy.cost.people)
        return golive.import_by_hand(lane, posted, known, who.name if who else LOCAL)

    count = recorded(lane, work)
    if json_:
        print_json({"worklogs": count})
    else:
        out.print(f"{count} worklogs count as posted by hand, and are never posted by ml-connector.")


@golive_app.command("forget")
@telling
def forget(
    worklogs: Annotated[list[str], typer.Argument(help="Ids of worklogs that were imported by mistake.")],
    directory: Directory = HERE,
    connection: Name = "",
    as_: As = "",
) -> None:
    """Let worklogs be costed by ml-connector after all: finance did not post them, or took its posting back.

    Example: ml-connector golive forget 10066 10067
    """
    installed = installation(directory)
    who = principal(installed, as_)
    lane = lane_of(installed, connection, quiet=False)
    count = recorded(lane, lambda: golive.give_back(lane, worklogs, who.name if who else LOCAL))
    out.print(f"{count} worklogs are costed with the next run." if count else "None of them was posted by hand.")


@golive_app.command("opening")
@telling
def opening(
    file: Sheet, directory: Directory = HERE, connection: Name = "", as_: As = "", json_: AsJson = False
) -> None:
    """Import the labor that orders carried before the cut-over date: it uses up what they authorize.

    Columns: `order` (as `budget` names it), `amount`, `as_of`, and perhaps `project`, `currency`, `hours`. The file
    takes the place of what was imported before.

    Example: ml-connector golive opening balances.csv
    """
    installed = installation(directory)
    who = principal(installed, as_)
    lane = lane_of(installed, connection, quiet=json_)

    def work() -> int:
        balances = golive_sheets.opening(file, golive.orders(lane), currency_digits)
        return golive.import_opening(lane, balances, who.name if who else LOCAL)

    count = recorded(lane, work)
    if json_:
        print_json({"orders": count})
    else:
        out.print(f"{count} opening balances are in force; see `ml-connector budget`.")


@golive_app.command("show")
@telling
def show(directory: Directory = HERE, connection: Name = "", json_: AsJson = False) -> None:
    """List what was imported: worklogs posted by hand, and opening balances.

    Example: ml-connector golive show --json
    """
    installed = installation(directory)
    chosen = installed.choose(connection)
    with installed.database.read() as tx:
        by_hand_rows = hand_postings.everything(tx, chosen)
        balances = opening_balances.everything(tx, chosen)
    document = {
        "by_hand": [{"worklog": each.worklog_id, "reference": each.reference} for each in by_hand_rows],
        "opening": [
            {
                "order": each.order,
                "project": each.project,
                "amount": text_from_money(each.amount, currency_digits(each.amount.currency)),
                "currency": each.amount.currency,
                "hours": hours_text(each.seconds),
                "as_of": each.as_of.isoformat(),
            }
            for each in balances
        ],
    }
    if json_:
        print_json(document)
        return
    out.print(f"{len(by_hand_rows)} worklogs were posted by hand.")
    for row in document["opening"]:
        amount = f"{row['amount']} {row['currency']}, {row['hours']} h"
        out.print(f"{row['order']} {row['project']}: {amount} as of {row['as_of']}", markup=False)


@golive_app.command("compare")
@telling
def compare(
    file: Sheet,
    period: Annotated[str, typer.Option(help="The month that finance posted.", metavar="YYYY-MM")],
    directory: Directory = HERE,
    connection: Name = "",
    json_: AsJson = False,
) -> None:
    """A parallel run: hold what ml-connector would have posted for a month against what finance posted. Writes nothing.

    Columns: `entity`, `account`, `currency`, `amount`, and perhaps `cost_center` and `project`. Hours are costed by
    today's settings, whatever the cut-over date is, from what was read last. Exit code 0 where both agree to the cent.

    Example: ml-connector golive compare october.csv --period 2026-10
    """
    if not PERIOD.fullmatch(period):
        raise Refused(f"{period!r} is no month.", remedy="Write it as YYYY-MM, for example 2026-10.")
    first = date.fromisoformat(f"{period}-01")
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    installed = installation(directory)
    lane = installed.lane(connection)
    theirs = golive_sheets.finance(file, currency_digits)
    ours = golive.parallel(lane, first, lambda _entity, day: first <= day <= last)
    rows = compared(ours.amounts, theirs)
    document = {"period": period, "as_of": installed.last_read(lane.name), **comparison_document(ours, rows)}
    if json_:
        print_json(document)
    else:
        out.print(parallel_view(document))
        out.print("Nothing was written to either vendor.")
    if any(row.difference for row in rows):
        raise typer.Exit(DIFFERS)


def comparison_document(ours: Planned, rows: tuple[Compared, ...]) -> Document:
    """Both sides and their difference, as decimal text."""
    return {
        "worklogs": ours.worklogs,
        "hours": hours_text(ours.seconds),
        "accounts": [_row(row) for row in rows],
        "totals": [
            {"currency": currency, **_amounts(currency, mine, others)}
            for currency, (mine, others) in sorted(totals(rows).items())
        ],
        "held": [finding_document(finding, currency_digits) for finding in ours.held],
        "agrees": not any(row.difference for row in rows),
    }


def _row(row: Compared) -> Document:
    where = row.where
    coding = Coding(where.entity, where.account, where.cost_center, where.project)
    return {**coding_document(coding), "currency": where.currency, **_amounts(where.currency, row.ours, row.theirs)}


def _amounts(currency: str, ours: int, theirs: int) -> Document:
    places = currency_digits(currency)
    figures = {"ours": ours, "finance": theirs, "difference": ours - theirs}
    return {name: text_from_money(Money(minor, currency), places) for name, minor in figures.items()}
