"""Webhooks. Goal: both kinds are registered, told, tried again and ended as Atlassian does it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest

from ml_connector_sandbox.jira import webhooks
from ml_connector_sandbox.wire import Response
from sandbox_site import ORIGIN, Client

URL = "https://connector.example/hooks"
SECRET = "a signing secret"
ADMIN_PATH = f"{ORIGIN}/rest/webhooks/1.0/webhook"
JSON = {"content-type": "application/json"}


@pytest.fixture
def jira() -> Client:
    """A client with a site of its own, whose ends are told as the document's schema says."""
    made = Client()
    made.switches["jira_webhook_expiry"] = "epoch"
    made.site.happened = partial(webhooks.happened, made.site)
    return made


def app(jira: Client, method: str, path: str, body: object = None) -> Response:
    """A call of an app that a person granted."""
    known = {"client_id": jira.known["client_id"], "redirect_uri": URL, "state": "x"}
    asked = {**known, "scope": "read:jira-work manage:jira-webhook offline_access"}
    back = jira.send("GET", f"{ORIGIN}/authorize?{urlencode(asked)}").headers["Location"]
    code = back.split("code=")[1].split("&")[0]
    trade = {"grant_type": "authorization_code", "code": code, "client_secret": jira.known["client_secret"], **known}
    token = jira.send("POST", f"{ORIGIN}/oauth/token", JSON, json.dumps(trade).encode()).json()["access_token"]
    url = f"{ORIGIN}/ex/jira/{jira.known['cloud_id']}/rest/api/3/webhook{path}"
    headers = {**JSON, "authorization": f"Bearer {token}"}
    return jira.send(method, url, headers, b"" if body is None else json.dumps(body).encode())


def admin(jira: Client, method: str, path: str = "", body: object = None) -> Response:
    """A call of an administrator of the site."""
    token = f"{jira.known['admin_email']}:{jira.known['admin_api_token']}".encode()
    headers = {**JSON, "authorization": f"Basic {base64.b64encode(token).decode()}"}
    return jira.send(method, ADMIN_PATH + path, headers, b"" if body is None else json.dumps(body).encode())


def asked(*, events: tuple[str, ...] = ("jira:issue_updated",), jql: str = "project = PROC") -> dict[str, Any]:
    """A registration of an app."""
    return {"url": URL, "webhooks": [{"events": list(events), "jqlFilter": jql}]}


def result(answer: Response) -> dict[str, Any]:
    """What became of the one webhook that was asked for."""
    (one,) = answer.json()["webhookRegistrationResult"]
    found: dict[str, Any] = one
    return found


def log_hours(jira: Client) -> None:
    """Somebody logs an hour on a new issue."""
    jira.log(jira.make(), by=jira.person())


def delivered(jira: Client, status: int) -> list[tuple[str, dict[str, str], Any]]:
    """The deliveries that are due, each answered with a status."""
    due = webhooks.due(jira.site)
    found = [(each.url, each.headers(jira.site.clock.now(), jira.site.app.client_secret), each.body) for each in due]
    for each in due:
        webhooks.answered(jira.site, each, status)
    return found


def test_only_an_app_may_register_an_apps_webhook(jira: Client) -> None:
    """An API token is none, and the answer is 403 and not 401."""
    headers = {**JSON, "authorization": jira.basic()}
    answer = jira.send("POST", f"{ORIGIN}/rest/api/3/webhook", headers, json.dumps(asked()).encode())
    assert answer.status == 403


def test_five_webhooks_of_one_address_and_no_more(jira: Client) -> None:
    """Each is taken or refused by itself, inside an answer of success."""
    assert [set(result(app(jira, "POST", "", asked()))) for _ in range(6)] == [{"createdWebhookId"}] * 5 + [{"errors"}]
    other = {**asked(), "url": "https://elsewhere.example/hooks"}
    assert app(jira, "POST", "", other).status == 400


@pytest.mark.parametrize(
    "wanted",
    [asked(events=("worklog_created",)), asked(jql=""), asked(jql="project ~ PROC"), asked(jql="summary = x")],
    ids=["hours", "everything", "operator", "field"],
)
def test_what_an_apps_webhook_cannot_tell_is_refused(jira: Client, wanted: dict[str, Any]) -> None:
    """Hours, everything, and filters beyond its grammar."""
    assert "errors" in result(app(jira, "POST", "", wanted))


def test_an_apps_webhook_ends_after_thirty_days_without_a_word(jira: Client) -> None:
    """A refresh gives another thirty; ids that are not there are passed over."""
    made = result(app(jira, "POST", "", asked()))["createdWebhookId"]
    jira.later(days=20)
    assert app(jira, "PUT", "/refresh", {"webhookIds": [made, 999]}).status == 200
    (shown,) = app(jira, "GET", "").json()["values"]
    assert shown["expirationDate"] == int((jira.site.clock.now() + timedelta(days=30)).timestamp() * 1000)
    jira.later(days=31)
    jira.site.transition(jira.site.issue(jira.make()).id, "In Progress")
    assert delivered(jira, 200) == []
    assert app(jira, "DELETE", "", {"webhookIds": [made]}).status == 202


def test_an_administrators_webhook_tells_of_hours_and_is_signed(jira: Client) -> None:
    """The secret is never told again; the body names the issue by its id and nothing else of it."""
    made = admin(jira, "POST", "", {"name": "ours", "url": URL, "events": ["worklog_created"], "secret": SECRET})
    assert made.status == 201
    assert SECRET not in made.body.decode()
    log_hours(jira)
    ((url, headers, body),) = delivered(jira, 200)
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert (url, headers["X-Hub-Signature"]) == (URL, f"sha256={signature}")
    told = json.loads(body)
    assert told["webhookEvent"] == "worklog_created"
    assert "issue" not in told
    assert told["worklog"]["issueId"]


def test_a_delivery_that_fails_is_tried_again_five_times_under_one_name(jira: Client) -> None:
    """And then it is gone."""
    admin(jira, "POST", "", {"name": "ours", "url": URL, "events": ["worklog_created"]})
    log_hours(jira)
    names: list[str] = []
    for _ in range(20):
        names += [headers["X-Atlassian-Webhook-Identifier"] for _, headers, _ in delivered(jira, 503)]
        jira.later(minutes=30)
    assert len(names) == 6
    assert len(set(names)) == 1


def test_who_is_no_administrator_may_not_even_look(jira: Client) -> None:
    """Administer Jira is needed."""
    assert jira.send("GET", ADMIN_PATH, {"authorization": jira.basic()}).status == 403


def test_an_administrators_webhook_is_read_changed_and_removed(jira: Client) -> None:
    """It never ends by itself."""
    made = admin(jira, "POST", "", {"name": "ours", "url": URL, "events": ["worklog_created"]}).json()
    number = made["self"].rpartition("/")[2]
    assert admin(jira, "PUT", f"/{number}", {"enabled": False}).json()["enabled"] is False
    log_hours(jira)
    assert delivered(jira, 200) == []
    assert [each["name"] for each in admin(jira, "GET").json()] == ["ours"]
    assert admin(jira, "DELETE", f"/{number}").status == 204
    assert admin(jira, "GET", f"/{number}").status == 404
