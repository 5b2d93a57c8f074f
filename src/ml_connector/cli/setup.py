"""Setting up: connect, check, people, db."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from ml_connector import bootstrap, credentials
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
    say,
    telling,
    write_file,
)
from ml_connector.clock import SystemClock
from ml_connector.engine.checkup import check as run_checks
from ml_connector.engine.unmatched import queue
from ml_connector.errors import Refused
from ml_connector.jira.grants import App
from ml_connector.policy import cost_policy
from ml_connector.store import audit, principals
from ml_connector.store.principals import Principal
from ml_connector.web.checkup import checks_document, checks_page, checks_view
from ml_connector.web.tables import unmatched_table

HERE = Path()
FAILED = 1
TOKEN_VARIABLE = "JIRA_API_TOKEN"  # noqa: S105 - the name of a variable, not a secret

PERSONAL_VARIABLE = "JIRA_PERSONAL_TOKEN"
SECRET_VARIABLE = "JIRA_CLIENT_SECRET"  # noqa: S105 - the same

Expires = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Last day of the credentials, to be told a month before; else a year."),
]

people_app = typer.Typer(help="Principals who may approve plans and see rates.", no_args_is_help=True)
connect_app = typer.Typer(help="Test credentials and store them, encrypted.", no_args_is_help=True)
db_app = typer.Typer(help="The database.", no_args_is_help=True)


@connect_app.command("cloudsuite")
@telling
def connect_cloudsuite(
    ionapi: Annotated[Path, typer.Option(help="The .ionapi file of a backend service, as downloaded.")],
    directory: Directory = HERE,
    connection: Name = "",
) -> None:
    """Read an .ionapi file, sign in with it, and store it encrypted. The file is not needed afterwards.

    Example: ml-connector connect cloudsuite --ionapi ~/Downloads/ml-connector.ionapi
    """
    installed = installation(directory)
    chosen = installed.choose(connection)
    shown = credentials.connect_cloudsuite(installed, chosen, ionapi)
    out.print(f"CloudSuite answers for connection {chosen}: {shown}. Credentials stored.")


@connect_app.command("jira")
@telling
def connect_jira(
    email: Annotated[str, typer.Option(help="E-mail of the integration user.")],
    token_variable: Annotated[
        str, typer.Option(help="Environment variable that holds the API token.")
    ] = TOKEN_VARIABLE,
    scoped: Annotated[bool, typer.Option("--scoped", help="The token was made with scopes.")] = False,
    expires: Expires = None,
    directory: Directory = HERE,
    connection: Name = "",
) -> None:
    """Sign in to Jira with an API token, and store it encrypted. The token is asked for where no variable holds it.

    Example: JIRA_API_TOKEN=… ml-connector connect jira --email integration@example.com
    """
    installed = installation(directory)
    chosen = installed.choose(connection)
    token = os.environ.get(token_variable) or typer.prompt("API token", hide_input=True)
    _print_connected(credentials.connect_token(installed, chosen, email, token, scoped=scoped, expires=_day(expires)))


@connect_app.command("jira-pat")
@telling
def connect_jira_pat(
    token_variable: Annotated[str, typer.Option(help="Environment variable that holds the token.")] = PERSONAL_VARIABLE,
    expires: Expires = None,
    directory: Directory = HERE,
    connection: Name = "",
) -> None:
    """Sign in to Jira Data Center with a personal access token, and store it encrypted. It is asked for otherwise.

    Example: JIRA_PERSONAL_TOKEN=… ml-connector connect jira-pat
    """
    installed = installation(directory)
    chosen = installed.choose(connection)
    token = os.environ.get(token_variable) or typer.prompt("Personal access token", hide_input=True)
    _print_connected(credentials.connect_personal(installed, chosen, token, _day(expires)))


@connect_app.command("jira-service")
@telling
def connect_jira_service(
    client_id: Annotated[str, typer.Option(help="Client id of the service account's OAuth credentials.")],
    secret_variable: Annotated[
        str, typer.Option(help="Environment variable that holds the client secret.")
    ] = SECRET_VARIABLE,
    expires: Expires = None,
    directory: Directory = HERE,
    connection: Name = "",
) -> None:
    """Sign in to Jira as a service account with OAuth credentials of its own, and store them encrypted.

    Example: JIRA_CLIENT_SECRET=… ml-connector connect jira-service --client-id ID
    """
    installed = installation(directory)
    chosen = installed.choose(connection)
    _print_connected(credentials.connect_service(installed, chosen, _app(client_id, secret_variable), _day(expires)))


@connect_app.command("jira-oauth")
@telling
def connect_jira_oauth(
    client_id: Annotated[str, typer.Option(help="Client id of your OAuth app.")],
    secret_variable: Annotated[
        str, typer.Option(help="Environment variable that holds the client secret.")
    ] = SECRET_VARIABLE,
    public_url: Annotated[
        str, typer.Option(help="Where a browser reaches this service; without it, jira.webhook.public_url.")
    ] = "",
    directory: Directory = HERE,
    connection: Name = "",
) -> None:
    """Print the address where somebody with access to the site agrees; `serve` takes the answer and stores the grant.

    Example: JIRA_CLIENT_SECRET=… ml-connector connect jira-oauth --client-id ID --public-url http://localhost:8080
    """
    installed = installation(directory)
    chosen = installed.choose(connection)
    reached = public_url or installed.connections[chosen].jira.webhook.public_url
    address = credentials.begin(installed, chosen, _app(client_id, secret_variable), reached)
    out.print(f"The app's callback URL must be {reached}{credentials.CALLBACK}, and `ml-connector serve` must run.")
    out.print("Open this address within 15 minutes, sign in, choose the site, and agree:")
    out.print(address, markup=False, soft_wrap=True)


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()


def _app(client_id: str, secret_variable: str) -> App:
    return App(client_id, os.environ.get(secret_variable) or typer.prompt("Client secret", hide_input=True))


def _print_connected(found: credentials.Connected) -> None:
    where = f"Jira answers for connection {found.connection}"
    out.print(f"{where}: signed in as account {found.account}. Credentials stored.")


@telling
def check(
    directory: Directory = HERE,
    connection: Name = "",
    html: Annotated[Path | None, typer.Option(help="Also write the list as a page that prints.")] = None,
    json_: AsJson = False,
) -> None:
    """Try every permission, scope, field, screen, account, period, clock and quota of a connection, write nothing to
    either system, and name a fix for each failure.

    Exit code 0 where all is well, 1 where something failed.

    Example: ml-connector check -c acme
    """
    installed = installation(directory)
    chosen = installed.choose(connection)
    lane, observed = installed.watched_lane(chosen, say=say)
    document = checks_document(chosen, run_checks(lane, observed, installed.granted(chosen)), installed.clock.now())
    if html is not None:
        write_file(html, checks_page(document))
    if json_:
        print_json(document)
    else:
        out.print(checks_view(document))
    if not document["ok"]:
        raise typer.Exit(FAILED)


@people_app.command("add")
@telling
def people_add(
    name: Annotated[str, typer.Argument(help="Name of the principal.")],
    role: Annotated[list[str], typer.Option(help=f"A role, may be repeated: {', '.join(sorted(principals.ROLES))}.")],
    account_id: Annotated[
        str, typer.Option(help="Their own Jira account, so that they cannot approve own hours.")
    ] = "",
    directory: Directory = HERE,
) -> None:
    """Add a principal and print their token, once.

    Example: ml-connector people add controller --role approver --role rates
    """
    unknown = sorted(set(role) - set(principals.ROLES))
    if unknown:
        raise Refused(
            f"There is no role {', '.join(unknown)}.", remedy=f"Roles: {', '.join(sorted(principals.ROLES))}."
        )
    installed = installation(directory)
    with installed.database.begin() as tx:
        token = principals.add(tx, Principal(name, frozenset(role), account_id))
        audit.append(tx, SystemClock().now(), "local", "principal_added", name, {"roles": sorted(role)})
    out.print(f"Principal {name} added. Their token, shown only now:")
    out.print(token, soft_wrap=True)


@people_app.command("list")
@telling
def people_list(directory: Directory = HERE, json_: AsJson = False) -> None:
    """List the principals and their roles.

    Example: ml-connector people list
    """
    with installation(directory).database.read() as tx:
        found = [
            {"name": who.name, "roles": sorted(who.roles), "account_id": who.account_id}
            for who in principals.listing(tx)
        ]
    if json_:
        print_json(found)
        return
    for item in found:
        out.print(f"{item['name']}: {', '.join(item['roles'])}")


@people_app.command("unmatched")
@telling
def people_unmatched(directory: Directory = HERE, connection: Name = "", as_: As = "", json_: AsJson = False) -> None:
    """List the Jira accounts that log hours on orders and are no person of the connection, with money and age.

    Names are those of the last `discover`. Money shows only to a principal with the rates role.

    Example: ml-connector people unmatched --as controller
    """
    installed = installation(directory)
    chosen = installed.choose(connection)
    who = principal(installed, as_)
    found = queue(installed.database, chosen, cost_policy(installed.connections[chosen]))
    if not may_see_rates(who):
        found = [{**each, "costed_at_default": {}, "held_at_most": {}} for each in found]
    if json_:
        print_json(found)
    else:
        out.print(unmatched_table(found))


@db_app.command("upgrade")
@telling
def db_upgrade(directory: Directory = HERE) -> None:
    """Bring the database to the version of this program. Take a copy of it first.

    Example: ml-connector db upgrade
    """
    bootstrap.upgrade_database(directory)
    out.print("The database is current.")
