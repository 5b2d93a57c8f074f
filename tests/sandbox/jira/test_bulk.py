"""Many issues at once in the simulated Jira: fifty created, a hundred fetched, thousands searched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ml_connector_sandbox.jira import books
from ml_connector_sandbox.jira.jql import compile_jql
from ml_connector_sandbox.jira.rendering import View
from ml_connector_sandbox.jira.search_routes import _candidates
from sandbox_site import NOW, ORIGIN, Client


@pytest.fixture
def jira() -> Client:
    """A client with a site of its own."""
    return Client()


def update(summary: str, **fields: object) -> dict[str, Any]:
    """One element of a bulk request."""
    return {"fields": {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": summary, **fields}}


def many(jira: Client, *updates: object) -> Any:
    """The answer to a bulk request."""
    return jira.call("POST", "/issue/bulk", {"issueUpdates": list(updates)})


def keys(jira: Client, jql: str, **more: object) -> list[str]:
    """The keys of one page of a search."""
    found = jira.call("POST", "/search/jql", {"jql": jql, "fields": ["summary"], **more}).json()
    return [each["key"] for each in found["issues"]]


def test_fifty_issues_come_into_being_in_the_order_sent(jira: Client) -> None:
    """The answer names each in its place."""
    answer = many(jira, *(update(f"Order {number}") for number in range(50)))
    assert answer.status == 201
    assert [each["key"] for each in answer.json()["issues"]] == [f"PROC-{number}" for number in range(1, 51)]
    assert [each["summary"] for each in books.issues(jira.site)] == [f"Order {number}" for number in range(50)]


@pytest.mark.parametrize("updates", [None, [], [update("x")] * 51, "text", {}, [update("x"), "text"]])
def test_more_than_fifty_or_none_are_refused(jira: Client, updates: object) -> None:
    """So is a list that holds anything but objects, and not one of them is made."""
    answer = jira.call("POST", "/issue/bulk", {"issueUpdates": updates})
    assert (answer.status, answer.json()["issues"]) == (400, [])
    assert books.issues(jira.site) == []


def test_refusals_name_their_place_and_the_rest_is_made(jira: Client) -> None:
    """The list of made issues is compacted, so that only the refusals' numbers tell which is which."""
    wrong = update("Two", priority={"name": "Urgent"})
    answer = many(jira, update("One"), wrong, update("Three"), update("Four", customfield_1="x"))
    assert answer.status == 201
    assert [each["failedElementNumber"] for each in answer.json()["errors"]] == [1, 3]
    assert answer.json()["errors"][0]["elementErrors"]["errors"] == {"priority": "The priority selected is invalid."}
    assert [each["summary"] for each in books.issues(jira.site)] == ["One", "Three"]


def test_where_none_was_made_the_whole_is_refused(jira: Client) -> None:
    """It answers 400 in the same shape."""
    answer = many(jira, update(""), update("x", project={"key": "NONE"}))
    assert (answer.status, answer.json()["issues"]) == (400, [])
    assert [each["failedElementNumber"] for each in answer.json()["errors"]] == [0, 1]


class Strikes:
    """A fault that strikes every other time."""

    def __init__(self) -> None:
        """Not yet asked."""
        self.asked: list[str] = []

    def __call__(self, fault: str) -> bool:
        """Whether it strikes now."""
        self.asked.append(fault)
        return len(self.asked) % 2 == 0


def test_a_batch_can_fail_in_part_for_no_fault_of_the_client(jira: Client) -> None:
    """The fault is asked for each element, and those that it strikes are refused."""
    jira.site.strikes = Strikes()
    answer = many(jira, *(update(f"Order {number}") for number in range(4)))
    assert [each["failedElementNumber"] for each in answer.json()["errors"]] == [1, 3]
    assert [each["summary"] for each in books.issues(jira.site)] == ["Order 0", "Order 2"]


def test_a_hundred_issues_are_fetched_by_rising_id(jira: Client) -> None:
    """Keys, former keys and ids name them; repeats are answered once, and what cannot be seen is left out."""
    first, second, third = (jira.make(f"Order {number}") for number in range(3))
    former, now = second, jira.site.move_issue(second, "DEL")
    issue_id = books.issues(jira.site)[0]["id"]
    asked = {"issueIdsOrKeys": [third, former, now, issue_id, first, "PROC-99"], "fields": ["summary"]}
    found = jira.call("POST", "/issue/bulkfetch", asked).json()
    assert [each["key"] for each in found["issues"]] == [first, now, third]
    jira.site.hide_project("PROC", jira.people[0]["account_id"])
    seen = jira.call("POST", "/issue/bulkfetch", asked, by=jira.person()).json()
    assert [each["key"] for each in seen["issues"]] == [now]
    for wrong in ([], None, ["PROC-1"] * 101):
        assert jira.call("POST", "/issue/bulkfetch", {"issueIdsOrKeys": wrong}).status == 400


def test_pages_of_a_search_lead_to_every_issue(jira: Client) -> None:
    """Tokens lead on until the last page, which has none; no total is told."""
    made = [jira.make(f"Order {number}", labels=["mlc"]) for number in range(7)]
    asked: dict[str, object] = {"jql": "labels = mlc ORDER BY key ASC", "maxResults": 3, "fields": ["summary"]}
    seen: list[str] = []
    while True:
        page = jira.call("POST", "/search/jql", asked).json()
        assert "total" not in page
        seen += [each["key"] for each in page["issues"]]
        assert ("nextPageToken" in page) is not page["isLast"]
        if page["isLast"]:
            break
        asked["nextPageToken"] = page["nextPageToken"]
    assert seen == made


def test_only_the_id_is_shown_unless_more_is_asked_for(jira: Client) -> None:
    """Asked by GET or by POST."""
    issue = jira.make()
    issue_id = books.issues(jira.site)[0]["id"]
    assert jira.call("POST", "/search/jql", {"jql": "project = PROC"}).json()["issues"] == [{"id": issue_id}]
    shown = jira.call("GET", "/search/jql", jql="project = PROC", fields="status,summary").json()["issues"]
    assert (shown[0]["key"], set(shown[0]["fields"])) == (issue, {"status", "summary"})


@pytest.mark.parametrize(
    "jql", ["", "order by created", "nonsense = 1", "project = ", "project = NONE", "created > soon"]
)
def test_a_search_without_sense_or_bounds_is_refused(jira: Client, jql: str) -> None:
    """The messages say why."""
    answer = jira.call("POST", "/search/jql", {"jql": jql})
    assert (answer.status, len(answer.json()["errorMessages"])) == (400, 1)


def test_a_new_issue_can_be_late_in_the_index(jira: Client) -> None:
    """A lagging index shows it later, and at once to who names its id."""
    jira.switches["jira_search_lag_seconds"] = 30
    issue = jira.make(labels=["mlc"])
    issue_id = books.issues(jira.site)[0]["id"]
    assert keys(jira, "labels = mlc") == []
    assert keys(jira, "labels = mlc", reconcileIssues=[int(issue_id)]) == [issue]
    assert jira.call("GET", f"/issue/{issue}").status == 200
    jira.later(seconds=30)
    assert keys(jira, "labels = mlc") == [issue]


def test_a_forgetful_index_forgets_now_and_then(jira: Client) -> None:
    """An issue that was found is missing from some searches, and never from one that names its id."""
    issue = jira.make(labels=["mlc"])
    issue_id = books.issues(jira.site)[0]["id"]
    jira.switches["jira_search_forgets"] = True
    outcomes = [keys(jira, "labels = mlc") for _ in range(60)]
    assert {tuple(each) for each in outcomes} == {(), (issue,)}
    assert all(keys(jira, "labels = mlc", reconcileIssues=[int(issue_id)]) for _ in range(60))


def test_the_old_search_is_gone_unless_switched_on(jira: Client) -> None:
    """It answers 410 and names its successor."""
    jira.make()
    gone = jira.call("GET", "/search", jql="project = PROC")
    assert gone.status == 410
    assert "/search/jql" in gone.json()["errorMessages"][0]
    jira.switches["jira_classic_search"] = True
    assert jira.call("GET", "/search", jql="project = PROC").json()["total"] == 1


def test_a_count_is_told_apart_from_the_search(jira: Client) -> None:
    """What the caller cannot see does not count."""
    for project in ("PROC", "PROC", "DEL"):
        jira.make(project={"key": project})
    asked = {"jql": "summary ~ Order"}
    assert jira.call("POST", "/search/approximate-count", asked).json() == {"count": 3}
    jira.site.hide_project("PROC", jira.people[0]["account_id"])
    assert jira.call("POST", "/search/approximate-count", asked, by=jira.person()).json() == {"count": 1}


def test_a_search_by_labels_looks_at_those_issues_only(jira: Client) -> None:
    """Among a thousand issues, labels and keys lead to those that have them, and no other is a candidate."""
    for start in range(0, 1000, 50):
        many(jira, *(update(f"Order {number}", labels=[f"po-{number}"]) for number in range(start, start + 50)))
    listed = ", ".join(f"po-{number}" for number in range(200, 250))
    jql = f"project = PROC AND labels in ({listed})"
    assert len(keys(jira, jql)) == 50
    site = jira.site
    view = View(site, ORIGIN, "3", site.people()[0])
    for narrow, count in ((jql, 50), ("key in (PROC-1, PROC-2)", 2), ("project = PROC", 1000)):
        assert len(list(_candidates(view, compile_jql(narrow, {})))) == count


def test_thousands_of_hours_are_read_whole(jira: Client) -> None:
    """Five thousand entries on one issue are read by the feed in five pages and add up."""
    issue = jira.site.issue(jira.make())
    for number in range(5000):
        jira.site.add_worklog(issue.id, jira.people[number % 5]["account_id"], NOW - timedelta(days=1), 60)
        jira.clock.advance(0.5)
    jira.later(minutes=2)
    ids: list[int] = []
    since = 0
    for _ in range(5):
        page = jira.call("GET", "/worklog/updated", since=since).json()
        ids += [each["worklogId"] for each in page["values"]]
        since = page["until"] + 1
    assert (page["lastPage"], len(set(ids))) == (True, 5000)
    read = [jira.call("POST", "/worklog/list", {"ids": ids[at : at + 1000]}).json() for at in range(0, 5000, 1000)]
    assert sum(each["timeSpentSeconds"] for part in read for each in part) == 300_000
    assert jira.call("GET", f"/issue/{issue.key}", fields="timespent").json()["fields"]["timespent"] == 300_000
