"""Jira Data Center, simulated. Goal: it is what customers run themselves, and nothing of the cloud's answers there."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector_sandbox import world as worlds
from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.jira.wiki import shown
from ml_connector_sandbox.wire import Request, Response

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ORIGIN = "http://jira.localhost"
ADMIN_PATH = "/rest/webhooks/1.0/webhook"
HOOK = {"name": "ours", "url": "https://c.example/x", "secret": "s", "filters": {}, "excludeBody": False}


class Client:
    """A Data Center of its own, and whoever calls it: the integration user by token, unless said otherwise."""

    def __init__(self) -> None:
        """As seeded."""
        self.clock = StillClock(NOW)
        self.world = worlds.build(clock=self.clock, seed=3, empty=True, jira_deployment="datacenter")
        self.site = self.world.jira
        self.known = self.site.credentials()

    def call(self, method: str, path: str, body: object = None, *, by: str = "", content: bytes = b"") -> Response:
        """One call; `by` is an Authorization header."""
        headers = {"authorization": by or self.token(), "content-type": "application/json"}
        data = content if body is None else json.dumps(body).encode()
        return self.world.jira_front(Request.to(method, ORIGIN + path, headers, data))

    def rest(self, method: str, path: str, body: object = None, *, by: str = "") -> Any:
        """A call of version 2 that has to be taken."""
        answer = self.call(method, f"/rest/api/2{path}", body, by=by)
        assert answer.status < 300, answer.body
        return answer.json() if answer.body else None

    def token(self, name: str = "personal_access_token") -> str:
        """The header of a personal token."""
        return f"Bearer {self.known[name]}"

    def person(self, place: int = 0) -> str:
        """The header of one of the people, by user name and password."""
        who = self.known["people"][place]
        return "Basic " + b64encode(f"{who['username']}:{who['password']}".encode()).decode()

    def make(self, **fields: object) -> dict[str, str]:
        """A new task."""
        asked = {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "Order", **fields}
        found: dict[str, str] = self.rest("POST", "/issue", {"fields": asked})
        return found


@pytest.fixture
def jira() -> Client:
    """A fresh one."""
    return Client()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/rest/api/3/myself"),
        ("GET", "/_edge/tenant_info"),
        ("GET", "/ex/jira/any/rest/api/2/myself"),
        ("POST", "/oauth/token"),
        ("GET", "/authorize"),
        ("POST", "/rest/api/2/search/jql"),
        ("POST", "/rest/api/2/issue/bulkfetch"),
        ("GET", "/rest/api/2/project/search"),
        ("GET", "/rest/api/2/webhook"),
        ("GET", "/rest/api/2/issue/createmeta"),
    ],
)
def test_what_is_the_clouds_is_not_there(jira: Client, method: str, path: str) -> None:
    """A client of the cloud that is let loose on it learns so at once."""
    assert jira.call(method, path, {} if method == "POST" else None).status in (404, 405)


def test_people_come_by_password_or_token_and_are_known_by_name_and_key(jira: Client) -> None:
    """The name may change, the key stays; there are no account ids. A cloud's way to sign in is refused."""
    me = jira.rest("GET", "/myself")
    assert (me["name"], me["key"]) == ("ml-connector", jira.site.integration)
    assert "accountId" not in me
    assert jira.rest("GET", "/myself", by=jira.person())["name"] == jira.known["people"][0]["username"]
    who = jira.site.people()[0]
    email = "Basic " + b64encode(f"{who.email}:{who.api_token}".encode()).decode()
    for by in ("Bearer nobody", email, "Basic !!"):
        answer = jira.call("GET", "/rest/api/2/myself", by=by)
        assert answer.status == 401
        assert "message" in answer.json()


def test_answers_say_under_which_name_they_were_asked_for(jira: Client) -> None:
    """By a switch, a dead token makes a visitor of its bearer, who is shown nothing and told so in a header alone."""
    jira.make()
    assert jira.call("GET", "/rest/api/2/myself").headers["X-AUSERNAME"] == "ml-connector"
    jira.world.switches.put({"jira_dc_bad_token_is_anonymous": True})
    answer = jira.call("POST", "/rest/api/2/search", {"jql": "created > -1d"}, by="Bearer dead")
    assert (answer.status, answer.json()["total"], answer.headers["X-AUSERNAME"]) == (200, 0, "anonymous")


def test_a_service_account_has_what_its_scope_allows_for_an_hour(jira: Client) -> None:
    """Its token comes from the server, by a form. Reading is part of writing, administering of nothing."""
    form = {"grant_type": "client_credentials", "client_id": jira.known["client_id"]}

    def ask(**more: str) -> Response:
        return jira.call("POST", "/rest/oauth2/latest/token", content=urlencode({**form, **more}).encode())

    secret = jira.known["client_secret"]
    assert ask(client_secret="wrong", scope="WRITE").status == 401
    assert ask(client_secret=secret, scope="ADMIN").status == 400
    reader, writer = (
        f"Bearer {ask(client_secret=secret, scope=each).json()['access_token']}" for each in ("READ", "WRITE")
    )
    issue = {"fields": {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "x"}}
    assert jira.call("GET", "/rest/api/2/myself", by=reader).status == 200
    assert jira.call("POST", "/rest/api/2/issue", issue, by=reader).status == 403
    assert jira.call("POST", "/rest/api/2/issue", issue, by=writer).status == 201
    jira.site.person(jira.site.integration).admin = True
    assert jira.call("GET", ADMIN_PATH, by=writer).status == 403
    jira.clock.advance(3600)
    assert jira.call("GET", "/rest/api/2/myself", by=writer).status == 401


def test_texts_are_kept_as_markup_and_shown_to_readers_without_it(jira: Client) -> None:
    """No documents: a text is a text, and comes back as it was sent."""
    markup = "h1. Title\n*bold* and [a link|http://x] :)"
    made = jira.make(description=markup)
    assert jira.rest("GET", f"/issue/{made['id']}")["fields"]["description"] == markup
    document = {"type": "doc", "version": 1, "content": []}
    fields = {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "x", "description": document}
    assert jira.call("POST", "/rest/api/2/issue", {"fields": fields}).status == 400


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("*bold* _slanted_ -gone- {{code}}", "bold slanted gone code"),
        ("a*b*c 2-1 x_y_z", "a*b*c 2-1 x_y_z"),
        (r"\*not bold\* C:\temp a\\b", "*not bold* C:\\temp a\nb"),
        ("h2. Head\nbq. said\n* one\n# two\n----", "Head\nsaid\none\ntwo\n"),
        ("[text|http://x] [~user] {color:red}red{color} !p.png!", "text ~user red "),
        ("&#92; &amp; &lt;", "\\ & <"),
        ("a -- b --- c", "a – b — c"),
        ("fine :) (x)", "fine  "),
    ],
)
def test_markup_is_read_as_its_renderer_reads_it(markup: str, text: str) -> None:
    """What decorates is gone, what is hidden by a backslash stays."""
    assert shown(markup) == text


@given(st.text(max_size=60))
def test_any_text_is_markup_of_some_kind(text: str) -> None:
    """Reading never fails."""
    assert isinstance(shown(text), str)


def test_hours_have_a_name_and_a_key_and_the_feed_has_no_properties(jira: Client) -> None:
    """As recorded answers of such servers have it."""
    made = jira.make()
    body = {"timeSpentSeconds": 5400, "started": "2026-11-19T08:00:00.000+0000", "comment": "Some *work*"}
    entry = jira.rest("POST", f"/issue/{made['key']}/worklog", body, by=jira.person())
    assert entry["author"]["key"] == jira.known["people"][0]["account_id"]
    assert entry["comment"] == "Some *work*"
    jira.clock.advance(61)
    feed = jira.rest("GET", "/worklog/updated?since=0")
    assert feed["values"] == [{"worklogId": int(entry["id"]), "updatedTime": feed["until"]}]
    assert feed["lastPage"] is True
    assert [each["id"] for each in jira.rest("POST", "/worklog/list", {"ids": [int(entry["id"])]})] == [entry["id"]]


def test_a_search_counts_and_stops_at_a_thousand(jira: Client) -> None:
    """Whoever asks for more gets a thousand and is not told."""
    for number in range(1001):
        jira.make(summary=f"Order {number}")
    page = jira.rest("POST", "/search", {"jql": "project = PROC", "maxResults": 5000, "fields": ["summary"]})
    assert (page["total"], page["maxResults"], len(page["issues"])) == (1001, 1000, 1000)
    rest = jira.rest("GET", "/search?jql=project+%3D+PROC&startAt=1000&fields=summary")
    assert len(rest["issues"]) == 1


def test_a_search_for_what_does_not_exist_is_refused_unless_it_is_not_to_be_validated(jira: Client) -> None:
    """By a switch, even then."""
    made = jira.make()
    query: dict[str, object] = {"jql": f"id in ({made['id']}, 99999)", "fields": ["summary"]}
    assert jira.call("POST", "/rest/api/2/search", query).status == 400
    assert jira.rest("POST", "/search", {**query, "validateQuery": False})["total"] == 1
    jira.world.switches.put({"jira_dc_unvalidated_search": False})
    assert jira.call("POST", "/rest/api/2/search", {**query, "validateQuery": False}).status == 400


def test_epics_have_names_and_stories_name_their_epics(jira: Client) -> None:
    """And only a sub-task has a parent. The create metadata says so before Jira has to."""
    fields = {each.name: each.id for each in jira.site.fields.values()}
    types = {each["name"]: each["id"] for each in jira.rest("GET", "/issue/createmeta/PROC/issuetypes")["values"]}
    screens = {
        name: {each["fieldId"]: each["required"] for each in screen["values"]}
        for name in ("Epic", "Story", "Sub-task")
        for screen in [jira.rest("GET", f"/issue/createmeta/PROC/issuetypes/{types[name]}")]
    }
    assert screens["Epic"][fields["Epic Name"]] is True
    assert fields["Epic Link"] in screens["Story"]
    assert screens["Sub-task"]["parent"] is True
    assert "parent" not in screens["Story"]
    epic = jira.make(issuetype={"name": "Epic"}, **{fields["Epic Name"]: "Website"})
    story = jira.make(issuetype={"name": "Story"}, **{fields["Epic Link"]: epic["key"]})
    shown_story = jira.rest("GET", f"/issue/{story['id']}")["fields"]
    assert (shown_story[fields["Epic Link"]], shown_story["parent"]) == (epic["key"], None)
    for wrong in (
        {"issuetype": {"name": "Epic"}},
        {"issuetype": {"name": "Story"}, fields["Epic Link"]: story["key"]},
        {"issuetype": {"name": "Story"}, "parent": {"id": epic["id"]}},
        {"issuetype": {"name": "Sub-task"}},
    ):
        asked = {"project": {"key": "PROC"}, "summary": "x", **wrong}
        assert jira.call("POST", "/rest/api/2/issue", {"fields": asked}).status == 400


def test_people_are_assigned_by_name(jira: Client) -> None:
    """An account id is nothing here."""
    made, name = jira.make(), jira.known["people"][1]["username"]
    jira.rest("PUT", f"/issue/{made['key']}/assignee", {"name": name})
    assert jira.rest("GET", f"/issue/{made['key']}")["fields"]["assignee"]["name"] == name
    assert jira.call("PUT", f"/rest/api/2/issue/{made['key']}/assignee", {"name": "nobody"}).status == 400


def test_a_webhook_does_not_end_and_tells_of_hours_twice(jira: Client) -> None:
    """As an entry, and as a change of its issue with what kind of change it was; signed, and never a second time."""
    events = ["worklog_created", "jira:worklog_updated"]
    admin = jira.token("admin_personal_access_token")
    answer = jira.call("POST", ADMIN_PATH, {**HOOK, "events": events}, by=admin)
    assert (answer.status, answer.json()["isSigned"]) == (201, True)
    jira.clock.advance(timedelta(days=400).total_seconds())
    made = jira.make()
    jira.rest("POST", f"/issue/{made['key']}/worklog", {"timeSpentSeconds": 60}, by=jira.person())
    sent: list[tuple[dict[str, str], dict[str, Any]]] = []

    def down(jobs: list[tuple[str, dict[str, str], bytes]]) -> list[int]:
        sent.extend((headers, json.loads(body)) for _, headers, body in jobs)
        return [503] * len(jobs)

    assert jira.world.deliver_all(down) == 2
    assert [body["webhookEvent"] for _, body in sent] == events
    assert sent[1][1]["issue_event_type_name"] == "issue_work_logged"
    assert {item["field"] for item in sent[1][1]["changelog"]["items"]} == {"timespent", "WorklogId"}
    assert all(headers["X-Hub-Signature"].startswith("sha256=") for headers, _ in sent)
    assert all("X-Atlassian-Webhook-Identifier" not in headers for headers, _ in sent)
    jira.clock.advance(3600)
    assert jira.world.deliver_all(down) == 0


def test_each_user_has_a_bucket_and_is_told_what_is_in_it(jira: Client) -> None:
    """With every answer; refusals are web pages, and another user is none the worse."""
    jira.world.limits.put({"datacenter_bucket": 3, "datacenter_fill": 2, "datacenter_interval_seconds": 10})
    left = [jira.call("GET", "/rest/api/2/myself").headers["X-RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = jira.call("GET", "/rest/api/2/myself")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "5")
    assert refused.body.startswith(b"<html>")
    told = {name: refused.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Interval-Seconds", "FillRate")}
    assert told == {"Limit": "3", "Interval-Seconds": "10", "FillRate": "2"}
    assert jira.call("GET", "/rest/api/2/myself", by=jira.person()).status == 200
    jira.clock.advance(5)
    assert jira.call("GET", "/rest/api/2/myself").status == 200


def test_the_same_seed_gives_the_same_orders_and_people_as_with_a_cloud() -> None:
    """Only Jira is another."""
    cloud = worlds.build(clock=StillClock(NOW), seed=3)
    mine = worlds.build(clock=StillClock(NOW), seed=3, jira_deployment="datacenter")
    assert [who.name for who in mine.jira.people()] == [who.name for who in cloud.jira.people()]
    assert mine.cloudsuite.facts() == cloud.cloudsuite.facts()
