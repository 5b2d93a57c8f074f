"""Issues in the simulated Jira: created, changed, moved along, moved away, hidden and deleted."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector_sandbox.jira import books
from ml_connector_sandbox.jira.app import ROUTES
from ml_connector_sandbox.jira.site import Invalid, NotThere
from sandbox_site import ORIGIN, Client, document


@pytest.fixture
def jira() -> Client:
    """A client with a site of its own."""
    return Client()


def kept(jira: Client, key: str) -> dict[str, Any]:
    """An issue in the books."""
    return next(each for each in books.issues(jira.site) if each["key"] == key)


def names(jira: Client, issue: str) -> list[str]:
    """The names of the transitions that an issue offers, in order."""
    return [each["name"] for each in jira.call("GET", f"/issue/{issue}/transitions").json()["transitions"]]


def go(jira: Client, issue: str, name: str) -> int:
    """Take a transition by its name; the status of the answer."""
    offered = jira.call("GET", f"/issue/{issue}/transitions").json()["transitions"]
    wanted = next(each["id"] for each in offered if each["name"] == name)
    return jira.call("POST", f"/issue/{issue}/transitions", {"transition": {"id": wanted}}).status


def test_an_issue_stands_in_the_books_as_it_was_sent(jira: Client) -> None:
    """Texts, labels, priority and custom fields are kept, and the key counts on in its project."""
    amount = jira.field("Authorized Amount")
    first = jira.make("Заказ 4711", description=document("Zwei\u00a0Stühle"), labels=["po-4711"], **{amount: 1250.5})
    second = jira.make(priority={"name": "High"})
    assert (first, second) == ("PROC-1", "PROC-2")
    found = kept(jira, first)
    assert (found["summary"], found["description"]) == ("Заказ 4711", "Zwei\u00a0Stühle")
    assert (found["labels"], found["fields"], found["status"]) == (["po-4711"], {"Authorized Amount": 1250.5}, "To Do")
    assert (kept(jira, second)["priority"], found["priority"]) == ("High", "Medium")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"project": {"key": "NONE"}}, "project"),
        ({"project": None}, "project"),
        ({"issuetype": {"name": "Order"}}, "issuetype"),
        ({"issuetype": None}, "issuetype"),
        ({"summary": " "}, "summary"),
        ({"summary": "x" * 256}, "summary"),
        ({"summary": "two\nlines"}, "summary"),
        ({"summary": {"text": "an object"}}, "summary"),
        ({"labels": ["two words"]}, "labels"),
        ({"labels": "po-1"}, "labels"),
        ({"labels": [{"name": "po-1"}]}, "labels"),
        ({"priority": {"name": "Urgent"}}, "priority"),
        ({"assignee": {"accountId": "nobody"}}, "assignee"),
        ({"parent": {"key": "PROC-99"}}, "parent"),
        ({"duedate": "tomorrow"}, "duedate"),
        ({"description": "plain text in version 3"}, "description"),
        ({"description": {"type": "doc", "version": 1, "content": ["text"]}}, "description"),
        ({"description": document("x" * 32_768)}, "description"),
        ({"customfield_99999": "?"}, "customfield_99999"),
        ({"status": {"name": "Done"}}, "status"),
    ],
)
def test_what_cannot_be_set_is_refused_by_name_and_nothing_is_made(
    jira: Client, fields: dict[str, object], name: str
) -> None:
    """Each refusal names its field, and neither an issue nor a number is used up."""
    asked = {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "Order", **fields}
    answer = jira.call("POST", "/issue", {"fields": asked})
    assert (answer.status, list(answer.json()["errors"])) == (400, [name])
    assert books.issues(jira.site) == []
    assert jira.make() == "PROC-1"


@pytest.mark.parametrize(
    "sent",
    [
        b'{"fields": {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "a", "labels": NaN}}',
        b"{",
        b"[]",
        b'"text"',
        b'{"fields": []}',
        b'{"fields": {"project": 1, "issuetype": 2}}',
        b'{"fields": 1}',
        b'{"fields": {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "a"}, "properties": [{}]}',
        b'{"fields": {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "a"}, "properties": 1}',
    ],
)
def test_a_body_that_makes_no_sense_is_refused(jira: Client, sent: bytes) -> None:
    """It is told as the client's fault, and no number is used up."""
    headers = {"authorization": jira.basic(), "content-type": "application/json"}
    assert jira.send("POST", f"{ORIGIN}/rest/api/3/issue", headers, sent).status == 400
    assert books.issues(jira.site) == []
    assert jira.make() == "PROC-1"


NAMES = sorted(
    {"accountId", "add", "body", "comment", "content", "customfield_10106", "description", "fieldId", "fields", "id"}
    | {"ids", "inwardIssue", "issueIdOrKey", "issueIdsOrKeys", "issueUpdates", "issuetype", "jql", "key", "labels"}
    | {"name", "object", "outwardIssue", "parent", "project", "properties", "remove", "set", "started", "summary"}
    | {"timeSpent", "timeSpentSeconds", "title", "transition", "type", "update", "url", "version", "visibility"}
)
LEAVES = st.sampled_from(["", "x", "PROC", "PROC-1", "Task", "doc", "1h", "Blocks", "labels = x", "10001", 1, -1, 1.5])
ANYTHING = st.recursive(
    LEAVES | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
GOOD = {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "Order"}
WRITES = [(method, path) for method, path, _, _ in ROUTES if method in ("POST", "PUT")]


def with_hours() -> Client:
    """A site with one issue and one entry of hours."""
    jira = Client()
    jira.log(jira.make(labels=["x"]))
    return jira


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(WRITES), st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=5), st.booleans())
def test_whatever_is_sent_is_answered(write: tuple[str, str], sent: dict[str, Any], good: bool) -> None:  # noqa: FBT001 - hypothesis passes by place
    """No body makes the site fail: it is taken, or refused as the client's fault, and the books can still be read."""
    jira = with_hours()
    body = {**sent, "fields": {**GOOD, **sent}} if good else sent
    places = {"issue": "PROC-1", "worklog": "10001", "key": "k", "comment": "1", "screen": "1", "tab": "1"}
    answer = jira.admin(write[0], write[1].format(**places), body)
    assert 200 <= answer.status < 500
    assert json.dumps(books.issues(jira.site), allow_nan=False)


def test_a_field_on_no_screen_cannot_be_set_until_it_is_put_there(jira: Client) -> None:
    """It exists, and creating and editing refuse it in Jira's words."""
    audit, issue = jira.field("Audit Note"), jira.make()
    refusal = {audit: f"Field '{audit}' cannot be set. It is not on the appropriate screen, or unknown."}
    edited = jira.call("PUT", f"/issue/{issue}", {"fields": {audit: "seen"}})
    assert (edited.status, edited.json()["errors"]) == (400, refusal)
    assert jira.admin("POST", "/screens/1/tabs/1/fields", {"fieldId": audit}).status == 200
    assert jira.call("PUT", f"/issue/{issue}", {"fields": {audit: "seen"}}).status == 204
    assert kept(jira, issue)["fields"] == {"Audit Note": "seen"}


def test_custom_fields_take_values_of_their_type(jira: Client) -> None:
    """Numbers want numbers and texts want texts, and null takes a value away."""
    number, text, issue = jira.field("Authorized Amount"), jira.field("Vendor"), jira.make()
    for wrong in ({number: "100"}, {number: float("inf")}, {number: True}, {text: 7}, {text: "x" * 256}):
        assert jira.call("PUT", f"/issue/{issue}", {"fields": wrong}).status == 400
    jira.call("PUT", f"/issue/{issue}", {"fields": {number: 12, text: "Müller"}})
    assert kept(jira, issue)["fields"] == {"Authorized Amount": 12, "Vendor": "Müller"}
    jira.call("PUT", f"/issue/{issue}", {"fields": {number: None}})
    assert kept(jira, issue)["fields"] == {"Vendor": "Müller"}


def test_an_edit_changes_what_is_named_or_nothing(jira: Client) -> None:
    """One field refused leaves the others as they were."""
    issue = jira.make("Before", labels=["kept"])
    wrong = {"fields": {"summary": "After", "priority": {"name": "Urgent"}}}
    assert jira.call("PUT", f"/issue/{issue}", wrong).status == 400
    assert kept(jira, issue)["summary"] == "Before"
    assert jira.call("PUT", f"/issue/{issue}", {"fields": {"summary": "After"}}).status == 204
    assert (kept(jira, issue)["summary"], kept(jira, issue)["labels"]) == ("After", ["kept"])
    shown = jira.call("PUT", f"/issue/{issue}", {"fields": {"summary": "Again"}}, returnIssue="true")
    assert (shown.status, shown.json()["fields"]["summary"]) == (200, "Again")


def test_labels_are_added_and_removed_one_by_one(jira: Client) -> None:
    """Operations act in the order sent, and search finds the outcome."""
    issue = jira.make(labels=["a", "b"])
    jira.call("PUT", f"/issue/{issue}", {"update": {"labels": [{"add": "c"}, {"remove": "a"}, {"add": "b"}]}})
    assert kept(jira, issue)["labels"] == ["b", "c"]
    for label, count in (("a", 0), ("b", 1), ("c", 1)):
        found = jira.call("POST", "/search/jql", {"jql": f"labels = {label}"}).json()
        assert len(found["issues"]) == count


@pytest.mark.parametrize(
    "update", [[], 1, {"labels": 1}, {"labels": [1]}, {"summary": [{"add": "x"}]}, {"labels": [{"set": 1}]}]
)
def test_an_update_that_makes_no_sense_is_refused(jira: Client, update: object) -> None:
    """It is told as the client's fault, and the issue stays as it was."""
    issue = jira.make(labels=["a"])
    before = kept(jira, issue)
    assert jira.call("PUT", f"/issue/{issue}", {"update": update}).status == 400
    assert {**kept(jira, issue), "updated": ""} == {**before, "updated": ""}


def test_every_status_leads_to_every_other(jira: Client) -> None:
    """A transition changes the status and stands in the history with its person."""
    issue = jira.make()
    assert names(jira, issue) == ["To Do", "In Progress", "In Review", "Done"]
    assert [go(jira, issue, name) for name in ("Done", "In Review")] == [204, 204]
    assert kept(jira, issue)["status"] == "In Review"
    history = jira.call("GET", f"/issue/{issue}/changelog").json()["values"]
    assert [each["items"][0]["toString"] for each in history] == ["Done", "In Review"]
    assert jira.call("GET", f"/issue/{issue}", fields="resolution").json()["fields"]["resolution"] is None


@pytest.mark.parametrize("transition", [{"id": "999"}, {}, None, "11", {"name": "Done"}])
def test_a_transition_that_is_not_offered_is_refused(jira: Client, transition: object) -> None:
    """The status stays."""
    issue = jira.make()
    assert jira.call("POST", f"/issue/{issue}/transitions", {"transition": transition}).status == 400
    assert kept(jira, issue)["status"] == "To Do"


def test_version_2_and_latest_speak_plain_text(jira: Client) -> None:
    """One stored text shows as a document in version 3 and as text elsewhere, and is taken as either."""
    issue = jira.make(description=document("First"))
    for version in ("2", "latest"):
        shown = jira.call("GET", f"/issue/{issue}", version=version, fields="description").json()
        assert shown["fields"]["description"] == "First"
        assert shown["self"].startswith(f"{ORIGIN}/rest/api/{version}/issue/")
    edited = {"fields": {"description": "Second\n\nThird"}}
    assert jira.call("PUT", f"/issue/{issue}", edited, version="2").status == 204
    again = jira.call("GET", f"/issue/{issue}", fields="description").json()["fields"]["description"]
    assert [part["content"][0]["text"] for part in again["content"]] == ["Second", "Third"]
    assert jira.call("GET", f"/issue/{issue}", version="4").status == 404


def test_fields_are_shown_as_asked_for(jira: Client) -> None:
    """Joined by commas, all, and all but one."""
    issue = jira.make()
    shown = jira.call("GET", f"/issue/{issue}", fields="summary,status").json()["fields"]
    assert set(shown) == {"summary", "status"}
    everything = set(jira.call("GET", f"/issue/{issue}").json()["fields"])
    less = set(jira.call("GET", f"/issue/{issue}", fields="*all,-comment").json()["fields"])
    assert everything - less == {"comment"}


def test_a_moved_issue_is_found_by_its_former_key(jira: Client) -> None:
    """The id stays, the key is new, and the old key answers 200 with the new one."""
    former = jira.make()
    issue_id = kept(jira, former)["id"]
    now = jira.site.move_issue(former, "DEL")
    assert now == "DEL-1"
    for name in (former, former.lower(), now, issue_id):
        answer = jira.call("GET", f"/issue/{name}", fields="project")
        assert (answer.status, answer.json()["id"], answer.json()["key"]) == (200, issue_id, now)
        assert answer.json()["fields"]["project"]["key"] == "DEL"
    assert [jira.make(), jira.site.issues_of("PROC")[0].key] == ["PROC-2", "PROC-2"]


def test_the_invisible_and_the_unknown_look_alike(jira: Client) -> None:
    """Both give 404 with the same words, for reading and for every way to change."""
    issue = jira.make()
    account = jira.people[0]["account_id"]
    jira.site.hide_project("PROC", account)
    hidden = jira.call("GET", f"/issue/{issue}", by=jira.person())
    assert (hidden.status, hidden.body) == (404, jira.call("GET", "/issue/PROC-99", by=jira.person()).body)
    assert jira.call("PUT", f"/issue/{issue}", {"fields": {"summary": "x"}}, by=jira.person()).status == 404
    assert jira.call("DELETE", f"/issue/{issue}", by=jira.person()).status == 404
    assert jira.call("POST", "/search/jql", {"jql": "summary ~ Order"}, by=jira.person()).json()["issues"] == []
    assert not kept(jira, issue)["deleted"]


def test_a_deleted_issue_is_gone_and_stays_in_the_books(jira: Client) -> None:
    """Neither its key nor its label finds it, and its number is never used again."""
    issue = jira.make(labels=["po-1"])
    assert jira.call("DELETE", f"/issue/{issue}").status == 204
    assert jira.call("GET", f"/issue/{issue}").status == 404
    assert jira.call("POST", "/search/jql", {"jql": "labels = po-1"}).json()["issues"] == []
    assert kept(jira, issue)["deleted"]
    assert jira.make() == "PROC-2"


def test_an_issue_with_sub_tasks_goes_with_them_or_not_at_all(jira: Client) -> None:
    """Deleting asks for consent to the sub-tasks first."""
    parent = jira.make()
    child = jira.make(issuetype={"name": "Sub-task"}, parent={"key": parent})
    assert jira.call("DELETE", f"/issue/{parent}").status == 400
    assert not kept(jira, parent)["deleted"]
    assert jira.call("DELETE", f"/issue/{parent}", deleteSubtasks="true").status == 204
    assert kept(jira, parent)["deleted"]
    assert kept(jira, child)["deleted"]


def test_a_deleted_project_takes_its_issues_along(jira: Client) -> None:
    """Issues that were moved away before stay; the project is found no more."""
    stays, goes = jira.make(), jira.make()
    moved = jira.site.move_issue(stays, "OPS")
    jira.site.delete_project("PROC")
    assert jira.call("GET", "/project/PROC").status == 404
    assert jira.call("GET", f"/issue/{goes}").status == 404
    assert jira.call("GET", f"/issue/{stays}").json()["key"] == moved
    answer = jira.call("POST", "/search/jql", {"jql": "project = PROC"})
    assert (answer.status, answer.json()["errorMessages"]) == (
        400,
        ["The value 'PROC' does not exist for the field 'project'."],
    )


def test_the_pages_of_a_site_act_on_the_same_books(jira: Client) -> None:
    """The plain methods refuse what REST refuses."""
    issue = jira.make()
    jira.site.transition(issue, "Done")
    assert kept(jira, issue)["status"] == "Done"
    with pytest.raises(Invalid):
        jira.site.transition(issue, "Nowhere")
    with pytest.raises(NotThere):
        jira.site.move_issue("PROC-99", "DEL")


def test_somebody_is_assigned_and_nobody_again(jira: Client) -> None:
    """An unknown account is refused."""
    issue, account = jira.make(), jira.people[3]["account_id"]
    for asked, shown in ((account, account), (None, None)):
        assert jira.call("PUT", f"/issue/{issue}/assignee", {"accountId": asked}).status == 204
        found = jira.call("GET", f"/issue/{issue}", fields="assignee").json()["fields"]["assignee"]
        assert (found and found["accountId"]) == shown
    assert jira.call("PUT", f"/issue/{issue}/assignee", {"accountId": "nobody"}).status == 400


def test_remarks_are_added_changed_and_deleted(jira: Client) -> None:
    """An empty one is refused, and another person's stays as it is."""
    issue = jira.make()
    made = jira.call("POST", f"/issue/{issue}/comment", {"body": document("Seen")}, by=jira.person()).json()
    path = f"/issue/{issue}/comment/{made['id']}"
    assert jira.call("PUT", path, {"body": document("Approved")}, by=jira.person()).status == 200
    assert jira.call("GET", path, version="2").json()["body"] == "Approved"
    for wrong in ({"body": document("")}, {"body": "text"}, {}):
        assert jira.call("POST", f"/issue/{issue}/comment", wrong).status == 400
        assert jira.call("PUT", path, wrong, by=jira.person()).status == 400
    assert jira.call("GET", path, version="2").json()["body"] == "Approved"
    assert jira.call("PUT", path, {"body": document("Mine")}, by=jira.person(1)).status == 400
    assert jira.call("DELETE", path, by=jira.person(1)).status == 400
    assert jira.call("DELETE", path, by=jira.person()).status == 204
    assert jira.call("GET", f"/issue/{issue}/comment").json()["total"] == 0


def test_a_remark_can_come_with_a_change(jira: Client) -> None:
    """Editing and transitions take one along, and an empty one refuses the whole change."""
    issue = jira.make("Before")
    said = {"update": {"comment": [{"add": {"body": document("Why")}}]}}
    assert jira.call("PUT", f"/issue/{issue}", said).status == 204
    done = jira.call("GET", f"/issue/{issue}/transitions").json()["transitions"][-1]["id"]
    assert jira.call("POST", f"/issue/{issue}/transitions", {"transition": {"id": done}, **said}).status == 204
    assert jira.call("GET", f"/issue/{issue}/comment").json()["total"] == 2
    empty = {"fields": {"summary": "After"}, "update": {"comment": [{"add": {"body": document(" ")}}]}}
    assert jira.call("PUT", f"/issue/{issue}", empty).status == 400
    assert (kept(jira, issue)["summary"], kept(jira, issue)["status"]) == ("Before", "Done")


def test_a_link_with_a_global_id_is_replaced(jira: Client) -> None:
    """Writing again answers 200 and the same id; without a global id each write adds one."""
    issue = jira.make()
    target = {"url": "https://erp.example/po/1", "title": "Order 1"}
    path = f"/issue/{issue}/remotelink"
    first = jira.call("POST", path, {"globalId": "po=1", "object": target})
    again = jira.call("POST", path, {"globalId": "po=1", "object": {**target, "title": "Order 1a"}})
    assert (first.status, again.status, first.json()["id"]) == (201, 200, again.json()["id"])
    assert jira.call("GET", path, globalId="po=1").json()["object"]["title"] == "Order 1a"
    for _ in range(2):
        jira.call("POST", path, {"object": target})
    assert len(jira.call("GET", path).json()) == 3
    for wrong in ({}, {"object": "text"}, {"object": {"url": "x"}}):
        assert jira.call("POST", path, wrong).status == 400


def test_issues_are_linked_once(jira: Client) -> None:
    """A link shows on both issues from its own side, and a repeated one is reported made and adds none."""
    first, second = jira.make(), jira.make()
    asked = {"type": {"name": "Blocks"}, "inwardIssue": {"key": first}, "outwardIssue": {"key": second}}
    for _ in range(2):
        answer = jira.call("POST", "/issueLink", asked)
        assert (answer.status, answer.body) == (201, b"")
    links = {
        key: jira.call("GET", f"/issue/{key}", fields="issuelinks").json()["fields"]["issuelinks"]
        for key in (first, second)
    }
    assert [each["outwardIssue"]["key"] for each in links[first]] == [second]
    assert [each["inwardIssue"]["key"] for each in links[second]] == [first]
    assert jira.call("POST", "/issueLink", {**asked, "type": {"name": "Duplicates"}}).status == 404
    assert jira.call("POST", "/issueLink", {**asked, "inwardIssue": {"key": "PROC-99"}}).status == 404
    assert jira.call("DELETE", f"/issueLink/{links[first][0]['id']}").status == 204
    assert jira.call("GET", f"/issue/{second}", fields="issuelinks").json()["fields"]["issuelinks"] == []


def test_properties_are_made_with_the_issue_or_later(jira: Client) -> None:
    """A first write answers 201 and the next 200."""
    made = jira.call(
        "POST",
        "/issue",
        {
            "fields": {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "Order"},
            "properties": [{"key": "origin", "value": {"order": "4711"}}],
        },
    ).json()["key"]
    assert jira.call("GET", f"/issue/{made}/properties/origin").json()["value"] == {"order": "4711"}
    assert [jira.call("PUT", f"/issue/{made}/properties/run", value).status for value in (1, 2)] == [201, 200]
    assert jira.call("PUT", f"/issue/{made}/properties/run").status == 400
    assert jira.call("DELETE", f"/issue/{made}/properties/run").status == 204
    assert [each["key"] for each in jira.call("GET", f"/issue/{made}/properties").json()["keys"]] == ["origin"]


def test_a_copy_of_the_site_is_independent(jira: Client) -> None:
    """What happens to a copy does not happen to the original."""
    issue = jira.make(labels=["a"])
    for other in (copy.deepcopy(jira.site), pickle.loads(pickle.dumps(jira.site))):
        other.delete_issue(issue)
        assert not kept(jira, issue)["deleted"]
        assert jira.site.ids_by_label["a"] == {kept(jira, issue)["id"]}
