"""The pages show people what the books hold, let them log hours, and nothing in the books can break them."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from ml_connector_sandbox.jira import books
from ml_connector_sandbox.wire import Response
from sandbox_site import ORIGIN, Client

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def jira() -> Client:
    """A client with a site of its own."""
    return Client()


def page(jira: Client, path: str, status: int = 200) -> str:
    """The text of a page, asked for without signing in."""
    answer = jira.send("GET", f"{ORIGIN}{path}")
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("text/html")
    return answer.body.decode()


def send(jira: Client, path: str, **form: str) -> Response:
    """A form is sent."""
    return jira.send("POST", f"{ORIGIN}{path}", {}, urlencode(form).encode())


def log(jira: Client, key: str, **more: str) -> Response:
    """Hours are logged by the first of the people."""
    form = {"person": jira.people[0]["account_id"], "started": "2026-11-19T08:00", "minutes": "95", "comment": "Work"}
    return send(jira, f"/browse/{key}/log", **{**form, **more})


def test_projects_lead_to_issues(jira: Client) -> None:
    """Each page links to the next."""
    key = jira.make("Audit")
    assert '<a href="/projects/PROC">' in page(jira, "/")
    assert f'<a href="/browse/{key}">' in page(jira, "/projects/PROC")
    assert "Audit" in page(jira, f"/browse/{key}")


def test_hours_are_logged_changed_and_deleted(jira: Client) -> None:
    """What a person does on the page is in the books, by the person picked."""
    key = jira.make("Audit")
    answer = log(jira, key)
    assert (answer.status, answer.headers["Location"]) == (303, f"/browse/{key}")
    (entry,) = books.worklogs(jira.site)
    assert (entry["seconds"], entry["author"]) == (95 * 60, jira.people[0]["account_id"])
    assert "1h 35m" in page(jira, f"/browse/{key}")
    assert send(jira, f"/browse/{key}/worklogs/{entry['id']}/change", minutes="30").status == 303
    assert [each["seconds"] for each in books.worklogs(jira.site)] == [1800]
    assert send(jira, f"/browse/{key}/worklogs/{entry['id']}/delete").status == 303
    assert [each for each in books.worklogs(jira.site) if not each.get("deleted")] == []


def test_a_status_is_changed(jira: Client) -> None:
    """By the picker at the top."""
    key = jira.make("Audit")
    assert send(jira, f"/browse/{key}/status", status="In Progress").status == 303
    assert [each["status"] for each in books.issues(jira.site)] == ["In Progress"]


@pytest.mark.parametrize(
    "wrong", [{"minutes": "0"}, {"minutes": "-5"}, {"minutes": "much"}, {"started": "soon"}, {"person": "nobody"}]
)
def test_a_form_that_makes_no_sense_changes_nothing(jira: Client, wrong: dict[str, str]) -> None:
    """A sentence instead."""
    key = jira.make("Audit")
    answer = log(jira, key, **wrong)
    assert answer.status in (400, 404)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert books.worklogs(jira.site) == []


def test_a_page_that_is_not_there_says_so(jira: Client) -> None:
    """For people, not in JSON."""
    for path in ("/browse/PROC-999", "/projects/NONE"):
        assert "Not found" in page(jira, path, 404)


def test_text_from_the_books_is_only_text(jira: Client) -> None:
    """No summary, comment or message runs in the browser."""
    key = jira.make(HOSTILE, description=None)
    log(jira, key, comment=HOSTILE)
    for path in ("/", "/projects/PROC", f"/browse/{key}"):
        assert "<script>" not in page(jira, path)
    assert b"<script>" not in log(jira, key, person=HOSTILE).body
