"""Service accounts of Data Center: client credentials traded for an access token, which the server itself issues.

Atlassian, Data Center, service accounts: `POST /rest/oauth2/latest/token` with a form; the token lives for about an
hour, and there is no refresh token. The scope WRITE includes reading; nothing that takes an administrator is in reach,
and nothing but `/rest/api/2`.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from ml_connector.jira.grants import App, Tokens
from ml_connector.wire import Request, Safety

SCOPE = "WRITE"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """How tokens of a service account are come by. `base` is the server's address."""

    base: str
    app: App

    def request(self, _held: Tokens | None) -> Request:
        """The request for a token; one that was held before has nothing to do with it."""
        asked = {
            "grant_type": "client_credentials",
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            "scope": SCOPE,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        url, body = f"{self.base}/rest/oauth2/latest/token", urlencode(asked).encode()
        return Request("jira.service_account", "POST", url, Safety.REPEATABLE, (), headers, body)
