"""Who may ask the simulated Jira: API tokens on the site's own host, access tokens through the gateway."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest

from ml_connector_sandbox.jira.site import Bearer
from sandbox_site import NOW, ORIGIN, Client

READ, WRITE, USER = "read:jira-work", "write:jira-work", "read:jira-user"


@pytest.fixture
def jira() -> Client:
    """A client with a site of its own."""
    return Client()


def token(jira: Client, *scopes: str, seconds: int = 3600) -> str:
    """An access token of the integration user."""
    account = next(who.account_id for who in jira.site.accounts.values() if who.email == jira.known["email"])
    made = f"token-{len(jira.site.bearers)}"
    jira.site.bearers[made] = Bearer(account, frozenset(scopes), jira.clock.now() + timedelta(seconds=seconds))
    return made


def through_gateway(jira: Client, path: str, bearer: str, cloud: str = "", method: str = "GET") -> Any:
    """A call through the gateway."""
    url = f"{ORIGIN}/ex/jira/{cloud or jira.known['cloud_id']}/rest/api/3{path}"
    return jira.send(method, url, {"authorization": f"Bearer {bearer}"}, b"{}" if method != "GET" else b"")


def encoded(text: str) -> str:
    """A Basic header of a text."""
    return "Basic " + b64encode(text.encode()).decode()


def test_an_api_token_acts_as_its_person(jira: Client) -> None:
    """Everybody with a token is told who they are, whatever the case of the e-mail."""
    for person in jira.people:
        assert jira.call("GET", "/myself", by=person["email"]).json()["accountId"] == person["account_id"]
    shouted = encoded(f"{jira.known['email'].upper()}:{jira.known['api_token']}")
    assert jira.send("GET", f"{ORIGIN}/rest/api/3/myself", {"authorization": shouted}).status == 200


def test_who_is_nobody_gets_nowhere(jira: Client) -> None:
    """No header, a wrong token, another person's token and broken Basic headers give 401 and change nothing."""
    email, others = jira.known["email"], jira.people[0]["api_token"]
    headers = [
        "",
        "Basic",
        "Basic ???",
        "Basic " + b64encode(b"\xff\xfe").decode(),
        encoded(email),
        encoded(f"{email}:"),
        encoded(f"{email}:wrong"),
        encoded(f"{email}:{others}"),
        encoded(f":{jira.known['api_token']}"),
        f"Bearer {jira.known['api_token']}",
        f"Bearer {token(jira, READ, WRITE)}",
    ]
    key = jira.make()
    for header in headers:
        sent = {"authorization": header} if header else {}
        for method, path in (("GET", "/myself"), ("GET", f"/issue/{key}"), ("DELETE", f"/issue/{key}")):
            answer = jira.send(method, f"{ORIGIN}/rest/api/3{path}", sent)
            assert answer.status == 401, header
            assert answer.json()["errorMessages"]
    assert jira.call("GET", f"/issue/{key}").status == 200


def test_an_inactive_person_gets_nowhere(jira: Client) -> None:
    """A token ends with its account."""
    jira.site.accounts[jira.people[0]["account_id"]].active = False
    assert jira.call("GET", "/myself", by=jira.person()).status == 401


def test_an_access_token_works_through_the_gateway_of_its_site(jira: Client) -> None:
    """Links in the answer keep the gateway's address; another site's id is not found."""
    key, bearer = jira.make(), token(jira, READ)
    answer = through_gateway(jira, f"/issue/{key}", bearer)
    prefix = f"{ORIGIN}/ex/jira/{jira.known['cloud_id']}/rest/api/3/"
    assert (answer.status, answer.json()["self"].startswith(prefix)) == (200, True)
    assert through_gateway(jira, f"/issue/{key}", bearer, cloud="another").status == 404


def test_an_api_token_does_not_work_through_the_gateway(jira: Client) -> None:
    """Tokens without scopes belong to the site's own host."""
    url = f"{ORIGIN}/ex/jira/{jira.known['cloud_id']}/rest/api/3/myself"
    assert jira.send("GET", url, {"authorization": jira.basic()}).status == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/project/search", READ),
        ("GET", "/worklog/updated", READ),
        ("POST", "/issue", WRITE),
        ("GET", "/myself", USER),
    ],
)
def test_a_token_reaches_as_far_as_its_scopes(jira: Client, method: str, path: str, scope: str) -> None:
    """One that lacks the scope is refused as 401 with a message that says so."""
    others = {READ, WRITE, USER} - {scope}
    refused = through_gateway(jira, path, token(jira, *others), method=method)
    assert (refused.status, refused.json()) == (401, {"code": 401, "message": "Unauthorized; scope does not match"})
    assert through_gateway(jira, path, token(jira, scope), method=method).status != 401


def test_an_access_token_ends_in_time(jira: Client) -> None:
    """At the second of its end it is refused, without a word of scopes."""
    bearer = token(jira, READ, seconds=60)
    jira.later(seconds=59)
    assert through_gateway(jira, "/project/search", bearer).status == 200
    jira.later(seconds=1)
    ended = through_gateway(jira, "/project/search", bearer)
    assert (ended.status, ended.json()) == (401, {"code": 401, "message": "Unauthorized"})


def test_the_site_tells_its_id_to_anybody(jira: Client) -> None:
    """Clients need it before they can be anybody on the gateway."""
    assert jira.send("GET", f"{ORIGIN}/_edge/tenant_info").json() == {"cloudId": jira.known["cloud_id"]}


def test_unknown_addresses_and_methods_are_told_apart(jira: Client) -> None:
    """404 for what is nowhere, 405 with what is allowed."""
    assert jira.call("GET", "/nowhere").status == 404
    answer = jira.call("PATCH", "/issue/PROC-1")
    assert (answer.status, answer.headers["Allow"]) == (405, "DELETE, GET, PUT")


def test_a_deletion_can_be_made_to_need_a_content_type(jira: Client) -> None:
    """By a switch, as one client has seen it."""
    key = jira.make()
    headers = {"authorization": jira.basic()}
    jira.switches["jira_delete_needs_content_type"] = True
    assert jira.send("DELETE", f"{ORIGIN}/rest/api/3/issue/{key}", headers).status == 415
    assert jira.call("DELETE", f"/issue/{key}").status == 204


def test_the_same_randomness_gives_the_same_people(jira: Client) -> None:
    """Ids, tokens and the app's secret are made from nothing else, and all tokens differ."""
    assert Client().known == jira.known
    tokens = [each["api_token"] for each in jira.people] + [jira.known["api_token"], jira.known["admin_api_token"]]
    assert len(set(tokens)) == len(tokens)
    assert jira.clock.now() == NOW
