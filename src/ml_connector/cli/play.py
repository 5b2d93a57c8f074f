"""Playing without vendor accounts: the sandbox, and the demo that tells the whole story on it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from ml_connector.cli.app import AsJson, err, print_json, telling
from ml_connector.demo.screen import Screen
from ml_connector.demo.story import Story, play

DISAGREE = 1


@telling
def sandbox(
    directory: Annotated[Path, typer.Option("--dir", help="Where sandbox.json and sandbox.ionapi are written.")],
    jira_port: Annotated[int, typer.Option(help="Port of the simulated Jira; 0 picks one.")] = 0,
    cloudsuite_port: Annotated[int, typer.Option(help="Port of the simulated CloudSuite; 0 picks one.")] = 0,
    product: Annotated[str, typer.Option(help="Product line of CloudSuite.")] = "fsm",
    jira_deployment: Annotated[str, typer.Option(help="Kind of Jira: cloud or datacenter.")] = "cloud",
    scale: Annotated[int, typer.Option(help="Times 25 purchase orders.", min=1)] = 1,
    tls: Annotated[bool, typer.Option("--tls", help="Serve https, with a generated authority in DIR/ca.pem.")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="No orders and no projects.")] = False,
) -> None:
    """Serve a simulated Jira and a simulated CloudSuite on this machine until stopped.

    Example: ml-connector sandbox --dir sandbox
    """
    from ml_connector_sandbox.serve import serve  # noqa: PLC0415 - the product starts without it

    serve(
        directory,
        jira_port,
        cloudsuite_port,
        product=product,
        jira_deployment=jira_deployment,
        scale=scale,
        tls=tls,
        empty=empty,
    )


@telling
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the story instead of serving it to play with.")
    ] = False,
    json_: AsJson = False,
    product: Annotated[str, typer.Option(help="Product line of CloudSuite.")] = "fsm",
    jira_deployment: Annotated[str, typer.Option(help="Kind of Jira: cloud or datacenter.")] = "cloud",
    directory: Annotated[Path | None, typer.Option("--dir", help="Keep the installation here.")] = None,
) -> None:
    """Tell the whole story on two simulated vendors: orders, issues, hours, cost, approval, posting, corrections.

    The summary's figures come from the vendors' books, not from our own ledger. Exit code 0 where they agree with what
    an independent oracle computes from the logged hours, 1 where they do not.

    Example: ml-connector demo --once --json
    """
    screen = Screen(err, quiet=json_)
    with TemporaryDirectory(prefix="ml-connector-demo-") as scratch:
        story = Story(directory or Path(scratch), product, screen, jira_deployment=jira_deployment)
        summary = play(story, stay=not once)
    if json_:
        print_json(summary)
    if not summary["agrees"]:
        raise typer.Exit(DISAGREE)
