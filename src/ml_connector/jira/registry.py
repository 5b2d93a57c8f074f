"""The Jira deployments that have an adapter, and the ways to sign in. One line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from ml_connector.clock import Clock
from ml_connector.core.webhooks import WebhookKind
from ml_connector.errors import Misconfigured
from ml_connector.jira.authentication import ApiToken, PersonalToken, StandingSession, known_by_name
from ml_connector.jira.cloud import JiraCloud
from ml_connector.jira.datacenter import JiraDataCenter
from ml_connector.jira.grants import App, Grant, GrantSession, Keeper
from ml_connector.jira.limits import ISSUE_WRITES
from ml_connector.jira.port import Jira, Webhooks
from ml_connector.jira.service_accounts import ServiceAccount
from ml_connector.jira.subscriptions import AdminWebhooks, DynamicWebhooks
from ml_connector.settings.connection import Connection
from ml_connector.wire import Send

Secret = Mapping[str, str]
Factory = Callable[[Send, Connection], Jira]
Window = tuple[int, timedelta]
SignIn = Callable[[Send, Connection, Secret, Clock, Keeper], Send]

CLOUD, DATACENTER = "cloud", "datacenter"
API_TOKEN, SCOPED_TOKEN, SERVICE, OAUTH = "api_token", "scoped_token", "service", "oauth"
PERSONAL_TOKEN, DATACENTER_SERVICE = "personal_token", "datacenter_service"
"""Ways to sign in, as the secret's `kind` names them; a secret without one holds an API token."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to sign in: to which deployment, by which command, what a secret of it holds, how it is used, what it is
    called, what it loses, and how long it lives at most, where that is known.
    """

    deployment: str
    command: str
    needed: tuple[str, ...]
    open: SignIn
    shown: str
    loses: str
    lives: timedelta | None = None


def kind_of(secret: Secret) -> str:
    """The way to sign in that a secret is for."""
    return secret.get("kind", API_TOKEN)


def open_session(send: Send, connection: Connection, secret: Secret, clock: Clock, keeper: Keeper) -> Send:
    """What completes requests with an address and our credentials. `keeper` keeps tokens that are renewed.

    Raises Misconfigured where the secret is of no known kind, or lacks something.
    """
    way = WAYS.get(kind_of(secret))
    missing = ["kind"] if way is None else [name for name in way.needed if not secret.get(name)]
    if way is None or missing:
        raise Misconfigured(
            f"The stored Jira credentials of connection {connection.name} lack {' and '.join(missing)}.",
            remedy=f"Run `ml-connector connect jira -c {connection.name}`.",
        )
    fits(connection, kind_of(secret))
    _at_home(connection, secret)
    return way.open(send, connection, secret, clock, keeper)


def homes(connection: Connection) -> str:
    """The addresses that a connection sends its credentials to."""
    jira = connection.jira
    return f"{jira.url} {jira.gateway_url} {jira.sign_in_url}"


def _at_home(connection: Connection, secret: Secret) -> None:
    """Raises Misconfigured for credentials that were stored for other addresses: who can write a connection file can
    name a host of their own in it, and would be shown them.
    """
    if secret.get("homes", homes(connection)) != homes(connection):
        raise Misconfigured(
            f"An address of Jira in connection {connection.name} has changed since its credentials were stored.",
            remedy=f"Correct jira.url, jira.gateway_url and jira.sign_in_url, or run `ml-connector "
            f"{WAYS[kind_of(secret)].command} -c {connection.name}` again.",
        )


def fits(connection: Connection, kind: str) -> None:
    """Raises Misconfigured where a way to sign in is not one to this connection's deployment."""
    deployment = connection.jira.deployment
    if WAYS[kind].deployment != deployment:
        ways = ", ".join(f"`{way.command}`" for way in WAYS.values() if way.deployment == deployment)
        raise Misconfigured(
            f"One cannot sign in to Jira of the deployment {deployment} with {WAYS[kind].shown}.",
            remedy=f"Run one of {ways}, or correct jira.deployment of connection {connection.name}.",
        )


def gateway_base(connection: Connection, cloud_id: str) -> str:
    """Where the gateway serves a site (Atlassian, OAuth 2.0 (3LO) apps)."""
    return f"{connection.jira.gateway_url}/ex/jira/{cloud_id}"


def _with_token(send: Send, connection: Connection, secret: Secret, clock: Clock, _keeper: Keeper) -> Send:
    token = ApiToken(secret["email"], secret["api_token"])
    return StandingSession(connection.jira.url, token, send, clock).send


def _with_scoped_token(send: Send, connection: Connection, secret: Secret, clock: Clock, _keeper: Keeper) -> Send:
    token = ApiToken(secret["email"], secret["api_token"], scoped=True)
    return StandingSession(gateway_base(connection, secret["cloud_id"]), token, send, clock).send


def _with_grant(send: Send, connection: Connection, secret: Secret, clock: Clock, keeper: Keeper) -> Send:
    app = App(secret["client_id"], secret["client_secret"])
    grant = Grant(connection.jira.sign_in_url, app, service=kind_of(secret) == SERVICE)
    return GrantSession(gateway_base(connection, secret["cloud_id"]), grant, keeper, send, clock).send


def _with_personal_token(send: Send, connection: Connection, secret: Secret, clock: Clock, _keeper: Keeper) -> Send:
    return known_by_name(StandingSession(connection.jira.site, PersonalToken(secret["token"]), send, clock).send)


def _with_service_account(send: Send, connection: Connection, secret: Secret, clock: Clock, keeper: Keeper) -> Send:
    account = ServiceAccount(connection.jira.site, App(secret["client_id"], secret["client_secret"]))
    return known_by_name(GrantSession(connection.jira.site, account, keeper, send, clock).send)


NO_APP = "an app's webhooks"
ADMIN_ONLY = f"{NO_APP}; an administrator's, which tell of hours, unless its account administers Jira"
GATEWAY = f"{NO_APP}, and perhaps an administrator's: nobody says whether the gateway takes them"
YEAR = timedelta(days=365)
WAYS: Mapping[str, Way] = {
    API_TOKEN: Way(
        CLOUD,
        "connect jira",
        ("email", "api_token"),
        _with_token,
        "an API token",
        ADMIN_ONLY,
        YEAR,
    ),
    SCOPED_TOKEN: Way(
        CLOUD,
        "connect jira --scoped",
        ("email", "api_token", "cloud_id"),
        _with_scoped_token,
        "an API token with scopes",
        GATEWAY,
        YEAR,
    ),
    SERVICE: Way(
        CLOUD,
        "connect jira-service",
        ("client_id", "client_secret", "cloud_id"),
        _with_grant,
        "a service account",
        GATEWAY,
    ),
    OAUTH: Way(
        CLOUD,
        "connect jira-oauth",
        ("client_id", "client_secret", "cloud_id"),
        _with_grant,
        "an OAuth app",
        "webhooks that tell of hours: polling finds those",
        YEAR,
    ),
    PERSONAL_TOKEN: Way(
        DATACENTER,
        "connect jira-pat",
        ("token",),
        _with_personal_token,
        "a personal access token",
        ADMIN_ONLY,
    ),
    DATACENTER_SERVICE: Way(
        DATACENTER,
        "connect jira-service",
        ("client_id", "client_secret"),
        _with_service_account,
        "a service account",
        "all webhooks: polling finds everything",
    ),
}
DEPLOYMENTS: Mapping[str, Factory] = {
    CLOUD: lambda session, connection: JiraCloud(session, comments=connection.jira.comments),
    DATACENTER: lambda session, connection: JiraDataCenter(session, comments=connection.jira.comments),
}


def open_jira(session: Send, connection: Connection) -> Jira:
    """The adapter of a connection's deployment, over a session. Raises Misconfigured for one that has none."""
    factory = DEPLOYMENTS.get(connection.jira.deployment)
    if factory is None:
        raise Misconfigured(
            f"Jira deployment {connection.jira.deployment!r} has no adapter.",
            remedy=f"The deployments are: {', '.join(DEPLOYMENTS)}.",
        )
    return factory(session, connection)


def item_windows(connection: Connection) -> tuple[Window, ...]:
    """Writes of one issue that are known to be allowed in so long; Data Center limits its users, and no issues."""
    return ISSUE_WRITES if connection.jira.deployment == CLOUD else ()


def open_webhooks(session: Send, kind: WebhookKind, signing: str) -> Webhooks:
    """The webhooks of a site, of the kind that a connection uses; an administrator's are signed with our secret."""
    return AdminWebhooks(session, signing) if kind is WebhookKind.ADMIN else DynamicWebhooks(session)
