"""The command line: one function a command, each with an example, JSON for machines and an exit code that tells."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from ml_connector.cli.app import log_to_stderr
from ml_connector.cli.shelf import Program

app = typer.Typer(
    name="ml-connector",
    cls=Program,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"ml-connector {version('ml-connector')}")
        raise typer.Exit


@app.callback()
def program(
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Keeps Infor CloudSuite and Jira in step, and is right about money.

    New here? `ml-connector demo` needs nothing; `ml-connector init --guided` connects your own systems.
    """


def main() -> None:
    """Run the command line."""
    if sys.argv[1:2] and not sys.argv[1].startswith("-"):
        log_to_stderr()  # help and version log nothing, and do not wait for what logs
    app()
