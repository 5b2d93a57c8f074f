"""Closing a period: accrue, reconcile."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ml_connector.cli.app import (
    PERIOD,
    As,
    AsJson,
    Directory,
    Name,
    installation,
    may_see_rates,
    out,
    principal,
    print_json,
    say,
    telling,
    write_file,
)
from ml_connector.cli.work import LOCAL, lane_of, show_plan
from ml_connector.core.document import plan_document
from ml_connector.engine.accrual import accrue as propose_accruals
from ml_connector.engine.reconcile import reconcile as reconcile_lane
from ml_connector.engine.run import recorded
from ml_connector.errors import Refused
from ml_connector.policy import currency_digits
from ml_connector.web.reconciliation import (
    differences_csv,
    reconciliation_document,
    reconciliation_page,
    reconciliation_view,
)

HERE = Path()
DIFFERS = 1


@telling
def accrue(
    period: Annotated[str, typer.Argument(help="Period of the fiscal calendar, or a month as YYYY-MM.")],
    entity: Annotated[list[str] | None, typer.Option(help="Entity, repeatable; all of the connection's.")] = None,
    directory: Directory = HERE,
    connection: Name = "",
    as_: As = "",
    json_: AsJson = False,
) -> None:
    """Show the plan that accrues hours which are not posted yet when a period closes, for a second person to approve.

    Both sides are read first. Accruals return on the first open day after the period by themselves; where the hours
    are posted into the period after all, they are taken back. Run again, it plans what changed since.

    Example: ml-connector accrue 2026-11 --entity 1000
    """
    installed = installation(directory)
    who = principal(installed, as_)
    lane = lane_of(installed, connection, quiet=json_)
    actor = who.name if who else LOCAL
    made = recorded(lane, lambda: propose_accruals(lane, period, entity or (), actor))
    document = plan_document(made, currency_digits, rates=may_see_rates(who))
    show_plan(document, as_json=json_, notice=lane.erp.capabilities.notice)


@telling
def reconcile(
    directory: Directory = HERE,
    connection: Name = "",
    period: Annotated[
        str, typer.Option(help="Posting period as YYYY-MM; all of them where none is named.", metavar="YYYY-MM")
    ] = "",
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the differences to this CSV file.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the tie-out to this page, for printing.")] = None,
    json_: AsJson = False,
) -> None:
    """Tie out three books: Jira's hours as they are now, our own ledger, and the general ledger as read back.

    Every difference has a type, an age, an amount and a remedy. Nothing is written to either vendor.
    Exit code 0 where the books agree, 1 where they do not.

    Example: ml-connector reconcile --period 2026-11 --html 2026-11.html
    """
    if period and not PERIOD.fullmatch(period):
        raise Refused(f"{period!r} is no period.", remedy="Name a month as YYYY-MM, for example 2026-11.")
    installed = installation(directory)
    lane = installed.lane(connection, say=(lambda _message: None) if json_ else say)
    document = reconciliation_document(recorded(lane, lambda: reconcile_lane(lane, period)), currency_digits)
    if csv is not None:
        write_file(csv, differences_csv(document))
    if html is not None:
        write_file(html, reconciliation_page(document))
    if json_:
        print_json(document)
    else:
        out.print(reconciliation_view(document))
    if not document["agrees"]:
        raise typer.Exit(DIFFERS)
