"""What the simulated Jira tells of itself: projects, types, fields, screens, people and permissions."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox_site import Client

PLUGIN = "com.atlassian.jira.plugin.system.customfieldtypes"
TEXT = f"{PLUGIN}:textfield"


@pytest.fixture
def jira() -> Client:
    """A client with a site of its own."""
    return Client()


def keys(answer: Any) -> list[str]:
    """The keys of a page of projects."""
    return [each["key"] for each in answer.json()["values"]]


def creatable(jira: Client, **query: Any) -> dict[str, Any]:
    """The fields that can be set on creation, by name."""
    found = jira.call("GET", "/issue/createmeta/PROC/issuetypes/10001", **query).json()["fields"]
    return {each["name"]: each for each in found}


def test_a_person_sees_the_projects_that_are_shown(jira: Client) -> None:
    """Hidden ones are in no list and found by nobody else's key."""
    assert keys(jira.call("GET", "/project/search")) == ["PROC", "DEL", "OPS"]
    jira.site.hide_project("DEL", jira.people[0]["account_id"])
    by = jira.person()
    assert keys(jira.call("GET", "/project/search", by=by)) == ["PROC", "OPS"]
    assert [each["key"] for each in jira.call("GET", "/project", by=by).json()] == ["PROC", "OPS"]
    for path, status in (("/project/DEL", 404), ("/issue/createmeta/DEL/issuetypes", 400)):
        assert jira.call("GET", path, by=by).status == status
        assert jira.call("GET", path).status == 200


def test_projects_come_by_page_key_and_text(jira: Client) -> None:
    """The last page says that it is the last."""
    first = jira.call("GET", "/project/search", maxResults=2)
    assert (keys(first), first.json()["isLast"], first.json()["total"]) == (["PROC", "DEL"], False, 3)
    assert keys(jira.call("GET", "/project/search", startAt=2, maxResults=2)) == ["OPS"]
    assert keys(jira.call("GET", "/project/search", keys="OPS,PROC")) == ["PROC", "OPS"]
    assert keys(jira.call("GET", "/project/search", query="deliv")) == ["DEL"]
    assert jira.call("GET", "/project/search", startAt="one").status == 400


def test_a_project_is_found_by_key_and_id(jira: Client) -> None:
    """With its lead and its issue types."""
    found = jira.call("GET", "/project/proc").json()
    assert jira.call("GET", f"/project/{found['id']}").json() == found
    assert [each["name"] for each in found["issueTypes"]] == ["Task", "Story", "Bug", "Epic", "Sub-task"]
    assert jira.call("GET", "/project/NONE").status == 404


def test_creation_tells_the_fields_on_the_screen(jira: Client) -> None:
    """Required ones, allowed values, and nothing that would be refused."""
    found = creatable(jira, maxResults=200)
    assert {name for name, each in found.items() if each["required"]} == {"Summary", "Issue Type", "Project"}
    priorities = [each["name"] for each in found["Priority"]["allowedValues"]]
    assert priorities == ["Highest", "High", "Medium", "Low", "Lowest"]
    assert found["Authorized Amount"]["schema"]["type"] == "number"
    assert "Audit Note" not in found
    assert "Status" not in found


def test_create_metadata_comes_by_page_of_at_most_200(jira: Client) -> None:
    """More than that is refused, and all pages together hold every field once."""
    path = "/issue/createmeta/PROC/issuetypes/10001"
    for wrong in (0, 201):
        assert jira.call("GET", path, maxResults=wrong).status == 400
    total = jira.call("GET", path).json()["total"]
    paged = [name for start in range(0, total, 4) for name in creatable(jira, startAt=start, maxResults=4)]
    assert paged == list(creatable(jira, maxResults=200))
    assert jira.call("GET", "/issue/createmeta/PROC/issuetypes/999").status == 400


def test_the_old_form_tells_the_same_fields(jira: Client) -> None:
    """Clients of today still ask for it."""
    answer = jira.call(
        "GET", "/issue/createmeta", projectKeys="PROC", issuetypeNames="Task", expand="projects.issuetypes.fields"
    )
    project = answer.json()["projects"][0]
    shown = project["issuetypes"][0]["fields"]
    assert {each["name"] for each in shown.values()} == set(creatable(jira, maxResults=200))


def test_a_new_field_is_on_no_screen(jira: Client) -> None:
    """An administrator makes it and puts it there; nobody else does either."""
    asked = {"name": "Contract", "type": TEXT, "searcherKey": f"{PLUGIN}:textsearcher"}
    assert jira.call("POST", "/field", asked).status == 400
    for wrong in ({"type": TEXT}, {"name": "x", "type": "none"}, {"name": "x"}):
        assert jira.admin("POST", "/field", wrong).status == 400
    made = jira.admin("POST", "/field", asked)
    assert made.status == 201
    field = made.json()["id"]
    assert "Contract" not in creatable(jira, maxResults=200)
    tab = "/screens/1/tabs/1/fields"
    assert jira.call("POST", tab, {"fieldId": field}).status == 403
    assert jira.admin("POST", tab, {"fieldId": "customfield_1"}).status == 404
    assert jira.admin("POST", tab, {"fieldId": field}).status == 200
    assert "Contract" in creatable(jira, maxResults=200)
    assert field in [each["id"] for each in jira.admin("GET", tab).json()]
    assert jira.admin("GET", "/screens").json()["total"] == 1


def test_fields_have_ids_of_their_own(jira: Client) -> None:
    """The list and the search tell the same ones, custom ones with their clause names."""
    listed = {each["id"]: each["name"] for each in jira.call("GET", "/field").json()}
    searched = jira.call("GET", "/field/search", type="custom", maxResults=100).json()["values"]
    assert {each["id"] for each in searched} == {each for each in listed if each.startswith("customfield_")}
    assert jira.call("GET", "/field/search", query="vendor").json()["total"] == 1
    assert len(listed) == len(set(listed.values()))


def test_permissions_depend_on_the_person_and_the_project(jira: Client) -> None:
    """Administrators hold all, others the usual ones, and none where the project is hidden."""

    def held(by: str, **query: str) -> dict[str, bool]:
        asked = "WORK_ON_ISSUES,EDIT_ALL_WORKLOGS"
        found = jira.call("GET", "/mypermissions", by=by, permissions=asked, **query).json()["permissions"]
        return {name: each["havePermission"] for name, each in found.items()}

    assert held(jira.person(), projectKey="PROC") == {"WORK_ON_ISSUES": True, "EDIT_ALL_WORKLOGS": False}
    assert set(held(jira.known["admin_email"], projectKey="PROC").values()) == {True}
    jira.site.hide_project("PROC", jira.people[0]["account_id"])
    hidden = jira.call("GET", "/mypermissions", by=jira.person(), permissions="WORK_ON_ISSUES", projectKey="PROC")
    assert hidden.status == 404
    for wrong in ("", "FLY"):
        assert jira.call("GET", "/mypermissions", permissions=wrong).status == 400


def test_an_address_is_shown_only_by_who_shows_it(jira: Client) -> None:
    """One of the people keeps the e-mail private, and cannot be searched by it."""
    shy = next(each for each in jira.people if each["name"].startswith("Tomás"))
    path = {"accountId": shy["account_id"]}
    assert "emailAddress" not in jira.call("GET", "/user", **path).json()
    assert jira.call("GET", "/myself", by=shy["email"]).json()["emailAddress"] == shy["email"]
    assert jira.call("GET", "/user/search", query=shy["email"]).json() == []
    assert [each["accountId"] for each in jira.call("GET", "/user/search", query="tomás").json()] == [shy["account_id"]]
    assert jira.call("GET", "/user", accountId="nobody").status == 404


def test_users_are_searched_active_and_listed_all(jira: Client) -> None:
    """Who left is in the list of everybody and in no search."""
    gone = jira.people[4]["account_id"]
    jira.site.accounts[gone].active = False
    assert gone in [each["accountId"] for each in jira.call("GET", "/users/search").json()]
    for path, query in (("/user/search", {"query": ""}), ("/user/assignable/search", {"project": "PROC"})):
        found = [each["accountId"] for each in jira.call("GET", path, **query).json()]
        assert gone not in found
        assert jira.people[3]["account_id"] in found
    assert jira.call("GET", "/user/assignable/search").status == 400


def test_an_invisible_issue_tells_nothing_of_who_may_have_it(jira: Client) -> None:
    """Assignable users are asked for what one sees."""
    issue = jira.make()
    jira.site.hide_project("PROC", jira.people[0]["account_id"])
    assert jira.call("GET", "/user/assignable/search", by=jira.person(), issueKey=issue).status == 404


def test_statuses_and_priorities_are_told_with_their_order(jira: Client) -> None:
    """By list and one by one."""
    statuses = jira.call("GET", "/status").json()
    assert [(each["name"], each["statusCategory"]["key"]) for each in statuses] == [
        ("To Do", "new"),
        ("In Progress", "indeterminate"),
        ("In Review", "indeterminate"),
        ("Done", "done"),
    ]
    assert jira.call("GET", f"/status/{statuses[0]['id']}").json() == statuses[0]
    assert jira.call("GET", "/status/Nowhere").status == 404
    found = jira.call("GET", "/priority/search").json()["values"]
    assert [each["name"] for each in found if each["isDefault"]] == ["Medium"]
    assert [each["id"] for each in jira.call("GET", "/priority").json()] == [each["id"] for each in found]


def test_the_working_week_is_the_sites_setting(jira: Client) -> None:
    """Everybody may read it, and durations are shown by it."""
    issue = jira.make()
    jira.log(issue, 36_000)
    assert jira.call("GET", f"/issue/{issue}/worklog").json()["worklogs"][0]["timeSpent"] == "1d 2h"
    jira.switches["jira_hours_per_day"] = 10
    assert jira.call("GET", f"/issue/{issue}/worklog").json()["worklogs"][0]["timeSpent"] == "1d"
    found = jira.call("GET", "/configuration").json()["timeTrackingConfiguration"]
    assert (found["workingHoursPerDay"], found["workingDaysPerWeek"]) == (10.0, 5.0)


def test_the_server_is_jira_cloud_with_the_sites_clock(jira: Client) -> None:
    """Clients choose their search by the kind of deployment."""
    jira.later(hours=1)
    found = jira.call("GET", "/serverInfo", version="2").json()
    assert (found["deploymentType"], found["serverTime"]) == ("Cloud", "2026-11-20T10:30:00.000+0000")


def test_limits_of_an_issue_follow_the_switch(jira: Client) -> None:
    """The report tells the limit that is in force."""
    jira.switches["jira_worklogs_per_issue"] = 5000
    assert jira.call("GET", "/issue/limit/report").json()["limits"]["worklog"] == 5000


@pytest.mark.parametrize(
    "path", ["/issuetype", "/resolution", "/issueLinkType", "/permissions", "/project/PROC/statuses"]
)
def test_what_ordinary_clients_read_is_there(jira: Client, path: str) -> None:
    """In every version."""
    for version in ("2", "3", "latest"):
        answer = jira.call("GET", path, version=version)
        assert (answer.status, bool(answer.json())) == (200, True)
