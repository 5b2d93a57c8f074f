"""The Jira deployments that have an adapter. One line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ml_connector.clock import Clock
from ml_connector.core.webhooks import WebhookKind
from ml_connector.errors import Misconfigured
from ml_connector.jira.authentication import ApiToken, BasicSession
from ml_connector.jira.cloud import JiraCloud
from ml_connector.jira.port import Jira, Webhooks
from ml_connector.jira.subscriptions import AdminWebhooks, DynamicWebhooks
from ml_connector.settings.connection import Connection
from ml_connector.wire import Send

Secret = Mapping[str, str]
Factory = Callable[[Send, Connection], Jira]


def open_session(send: Send, connection: Connection, secret: Secret, clock: Clock) -> Send:
    """What completes requests with the site's address and our credentials.

    With an API token `secret` holds `email` and `api_token`. Raises Misconfigured where one lacks.
    """
    missing = [name for name in ("email", "api_token") if not secret.get(name)]
    if missing:
        raise Misconfigured(
            f"The stored Jira credentials of connection {connection.name} lack {' and '.join(missing)}.",
            remedy=f"Run `ml-connector connect jira -c {connection.name}`.",
        )
    token = ApiToken(secret["email"], secret["api_token"])
    return BasicSession(connection.jira.url, token, send, clock).send


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
