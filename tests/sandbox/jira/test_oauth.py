"""Apps. Goal: tokens are given, rotated, used up and refused as Atlassian does it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from ml_connector_sandbox.wire import Response
from sandbox_site import ORIGIN, Client

CALLBACK = "https://app.example/callback"
SCOPES = "read:jira-work write:jira-work offline_access"


@pytest.fixture
def jira() -> Client:
    """A client with a site of its own."""
    return Client()


def consent(jira: Client, **more: str) -> Response:
    """What a browser sends when a person starts to connect the app."""
    asked = {"client_id": jira.known["client_id"], "redirect_uri": CALLBACK, "scope": SCOPES, "state": "xyz", **more}
    return jira.send("GET", f"{ORIGIN}/authorize?{urlencode(asked)}")


def code(jira: Client) -> str:
    """A code, as it arrives at the callback."""
    location = consent(jira).headers["Location"]
    assert location.startswith(CALLBACK)
    query = parse_qs(urlsplit(location).query)
    assert query["state"] == ["xyz"]
    return query["code"][0]


def trade(jira: Client, grant_type: str, **more: str) -> Response:
    """Ask for a token with the app's secret, in JSON."""
    known = {"client_id": jira.known["client_id"], "client_secret": jira.known["client_secret"]}
    body = json.dumps({"grant_type": grant_type, **known, **more}).encode()
    return jira.send("POST", f"{ORIGIN}/oauth/token", {"content-type": "application/json"}, body)


def tokens(jira: Client) -> dict[str, Any]:
    """The first tokens of a grant."""
    answer = trade(jira, "authorization_code", code=code(jira))
    assert answer.status == 200
    found: dict[str, Any] = answer.json()
    return found


def test_a_code_is_traded_once_for_tokens_that_reach_the_site(jira: Client) -> None:
    """The access token names its scopes and its life; the same code does nothing more."""
    first = code(jira)
    given = trade(jira, "authorization_code", code=first).json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 3600)
    assert set(given["scope"].split()) == set(SCOPES.split())
    url = f"{ORIGIN}/ex/jira/{jira.known['cloud_id']}/rest/api/3/project/search"
    assert jira.send("GET", url, {"authorization": f"Bearer {given['access_token']}"}).status == 200
    (site,) = jira.send(
        "GET", f"{ORIGIN}/oauth/token/accessible-resources", {"authorization": f"Bearer {given['access_token']}"}
    ).json()
    assert site["id"] == jira.known["cloud_id"]
    again = trade(jira, "authorization_code", code=first)
    assert (again.status, again.json()["error"]) == (400, "invalid_grant")


def test_a_refresh_token_works_once_and_gives_its_successor(jira: Client) -> None:
    """Whoever uses the old one again is refused with 403, here after the ten minutes that some have seen."""
    old = tokens(jira)["refresh_token"]
    renewed = trade(jira, "refresh_token", refresh_token=old).json()
    assert renewed["refresh_token"] != old
    jira.later(minutes=11)
    again = trade(jira, "refresh_token", refresh_token=old)
    assert (again.status, again.json()["error"]) == (403, "invalid_grant")
    assert trade(jira, "refresh_token", refresh_token=renewed["refresh_token"]).status == 200


def test_whoever_lost_the_answer_may_ask_once_more(jira: Client) -> None:
    """Within ten minutes, unless the switch says otherwise."""
    old = tokens(jira)["refresh_token"]
    trade(jira, "refresh_token", refresh_token=old)
    again = trade(jira, "refresh_token", refresh_token=old)
    assert again.status == 200
    jira.switches["jira_refresh_reuse_seconds"] = 0
    last = again.json()["refresh_token"]
    assert [trade(jira, "refresh_token", refresh_token=last).status for _ in range(2)] == [200, 403]


def test_a_refresh_token_that_rested_too_long_is_refused(jira: Client) -> None:
    """Ninety days."""
    old = tokens(jira)["refresh_token"]
    jira.later(days=91)
    assert trade(jira, "refresh_token", refresh_token=old).status == 403


def test_without_offline_access_there_is_no_refresh_token(jira: Client) -> None:
    """The app has to ask for it."""
    location = consent(jira, scope="read:jira-work").headers["Location"]
    given = trade(jira, "authorization_code", code=parse_qs(urlsplit(location).query)["code"][0]).json()
    assert "refresh_token" not in given


def test_a_stranger_gets_no_code_and_no_token(jira: Client) -> None:
    """Unknown app, wrong secret, unknown grant, nonsense."""
    assert consent(jira, client_id="another").status == 400
    assert consent(jira, redirect_uri="").status == 400
    assert jira.send("POST", f"{ORIGIN}/authorize", {}, b"scope=read").status == 400
    wrong = trade(jira, "client_credentials", client_secret="wrong")
    assert (wrong.status, wrong.json()["error"]) == (401, "access_denied")
    assert trade(jira, "password").json()["error"] == "unsupported_grant_type"
    assert jira.send("POST", f"{ORIGIN}/oauth/token", {"content-type": "application/json"}, b"{").status == 401


def test_an_app_can_act_for_itself(jira: Client) -> None:
    """By its own credentials, without a refresh token."""
    given = trade(jira, "client_credentials").json()
    assert given["access_token"]
    assert "refresh_token" not in given


class Fields(HTMLParser):
    """The hidden fields of a form."""

    def __init__(self) -> None:
        """None yet."""
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what an input holds."""
        named = dict(attrs)
        if tag == "input":
            self.found[str(named["name"])] = str(named["value"])


def test_a_person_can_be_asked_first(jira: Client) -> None:
    """By a switch there is a page with a form; agreeing leads to the callback, with the state unharmed."""
    jira.switches["jira_consent_page"] = True
    page = consent(jira, state='a"&<b>')
    form = Fields()
    form.feed(page.body.decode())
    agreed = jira.send("POST", f"{ORIGIN}/authorize", {}, urlencode(form.found).encode())
    assert agreed.status == 302
    assert parse_qs(urlsplit(agreed.headers["Location"]).query)["state"] == ['a"&<b>']
