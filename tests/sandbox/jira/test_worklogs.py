"""Hours in the simulated Jira: logged, changed and deleted by people, and told of by the site's feeds."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector_sandbox.jira import books
from ml_connector_sandbox.jira.site import JiraSite
from ml_connector_sandbox.jira.worklogs import PAGE, Feed, millis
from sandbox_site import NOW, STARTED, Client, document


@pytest.fixture
def jira() -> Client:
    """A client with a site of its own."""
    return Client()


def entry(jira: Client, worklog: str) -> dict[str, Any]:
    """One entry in the books."""
    return next(each for each in books.worklogs(jira.site) if each["id"] == worklog)


def feed(jira: Client, name: str, since: int = 0, by: str = "") -> list[str]:
    """The ids on the first page of a feed."""
    values = jira.call("GET", f"/worklog/{name}", by=by, since=since).json()["values"]
    return [str(value["worklogId"]) for value in values]


def test_hours_stand_in_the_books_as_the_person_logged_them(jira: Client) -> None:
    """Author, start with its offset, seconds and comment are kept exactly."""
    issue = jira.make()
    worklog = jira.log(
        issue, 5400, by=jira.person(1), started="2026-11-19T23:30:00.000-0500", comment=document("Prüfung")
    )
    kept = entry(jira, worklog)
    assert kept["author"] == jira.people[1]["account_id"]
    assert datetime.fromisoformat(kept["started"]) == datetime.fromisoformat("2026-11-19T23:30:00-05:00")
    assert (kept["issue_key"], kept["seconds"], kept["comment"]) == (issue, 5400, "Prüfung")


@pytest.mark.parametrize(
    ("words", "seconds"), [("1h 30m", 5400), ("1w", 144_000), ("2d", 57_600), ("1.5h", 5400), ("45m", 2700)]
)
def test_words_for_time_count_by_the_working_week(jira: Client, words: str, seconds: int) -> None:
    """A day is eight hours and a week five days unless the site says otherwise."""
    answer = jira.call("POST", f"/issue/{jira.make()}/worklog", {"started": STARTED, "timeSpent": words})
    assert entry(jira, answer.json()["id"])["seconds"] == seconds


@pytest.mark.parametrize(
    "asked",
    [
        {"timeSpentSeconds": 0},
        {"timeSpentSeconds": -60},
        {"timeSpentSeconds": "soon"},
        {"timeSpent": "a while"},
        {},
        {"timeSpentSeconds": 60, "started": "2026-11-19T08:00:00.000+00:00"},
        {"timeSpentSeconds": 60, "started": "2026-11-19T08:00:00Z"},
        {"timeSpentSeconds": 60, "started": "2026-02-30T08:00:00.000+0000"},
        {"timeSpentSeconds": 60, "comment": "plain text in version 3"},
        {"timeSpentSeconds": 60, "visibility": {"type": "group"}},
        {"timeSpentSeconds": 60, "visibility": "everybody"},
    ],
)
def test_hours_that_make_no_sense_are_refused_and_not_kept(jira: Client, asked: dict[str, object]) -> None:
    """No time, an unknown way to write a time or a text, or a restriction to nobody in particular gives 400."""
    answer = jira.call("POST", f"/issue/{jira.make()}/worklog", {"started": STARTED, **asked})
    assert answer.status == 400
    assert books.worklogs(jira.site) == []


def test_a_change_of_seconds_leaves_the_rest_alone(jira: Client) -> None:
    """Only what was sent changes, and when it did."""
    issue = jira.make()
    worklog = jira.log(issue, 3600, by=jira.person(), comment=document("Review"))
    before = entry(jira, worklog)
    jira.later(hours=2)
    answer = jira.call("PUT", f"/issue/{issue}/worklog/{worklog}", {"timeSpentSeconds": 7200}, by=jira.person())
    assert answer.status == 200
    assert entry(jira, worklog) == {**before, "seconds": 7200, "updated": (NOW + timedelta(hours=2)).isoformat()}


def test_a_deleted_entry_is_gone_for_readers_and_stays_in_the_books(jira: Client) -> None:
    """The issue no longer counts it; auditors still find it with the time of its deletion."""
    issue = jira.make()
    worklog = jira.log(issue, by=jira.person())
    jira.later(minutes=5)
    assert jira.call("DELETE", f"/issue/{issue}/worklog/{worklog}", by=jira.person()).status == 204
    assert jira.call("GET", f"/issue/{issue}/worklog/{worklog}").status == 404
    assert jira.call("GET", f"/issue/{issue}/worklog").json()["total"] == 0
    assert jira.call("DELETE", f"/issue/{issue}/worklog/{worklog}", by=jira.person()).status == 404
    kept = entry(jira, worklog)
    assert (kept["deleted"], kept["deleted_at"]) == (True, (NOW + timedelta(minutes=5)).isoformat())


def test_people_change_and_delete_their_own_hours_only(jira: Client) -> None:
    """Another person's hours need the permission for all hours, which administrators hold."""
    issue = jira.make()
    worklog = jira.log(issue, by=jira.person(0))
    path = f"/issue/{issue}/worklog/{worklog}"
    assert jira.call("PUT", path, {"timeSpentSeconds": 60}, by=jira.person(1)).status == 400
    assert jira.call("DELETE", path, by=jira.person(1)).status == 400
    assert jira.call("DELETE", f"/issue/{issue}/worklog", {"ids": [int(worklog)]}, by=jira.person(1)).status == 400
    assert entry(jira, worklog)["seconds"] == 3600
    assert jira.admin("PUT", path, {"timeSpentSeconds": 60}).status == 200
    assert entry(jira, worklog)["author"] == jira.people[0]["account_id"]


def test_the_feed_of_changes_holds_the_last_minute_back(jira: Client) -> None:
    """What was logged just now is told of a minute later, and the cursor does not run ahead of it."""
    worklog = jira.log(jira.make())
    first = jira.call("GET", "/worklog/updated", since=0).json()
    assert (first["values"], first["lastPage"]) == ([], True)
    jira.later(seconds=60)
    assert feed(jira, "updated", first["until"]) == [worklog]


def test_the_boundary_of_the_feed_is_inclusive(jira: Client) -> None:
    """Asking from the last cursor gives its entry again: clients have to tell repeats."""
    worklog = jira.log(jira.make())
    jira.later(minutes=2)
    until = jira.call("GET", "/worklog/updated", since=0).json()["until"]
    assert until == millis(NOW)
    assert feed(jira, "updated", until) == [worklog]
    assert feed(jira, "updated", until + 1) == []


def test_an_entry_stands_in_the_feed_once_at_its_last_change(jira: Client) -> None:
    """A change moves it on; a deletion takes it to the other feed."""
    issue = jira.make()
    first, second = jira.log(issue), jira.log(issue)
    jira.later(minutes=3)
    jira.call("PUT", f"/issue/{issue}/worklog/{first}", {"timeSpentSeconds": 60})
    jira.later(minutes=3)
    assert feed(jira, "updated") == [second, first]
    jira.call("DELETE", f"/issue/{issue}/worklog/{first}")
    jira.later(minutes=3)
    assert (feed(jira, "updated"), feed(jira, "deleted")) == ([second], [first])


def test_pages_of_the_feed_lead_to_every_entry(jira: Client) -> None:
    """Following `until` from page to page finds 2,500 entries of different times, none left out."""
    issue = jira.site.issue(jira.make())
    for _ in range(2500):
        jira.site.add_worklog(issue.id, jira.people[0]["account_id"], NOW, 60)
        jira.later(seconds=1)
    jira.later(minutes=2)
    seen, since, pages = set[str](), 0, 0
    while True:
        page = jira.call("GET", "/worklog/updated", since=since).json()
        seen |= {str(value["worklogId"]) for value in page["values"]}
        since, pages = page["until"], pages + 1
        assert ("nextPage" in page) is not page["lastPage"]
        if page["lastPage"]:
            break
    assert (seen, pages) == ({each["id"] for each in books.worklogs(jira.site)}, 3)


def test_a_page_of_one_instant_does_not_advance(jira: Client) -> None:
    """With more than a page of entries at one time, the cursor stays where it is: a trap that the feed really has."""
    issue = jira.site.issue(jira.make())
    for _ in range(PAGE + 1):
        jira.site.add_worklog(issue.id, jira.people[0]["account_id"], NOW, 60)
    jira.later(minutes=2)
    page = jira.call("GET", "/worklog/updated", since=millis(NOW)).json()
    assert (len(page["values"]), page["lastPage"], page["until"]) == (PAGE, False, millis(NOW))


def test_hours_that_one_may_not_see_are_in_no_list(jira: Client) -> None:
    """Feed and list leave out what is invisible; the feed of deletions is for everybody."""
    issue = jira.make()
    worklog = jira.log(issue)
    jira.later(minutes=2)
    account = jira.people[2]["account_id"]
    jira.site.hide_project("PROC", account)
    assert feed(jira, "updated", by=jira.person(2)) == []
    assert jira.call("POST", "/worklog/list", {"ids": [int(worklog)]}, by=jira.person(2)).json() == []
    jira.call("DELETE", f"/issue/{issue}/worklog/{worklog}")
    jira.later(minutes=2)
    assert feed(jira, "deleted", by=jira.person(2)) == [worklog]
    jira.site.show_project("PROC", account)
    assert jira.call("GET", f"/issue/{issue}", by=jira.person(2)).status == 200


def test_an_entry_kept_to_a_group_is_seen_by_the_group_and_its_author(jira: Client) -> None:
    """Others find it nowhere: not by id, not on the issue, not in the feed."""
    issue = jira.make()
    restriction = {"type": "group", "value": "jira-administrators"}
    worklog = jira.log(issue, by=jira.person(0), visibility=restriction)
    jira.later(minutes=2)
    path = f"/issue/{issue}/worklog"
    assert jira.call("GET", f"{path}/{worklog}", by=jira.person(0)).json()["visibility"] == restriction
    assert jira.admin("GET", path).json()["total"] == 1
    assert jira.call("GET", path, by=jira.person(1)).json()["total"] == 0
    assert jira.call("GET", f"{path}/{worklog}", by=jira.person(1)).status == 404
    assert feed(jira, "updated", by=jira.person(1)) == []


def test_the_list_takes_one_to_a_thousand_ids(jira: Client) -> None:
    """Deleted and unknown ids are left out, and more than it takes refused."""
    issue = jira.make()
    first, second = jira.log(issue), jira.log(issue)
    jira.call("DELETE", f"/issue/{issue}/worklog/{first}")
    ids = [int(first), int(second), 99_999]
    assert [each["id"] for each in jira.call("POST", "/worklog/list", {"ids": ids}).json()] == [second]
    for wrong in ([], list(range(1001)), None):
        assert jira.call("POST", "/worklog/list", {"ids": wrong}).status == 400
    assert jira.call("POST", "/worklog/list", {"ids": list(range(1000))}).status == 200


def test_an_issue_lists_its_hours_by_page_and_by_start(jira: Client) -> None:
    """Both ends of the span are included, and the total counts all that fit."""
    issue = jira.make()
    days = [jira.log(issue, started=f"2026-11-{day}T08:00:00.000+0000") for day in (16, 17, 18, 19)]
    page = jira.call("GET", f"/issue/{issue}/worklog", startAt=1, maxResults=2).json()
    assert ([each["id"] for each in page["worklogs"]], page["total"]) == (days[1:3], 4)
    after, before = (millis(datetime.fromisoformat(f"2026-11-{day}T08:00:00+00:00")) for day in (17, 18))
    span = jira.call("GET", f"/issue/{issue}/worklog", startedAfter=after, startedBefore=before).json()
    assert [each["id"] for each in span["worklogs"]] == days[1:3]


def test_the_issue_counts_its_hours(jira: Client) -> None:
    """Logging, changing and deleting change the issue's own time, and only twenty entries are embedded."""
    issue = jira.make()
    ids = [jira.log(issue, 60) for _ in range(25)]
    jira.call("PUT", f"/issue/{issue}/worklog/{ids[0]}", {"timeSpentSeconds": 120})
    jira.call("DELETE", f"/issue/{issue}/worklog/{ids[1]}")
    fields = jira.call("GET", f"/issue/{issue}", fields="timespent,timetracking,worklog").json()["fields"]
    assert (fields["timespent"], fields["timetracking"]["timeSpentSeconds"]) == (1500, 1500)
    assert (fields["worklog"]["total"], len(fields["worklog"]["worklogs"])) == (24, 20)


def test_a_full_issue_takes_no_more_hours(jira: Client) -> None:
    """Its limit is a switch, and reached it answers 413."""
    jira.switches["jira_worklogs_per_issue"] = 2
    issue = jira.make()
    for _ in range(2):
        jira.log(issue)
    answer = jira.call("POST", f"/issue/{issue}/worklog", {"started": STARTED, "timeSpentSeconds": 60})
    assert answer.status == 413
    assert len(books.worklogs(jira.site)) == 2


def test_entries_move_to_another_issue_in_silence(jira: Client) -> None:
    """The issue of a known entry changes, its time of change does not, and the feed tells only by a switch."""
    here, there = jira.make(), jira.make()
    worklog = jira.log(here)
    jira.later(minutes=5)
    cursor = millis(jira.clock.now())
    asked = {"ids": [int(worklog)], "issueIdOrKey": there}
    assert jira.admin("POST", f"/issue/{here}/worklog/move", asked).status == 204
    jira.later(minutes=5)
    assert (entry(jira, worklog)["issue_key"], feed(jira, "updated", cursor)) == (there, [])
    jira.switches["jira_move_in_feed"] = True
    jira.admin("POST", f"/issue/{there}/worklog/move", {"ids": [int(worklog)], "issueIdOrKey": here})
    jira.later(minutes=5)
    assert feed(jira, "updated", cursor) == [worklog]


def test_many_entries_go_at_once(jira: Client) -> None:
    """One entry of another issue among them, and none is deleted."""
    here, there = jira.make(), jira.make()
    mine, other = [jira.log(here), jira.log(here)], jira.log(there)
    path = f"/issue/{here}/worklog"
    for wrong, status in (([*mine, other], 404), ([], 400), (None, 400)):
        assert jira.call("DELETE", path, {"ids": wrong}).status == status
    assert not any(each["deleted"] for each in books.worklogs(jira.site))
    assert jira.call("DELETE", path, {"ids": [int(each) for each in mine]}).status == 204
    assert {each["id"] for each in books.worklogs(jira.site) if each["deleted"]} == set(mine)


@pytest.mark.parametrize("told", [False, True])
def test_the_hours_of_a_deleted_issue_vanish(jira: Client, *, told: bool) -> None:
    """They are in no list any more; whether the feed of deletions tells is a switch."""
    jira.switches["jira_issue_deletion_in_feed"] = told
    issue = jira.make()
    worklog = jira.log(issue)
    jira.site.delete_issue(issue)
    jira.later(minutes=2)
    assert feed(jira, "updated") == []
    assert feed(jira, "deleted") == ([worklog] if told else [])
    assert entry(jira, worklog)["deleted"]


def test_properties_of_an_entry_are_kept_until_taken_away(jira: Client) -> None:
    """A first write answers 201 and the next 200; what is no JSON is refused."""
    path = f"/issue/{(issue := jira.make())}/worklog/{jira.log(issue)}/properties"
    assert [jira.call("PUT", f"{path}/posted", {"run": run}).status for run in (1, 2)] == [201, 200]
    assert jira.call("GET", f"{path}/posted").json()["value"] == {"run": 2}
    assert [each["key"] for each in jira.call("GET", path).json()["keys"]] == ["posted"]
    assert jira.call("PUT", f"{path}/posted").status == 400
    assert jira.call("DELETE", f"{path}/posted").status == 204
    assert jira.call("GET", f"{path}/posted").status == 404


def test_a_falsy_property_can_be_taken_away_too(jira: Client) -> None:
    """The value null is a value."""
    path = f"/issue/{(issue := jira.make())}/worklog/{jira.log(issue)}/properties/nothing"
    headers = {"authorization": jira.basic()}
    assert jira.send("PUT", f"http://acme.localhost/rest/api/3{path}", headers, b"null").status == 201
    assert jira.call("DELETE", path).status == 204


def copies(jira: Client) -> list[JiraSite]:
    """The site copied in both ways."""
    return [copy.deepcopy(jira.site), pickle.loads(pickle.dumps(jira.site))]


def test_a_copy_of_the_site_is_independent(jira: Client) -> None:
    """Hours logged in a copy are not in the original, and both go on with the same ids."""
    issue = jira.make()
    jira.log(issue)
    for other in copies(jira):
        made = other.add_worklog(other.issue(issue).id, other.people()[0].account_id, NOW, 60)
        assert len(books.worklogs(other)) == 2
        assert len(books.worklogs(jira.site)) == 1
        assert made.id == str(int(books.worklogs(jira.site)[0]["id"]) + 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 3), st.booleans()), max_size=40))
def test_the_feed_holds_the_last_time_of_each_id_in_order(steps: list[tuple[int, int, bool]]) -> None:
    """Whatever is noted and dropped, the feed equals a table of last times sorted by time and id."""
    made, model, now = Feed(), dict[str, int](), NOW
    for number, gap, kept in steps:
        now += timedelta(seconds=gap)
        if kept:
            made.note(str(number), now)
            model[str(number)] = millis(now)
        else:
            made.drop(str(number))
            model.pop(str(number), None)
    page = made.page(0, millis(now), lambda _id: True)
    assert list(page.changes) == sorted(model.items(), key=lambda item: (item[1], int(item[0])))
