"""What the vendors offer: discover."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ml_connector.bootstrap import Installation
from ml_connector.cli.app import AsJson, Directory, Name, installation, out, print_json, say, telling
from ml_connector.engine import discovery
from ml_connector.engine.discovery import CLOUDSUITE, JIRA, Document
from ml_connector.errors import Refused
from ml_connector.policy import issue_mapping
from ml_connector.web.tables import snapshot_view

HERE = Path()


@telling
def discover(
    directory: Directory = HERE,
    connection: Name = "",
    vendor: Annotated[str, typer.Option(help="Only this one: jira or cloudsuite.")] = "",
    project: Annotated[
        list[str] | None,
        typer.Option(help="Key of a Jira project to read whole, may be repeated; else the mapped ones."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Show what was last read, and ask nobody.")] = False,
    json_: AsJson = False,
) -> None:
    """Read what both vendors offer to choose from, and keep it, writing nothing to them: projects, issue types, fields
    with their options, people and statuses of Jira; entities, accounts, cost centers, projects and periods of
    CloudSuite.

    Example: ml-connector discover --vendor jira --project PROC --json
    """
    if vendor not in ("", JIRA, CLOUDSUITE):
        raise Refused(f"There is no vendor {vendor}.", remedy=f"Name {JIRA} or {CLOUDSUITE}, or none for both.")
    installed = installation(directory)
    chosen = installed.choose(connection)
    if not offline:
        for each in (vendor,) if vendor else (JIRA, CLOUDSUITE):
            read(installed, chosen, each, project or [])
    found = {name: each for name, each in discovery.kept(installed.database, chosen).items() if vendor in ("", name)}
    if not found:
        raise Refused("Nothing was discovered yet.", remedy="Run `ml-connector discover` without --offline.")
    if json_:
        print_json(found)
    else:
        out.print(snapshot_view(found))


def read(installed: Installation, connection: str, vendor: str, projects: list[str]) -> None:
    """Read what one vendor offers, and keep it."""
    document = _jira(installed, connection, projects) if vendor == JIRA else _cloudsuite(installed, connection)
    discovery.keep(installed.database, connection, vendor, document, installed.clock)


def _jira(installed: Installation, connection: str, projects: list[str]) -> Document:
    wanted = projects or issue_mapping(installed.connections[connection]).jira_projects
    return discovery.discover_jira(installed.jira_of(connection), wanted, say)


def _cloudsuite(installed: Installation, connection: str) -> Document:
    entities = installed.connections[connection].cloudsuite.entities
    return discovery.discover_cloudsuite(installed.erp_of(connection), entities, installed.clock.now(), say)
