"""The Jira deployments that have an adapter, and the ways to sign in. One line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ml_connector.clock import Clock
from ml_connector.core.webhooks import WebhookKind
from ml_connector.errors import Misconfigured
from ml_connector.jira.authentication import ApiToken, StandingSession
from ml_connector.jira.cloud import JiraCloud
from ml_connector.jira.grants import App, Grant, GrantSession, Keeper
from ml_connector.jira.port import Jira, Webhooks
from ml_connector.jira.subscriptions import AdminWebhooks, DynamicWebhooks
from ml_connector.settings.connection import Connection
from ml_connector.wire import Send

Secret = Mapping[str, str]
Factory = Callable[[Send, Connection], Jira]
SignIn = Callable[[Send, Connection, Secret, Clock, Keeper], Send]

API_TOKEN, SCOPED_TOKEN, SERVICE, OAUTH = "api_token", "scoped_token", "service", "oauth"
"""Ways to sign in, as the secret's `kind` names them; a secret without one holds an API token."""
NEEDED: Mapping[str, tuple[str, ...]] = {
    API_TOKEN: ("email", "api_token"),
    SCOPED_TOKEN: ("email", "api_token", "cloud_id"),
    SERVICE: ("client_id", "client_secret", "cloud_id"),
    OAUTH: ("client_id", "client_secret", "cloud_id"),
}
"""What a secret of each kind holds."""


def kind_of(secret: Secret) -> str:
    """The way to sign in that a secret is for."""
    return secret.get("kind", API_TOKEN)


def open_session(send: Send, connection: Connection, secret: Secret, clock: Clock, keeper: Keeper) -> Send:
    """What completes requests with an address and our credentials. `keeper` keeps tokens that are renewed.

    Raises Misconfigured where the secret is of no known kind, or lacks something.
    """
    kind = kind_of(secret)
    missing = [name for name in NEEDED.get(kind, ("kind",)) if not secret.get(name)]
    if kind not in NEEDED or missing:
        raise Misconfigured(
            f"The stored Jira credentials of connection {connection.name} lack {' and '.join(missing or ['kind'])}.",
            remedy=f"Run `ml-connector connect jira -c {connection.name}`.",
        )
    return SIGN_INS[kind](send, connection, secret, clock, keeper)


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


SIGN_INS: Mapping[str, SignIn] = {
    API_TOKEN: _with_token,
    SCOPED_TOKEN: _with_scoped_token,
    SERVICE: _with_grant,
    OAUTH: _with_grant,
}

DEPLOYMENTS: Mapping[str, Factory] = {
    "cloud": lambda session, connection: JiraCloud(session, comments=connection.jira.comments),
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


def open_webhooks(session: Send, kind: WebhookKind, signing: str) -> Webhooks:
    """The webhooks of a site, of the kind that a connection uses; an administrator's are signed with our secret."""
    return AdminWebhooks(session, signing) if kind is WebhookKind.ADMIN else DynamicWebhooks(session)
