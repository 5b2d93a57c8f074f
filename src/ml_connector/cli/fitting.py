"""Whether both systems fit: the fit report."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from ml_connector.cli.app import AsJson, Directory, Name, err, installation, out, print_json, telling, write_file
from ml_connector.cli.work import lane_of
from ml_connector.core.distributions import WHOLE_PERCENT
from ml_connector.engine.fit import find_fit
from ml_connector.engine.run import recorded
from ml_connector.errors import Refused
from ml_connector.policy import currency_digits
from ml_connector.web.fit import fit_document, fit_page, fit_view

HERE = Path()
UNFIT = 1


@telling
def fit(
    directory: Directory = HERE,
    connection: Name = "",
    gate: Annotated[
        str,
        typer.Option(help="Percent that may be unmapped, of the records and of the money; more ends with exit code 1."),
    ] = "",
    html: Annotated[Path | None, typer.Option(help="Also write the report as a page that prints.")] = None,
    json_: AsJson = False,
) -> None:
    """Read both systems and report what maps, what does not and how much money that is. Writes to neither.

    Exit code 0; with --gate, 1 where more is unmapped than that.

    Example: ml-connector fit -c acme --html fit.html --gate 2.5
    """
    allowed = _percent(gate) if gate else None
    lane = lane_of(installation(directory), connection, quiet=json_)
    found = recorded(lane, lambda: find_fit(lane))
    document = fit_document(found, lane.name, lane.clock.now(), currency_digits)
    if html is not None:
        write_file(html, fit_page(document))
    if json_:
        print_json(document)
    else:
        out.print(fit_view(document))
    if allowed is not None and not found.covers(allowed):
        err.print(f"More than {gate} % of something is unmapped.", style="bold red", markup=False)
        raise typer.Exit(UNFIT)


def _percent(text: str) -> Fraction:
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(-1)
    if not 0 <= value <= WHOLE_PERCENT:
        raise Refused("--gate takes a percentage from 0 to 100.", remedy="For example `--gate 2.5`.")
    return value
