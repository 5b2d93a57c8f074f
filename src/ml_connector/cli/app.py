"""What all commands share: where the installation is, how errors are told, and JSON or tables out.

What is heavy is imported where it is used: `--help` and `--version` load this module, and no database."""

from __future__ import annotations

import functools
import json
import logging
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec, TypeVar

import typer
from rich.console import Console

from ml_connector.errors import (
    Ambiguous,
    ConnectorError,
    Drifted,
    Misconfigured,
    Refused,
    Transient,
    Unauthorized,
)

if TYPE_CHECKING:  # heavy, and only named here
    from ml_connector.bootstrap import Installation
    from ml_connector.store.principals import Principal

LOG_VARIABLE = "MLC_LOG"
TOKEN_VARIABLE = "MLC_TOKEN"  # noqa: S105 - the name of a variable, not a secret

EXIT_CODES: tuple[tuple[type[ConnectorError], int], ...] = (
    (Drifted, 3),
    (Refused, 4),
    (Misconfigured, 2),
    (Unauthorized, 5),
    (Transient, 6),
    (Ambiguous, 6),
)
"""What a script can tell apart: 2 settings, 3 drift, 4 not allowed now, 5 credentials, 6 try later, 1 the rest."""

STOPPED = "Stopped by you. What was begun is in our books: the next run looks before it repeats, and finishes it."
STOPPED_CODE = 130
"""What shells give to whatever Ctrl-C ended."""

Directory = Annotated[
    Path, typer.Option("--dir", envvar="MLC_HOME", help="Directory of the installation.", show_default="here")
]
Name = Annotated[
    str, typer.Option("--connection", "-c", help="Connection to work on; not needed where there is only one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
As = Annotated[str, typer.Option("--as", help=f"Principal to act as; their token is read from {TOKEN_VARIABLE}.")]

PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
"""A month, as commands take it."""

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Params = ParamSpec("Params")
Result = TypeVar("Result")


def telling(command: Callable[Params, Result]) -> Callable[Params, Result]:
    """Tell one of our errors in its own words and end with its exit code. Anything else is a bug and shows itself."""

    @functools.wraps(command)
    def told(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        try:
            return command(*args, **kwargs)
        except ConnectorError as error:
            tell(error)
            raise typer.Exit(exit_code(error)) from None
        except KeyboardInterrupt:
            err.print(STOPPED, soft_wrap=True)
            raise typer.Exit(STOPPED_CODE) from None

    return told


def tell(error: ConnectorError) -> None:
    """What happened, to what, and what to do."""
    from ml_connector.settings import InvalidSettings, render_errors  # noqa: PLC0415 - heavy

    if isinstance(error, InvalidSettings):
        err.print(render_errors(error), markup=False, soft_wrap=True)  # editors jump to file:line
        return
    err.print(error.message, style="bold red", markup=False, soft_wrap=True)
    if isinstance(error, Drifted):
        for change in error.changes:
            err.print(f"  changed: {change}", markup=False)
    if error.remedy:
        err.print(error.remedy, markup=False, soft_wrap=True)


def exit_code(error: ConnectorError) -> int:
    """The exit code of an error."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


def log_to_stderr() -> None:
    """Logs go to standard error, from the level that MLC_LOG names (warning unless set); JSON where nobody watches."""
    import structlog  # noqa: PLC0415 - heavy

    level = logging.getLevelNamesMapping().get(os.environ.get(LOG_VARIABLE, "").upper(), logging.WARNING)
    shown = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), shown],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def installation(directory: Path) -> Installation:
    """The installation of a directory, its database current."""
    from ml_connector import bootstrap  # noqa: PLC0415 - heavy

    return bootstrap.open_installation(directory)


def say(message: str) -> None:
    """Progress, beside the result."""
    err.print(f"· {message}", style="dim", markup=False)


def print_json(document: object) -> None:
    """A document for machines, and nothing else, on standard output."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))


def write_file(path: Path, text: str) -> None:
    """Write a report to a file. Raises Refused where that cannot be done."""
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.", remedy="Name another file.") from None
    err.print(f"Written: {path}", markup=False)


def principal(installed: Installation, name: str) -> Principal | None:
    """The principal to act as, proven by their token; None where none is named."""
    from ml_connector.store import principals  # noqa: PLC0415 - heavy

    if not name:
        return None
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise Refused(f"{TOKEN_VARIABLE} is not set.", remedy=f"Set it to the token that `people add {name}` printed.")
    with installed.database.read() as tx:
        found = principals.by_token(tx, token)
    if found is None or found.name != name:
        raise Refused(f"The token does not belong to {name}.", remedy="Check the name and the token.")
    return found


def may_see_rates(who: Principal | None) -> bool:
    """Rates are for those with the rates permission; without a name nobody has it."""
    return who is not None and "rates" in who.roles
