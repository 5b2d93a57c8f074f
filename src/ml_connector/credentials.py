"""Connecting both vendors: credentials are tried before they are kept; a grant takes a round trip by browser."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe

from ml_connector.bootstrap import CLOUDSUITE, JIRA, Installation, tokens_record
from ml_connector.errors import Misconfigured, Refused
from ml_connector.jira import grants, registry
from ml_connector.jira.grants import App
from ml_connector.net.client import Client
from ml_connector.wire import Send

CONSENT = "jira_consent"
"""The record of a consent that was asked for and is not yet given."""
CONSENT_FOR = timedelta(minutes=15)
"""How long a person may take to agree."""
STATE_BYTES = 32
CALLBACK = "/oauth/jira/callback"
"""Where the person's browser comes back to."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection whose Jira answers, and as which account."""

    connection: str
    account: str


def connect_cloudsuite(installed: Installation, name: str, ionapi: Path) -> str:
    """Try an `.ionapi` file and keep what it holds; what to show of it. Raises what is wrong with it."""
    try:
        content = ionapi.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(
            f"{ionapi} cannot be read as text.", remedy="Give the path of the downloaded file."
        ) from None
    shown = installed.try_cloudsuite(name, content)
    installed.keep_secret(name, CLOUDSUITE, {"ionapi": content})
    return shown


def connect_token(
    installed: Installation, name: str, email: str, token: str, *, scoped: bool, expires: date | None = None
) -> Connected:
    """Try an API token and keep it; one with scopes goes to the gateway. `expires` is its last day, as a person tells.
    Raises what Jira says of it.
    """
    registry.fits(installed.connections[name], registry.API_TOKEN)
    secret = {"kind": registry.API_TOKEN, "email": email, "api_token": token}
    if scoped:
        secret |= {"kind": registry.SCOPED_TOKEN, "cloud_id": _cloud_id(installed, name)}
    return _tried(installed, name, secret, expires)


def connect_personal(installed: Installation, name: str, token: str, expires: date | None = None) -> Connected:
    """Try a personal access token of Data Center, and keep it. Raises what Jira says of it."""
    return _tried(installed, name, {"kind": registry.PERSONAL_TOKEN, "token": token}, expires)


def connect_service(installed: Installation, name: str, app: App, expires: date | None = None) -> Connected:
    """Try a service account's own credentials, and keep them. `expires` is their last day, as a person tells."""
    secret = {"kind": registry.SERVICE, "client_id": app.client_id, "client_secret": app.client_secret}
    if installed.connections[name].jira.deployment == registry.DATACENTER:
        return _tried(installed, name, {**secret, "kind": registry.DATACENTER_SERVICE}, expires)
    return _tried(installed, name, {**secret, "cloud_id": _cloud_id(installed, name)}, expires)


def _tried(installed: Installation, name: str, secret: dict[str, str], expires: date | None = None) -> Connected:
    account = installed.try_jira(name, secret)
    homes = registry.homes(installed.connections[name])
    kept = {**secret, "account": account, "homes": homes, "stored_at": installed.clock.now().isoformat()}
    installed.keep_secret(name, JIRA, kept | ({"expires": expires.isoformat()} if expires else {}))
    return Connected(name, account)


def begin(installed: Installation, name: str, app: App, public_url: str) -> str:
    """Remember that consent was asked for, and return the address where a person agrees.

    `public_url` is where their browser reaches the service: it must be registered with the app, with the callback.
    """
    registry.fits(installed.connections[name], registry.OAUTH)
    jira = installed.connections[name].jira
    if not public_url:
        raise Misconfigured(
            "The browser has nowhere to come back to.",
            remedy="Name the service's address with --public-url, or set jira.webhook.public_url.",
        )
    state = token_urlsafe(STATE_BYTES)
    redirect = public_url.rstrip("/") + CALLBACK
    asked = {
        "state": state,
        "redirect": redirect,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "until": (installed.clock.now() + CONSENT_FOR).isoformat(),
    }
    with installed.database.begin() as tx:
        installed.vault.put(tx, name, CONSENT, asked)
    scopes = (*grants.SCOPES, grants.WEBHOOK_SCOPE) if jira.webhook.kind == "dynamic" else grants.SCOPES
    return grants.consent_url(jira.sign_in_url, app, redirect, state, scopes)


def finish(installed: Installation, state: str, code: str) -> Connected:
    """Trade the code that came back for tokens, find the site, and keep both. A state works once.

    Raises Refused for a state that nobody asked for, or that has lapsed.
    """
    name, asked = _asked(installed, state)
    connection = installed.connections[name]
    send, clock = _send(installed, name), installed.clock
    app = App(asked["client_id"], asked["client_secret"])
    at = clock.now()
    request = grants.code_request(connection.jira.sign_in_url, app, code, asked["redirect"])
    tokens = grants.parse_tokens(request, send(request), at)
    if not tokens.refresh:
        raise Misconfigured(
            "The grant holds no refresh token.", remedy="Allow the app the scope offline_access, and connect again."
        )
    request = grants.sites_request(connection.jira.gateway_url, tokens.access)
    site = grants.chosen(grants.parse_sites(request, send(request)), connection.jira.url)
    installed.keep_secret(name, tokens_record(app.client_id), tokens.fields())
    secret = {"kind": registry.OAUTH, "client_id": app.client_id, "client_secret": app.client_secret}
    return _tried(installed, name, {**secret, "cloud_id": site.cloud_id, "scopes": " ".join(site.scopes)})


def connected(installed: Installation, state: str, code: str) -> str:
    """`finish`, in words."""
    found = finish(installed, state, code)
    return f"Jira answers for connection {found.connection}: signed in as account {found.account}."


def _asked(installed: Installation, state: str) -> tuple[str, dict[str, str]]:
    with installed.database.begin() as tx:
        for name in installed.connections:
            asked = installed.vault.get(tx, name, CONSENT)
            if asked is not None and hmac.compare_digest(asked["state"].encode(), state.encode(errors="replace")):
                installed.vault.delete(tx, name, CONSENT)
                if datetime.fromisoformat(asked["until"]) < installed.clock.now():
                    break
                return name, asked
    raise Refused(
        "Nobody asked for this consent, or too long ago.", remedy="Begin again with `ml-connector connect jira-oauth`."
    )


def _cloud_id(installed: Installation, name: str) -> str:
    request = grants.tenant_request(installed.connections[name].jira.url)
    return grants.parse_tenant(request, _send(installed, name)(request))


def _send(installed: Installation, name: str) -> Send:
    return Client(installed.transport(installed.connections[name]), installed.clock).send
