"""Closing a period: reconcile."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ml_connector.cli.app import PERIOD, AsJson, Directory, Name, err, installation, out, print_json, say, telling
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
        _write(csv, differences_csv(document))
    if html is not None:
        _write(html, reconciliation_page(document))
    if json_:
        print_json(document)
    else:
        out.print(reconciliation_view(document))
    if not document["agrees"]:
        raise typer.Exit(DIFFERS)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.", remedy="Name another file.") from None
    err.print(f"Written: {path}", markup=False)
