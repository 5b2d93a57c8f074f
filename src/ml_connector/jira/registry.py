"""The Jira deployments that have an adapter. One line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ml_connector.clock import Clock
from ml_connector.errors import Misconfigured
from ml_connector.jira.authentication import ApiToken, BasicSession
from ml_connector.jira.cloud import JiraCloud
from ml_connector.jira.port import Jira
from ml_connector.settings.connection import Connection
from ml_connector.wire import Send

Secret = Mapping[str, str]
Factory = Callable[[Send, Connection, Secret, Clock], Jira]


def open_cloud(send: Send, connection: Connection, secret: Secret, clock: Clock) -> JiraCloud:
    """Jira Cloud with an API token: `secret` holds `email` and `api_token`. Raises Misconfigured where one lacks."""
    missing = [name for name in ("email", "api_token") if not secret.get(name)]
    if missing:
        raise Misconfigured(
            f"The stored Jira credentials of connection {connection.name} lack {' and '.join(missing)}.",
            remedy=f"Run `ml-connector connect jira -c {connection.name}`.",
        )
    token = ApiToken(secret["email"], secret["api_token"])
    session = BasicSession(connection.jira.url, token, send, clock)
    return JiraCloud(session.send, comments=connection.jira.comments)


DEPLOYMENTS: Mapping[str, Factory] = {
    "cloud": open_cloud,
}


def open_jira(send: Send, connection: Connection, secret: Secret, clock: Clock) -> Jira:
    """The adapter of a connection's deployment. Raises Misconfigured for one that has none."""
    factory = DEPLOYMENTS.get(connection.jira.deployment)
    if factory is None:
        raise Misconfigured(
            f"Jira deployment {connection.jira.deployment!r} has no adapter.",
            remedy=f"The deployments are: {', '.join(DEPLOYMENTS)}.",
        )
    return factory(send, connection, secret, clock)
