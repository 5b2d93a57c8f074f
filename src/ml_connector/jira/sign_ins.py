"""What is known of each way to sign in to Jira: what it loses, how long it lives, and where it belongs.

Atlassian: API tokens live for a year at most; staff have said that a grant ends a year after consent, which no page
confirms. A token without scopes belongs on the site's own host, one with scopes on the gateway, and on the other host
each is refused with the same 401 as a dead one: only trying it there tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from http import HTTPStatus

from ml_connector.core.signing import SignIn
from ml_connector.errors import ConnectorError, Unauthorized
from ml_connector.jira import grants, metadata
from ml_connector.jira.authentication import SCOPE_MISMATCH, ApiToken, signed
from ml_connector.jira.registry import WAYS
from ml_connector.wire import Send


def sign_in_of(kind: str, secret: Mapping[str, str]) -> SignIn:
    """The way in that stored credentials are for, with their age as far as it was noted."""
    way = WAYS[kind]
    stored, expires = secret.get("stored_at"), secret.get("expires")
    return SignIn(
        way.shown,
        way.loses,
        f"`ml-connector {way.command}`",
        datetime.fromisoformat(stored) if stored else None,
        date.fromisoformat(expires) if expires else None,
        way.lives,
    )


def diagnosed(
    error: Unauthorized, token: ApiToken, sign_in: SignIn, send: Send, site: str, gateway: str, now: datetime
) -> Unauthorized:
    """What a refused API token really lacks: the other host, a new one because of its age, or simply a new one.

    `send` sends to any address. Tries the token once on the other host; where that cannot be tried, nothing is claimed.
    """
    if _works(token, send, site, gateway):
        made, store = ("without", "without --scoped") if token.scoped else ("with", "with --scoped")
        return Unauthorized(
            f"{error.message} It works on the other host: it was made {made} scopes.",
            remedy=f"Store it again with `ml-connector connect jira`, {store}.",
            cause="wrong_host",
        )
    if sign_in.ends is not None and now.date() > sign_in.ends:
        return Unauthorized(
            f"{error.message} It has expired: it was {sign_in.age}.",
            remedy=f"Make a new API token for the integration user and store it with {sign_in.again}.",
            cause="expired_token",
        )
    return Unauthorized(
        f"{error.message} It works on no host: it was taken back or replaced, or its account is no longer active.",
        remedy=f"See that the account is active, make a new API token for it, and store it with {sign_in.again}.",
        cause="dead_token",
    )


def _works(token: ApiToken, send: Send, site: str, gateway: str) -> bool:
    """Whether the other host takes the token, be it for another call than this."""
    try:
        base = site if token.scoped else _gateway(send, site, gateway)
        response = send(signed(metadata.myself_request(), base, token.header))
    except ConnectorError:
        return False
    return response.status == HTTPStatus.OK or SCOPE_MISMATCH in response.body


def _gateway(send: Send, site: str, gateway: str) -> str:
    request = grants.tenant_request(site)
    return f"{gateway}/ex/jira/{grants.parse_tenant(request, send(request))}"
