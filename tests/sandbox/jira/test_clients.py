"""Other people's clients against the simulated Jira, over real HTTP. Goal: to them it is a Jira."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from atlassian import Jira

from jira import JIRA, JIRAError
from sandbox_process import Running, running

PAST_THE_LAG = 90
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox for the tests here."""
    with running(tmp_path_factory.mktemp("clients")) as started:
        yield started


@pytest.fixture
def pycontribs(sandbox: Running) -> Iterator[JIRA]:
    """The client of the package `jira`, with its ordinary settings but for repeats."""
    known = sandbox.facts["jira"]
    client = JIRA(known["url"], basic_auth=(known["email"], known["api_token"]), max_retries=0)
    yield client
    client.close()  # type: ignore[no-untyped-call] # the package's


@pytest.fixture
def atlassian(sandbox: Running) -> Iterator[Any]:
    """The client of the package `atlassian-python-api`."""
    known = sandbox.facts["jira"]
    client = Jira(known["url"], username=known["email"], password=known["api_token"], cloud=True)
    yield client
    client.close()


def made(client: JIRA, summary: str, **fields: Any) -> Any:
    """A new task."""
    return client.create_issue(project="PROC", issuetype={"name": "Task"}, summary=summary, **fields)


def test_pycontribs_lives_a_whole_life_of_an_issue(pycontribs: JIRA) -> None:
    """Create, read, edit, comment, label, move along, log, correct, delete."""
    issue = made(pycontribs, "From a stranger", description="Some text")
    assert pycontribs.issue(issue.key).fields.summary == "From a stranger"
    issue.update(summary="Changed", fields={"labels": ["one"]})
    assert pycontribs.issue(issue.id).fields.labels == ["one"]
    pycontribs.add_comment(issue, "A remark")
    assert [each.body for each in pycontribs.comments(issue)] == ["A remark"]
    way = next(each for each in pycontribs.transitions(issue) if each["to"]["name"] == "In Progress")
    pycontribs.transition_issue(issue, way["id"])
    assert pycontribs.issue(issue.key).fields.status.name == "In Progress"
    worklog = pycontribs.add_worklog(issue, timeSpentSeconds=5400, comment="Work")
    assert pycontribs.issue(issue.key).fields.timespent == 5400
    worklog.update(fields={"timeSpentSeconds": 1800})
    assert [each.timeSpentSeconds for each in pycontribs.worklogs(issue.key)] == [1800]
    worklog.delete()
    assert pycontribs.worklogs(issue.key) == []
    issue.delete()
    with pytest.raises(JIRAError) as told:
        pycontribs.issue(issue.key)
    assert told.value.status_code == 404


def test_pycontribs_creates_in_bulk_and_searches(pycontribs: JIRA) -> None:
    """Fifty at once; JQL finds them over several pages."""
    fields = [
        {"project": "PROC", "issuetype": {"name": "Task"}, "summary": f"Bulk {number}", "labels": ["bulk"]}
        for number in range(50)
    ]
    outcomes = pycontribs.create_issues(fields)
    assert [each["status"] for each in outcomes] == ["Success"] * 50
    found = pycontribs.enhanced_search_issues('labels = "bulk" ORDER BY created', maxResults=0, fields="summary")
    assert {each.fields.summary for each in found} == {f"Bulk {number}" for number in range(50)}


def test_pycontribs_reads_what_the_site_is(pycontribs: JIRA) -> None:
    """Projects, types, fields, users, server."""
    assert {project.key for project in pycontribs.projects()} >= {"PROC", "DEL", "OPS"}
    assert pycontribs.project("PROC").name
    assert "Task" in {kind.name for kind in pycontribs.issue_types()}
    assert {"summary", "priority"} <= {each["id"] for each in pycontribs.fields()}
    assert pycontribs.myself()["accountId"]
    assert pycontribs.server_info()["deploymentType"] == "Cloud"


def test_pycontribs_is_told_what_is_wrong(pycontribs: JIRA) -> None:
    """Jira's words, in the place where this client looks for them."""
    with pytest.raises(JIRAError, match="summary"):
        made(pycontribs, "")
    with pytest.raises(JIRAError) as told:
        pycontribs.add_worklog("PROC-99999", timeSpentSeconds=60)
    assert told.value.status_code == 404


def test_atlassian_lives_a_whole_life_of_an_issue(atlassian: Any, sandbox: Running) -> None:
    """The same with another client, that speaks version 2 and plain dictionaries."""
    issue = atlassian.create_issue(
        {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "From another stranger"}
    )
    key = issue["key"]
    atlassian.update_issue_field(key, {"summary": "Changed"})
    assert atlassian.issue_field_value(key, "summary") == "Changed"
    atlassian.set_issue_status(key, "In Progress")
    assert atlassian.get_issue_status(key) == "In Progress"
    atlassian.issue_worklog(key, "2026-11-16T09:00:00.000+0000", 3600, comment="Work")
    (worklog,) = atlassian.issue_get_worklog(key)["worklogs"]
    assert worklog["timeSpentSeconds"] == 3600
    atlassian.issue_add_comment(key, "A remark")
    assert key in {each["key"] for each in atlassian.enhanced_jql("project = PROC AND summary ~ Changed")["issues"]}
    sandbox.control("POST", "/clock", {"advance_seconds": PAST_THE_LAG})
    feed = atlassian.get("rest/api/3/worklog/updated", params={"since": 0})
    assert int(worklog["id"]) in {each["worklogId"] for each in feed["values"]}
    atlassian.delete_issue(key)
    assert not atlassian.issue_exists(key)


def test_atlassian_reads_what_the_site_is(atlassian: Any) -> None:
    """Projects, fields, priorities, permissions."""
    assert {project["key"] for project in atlassian.projects()} >= {"PROC", "DEL", "OPS"}
    assert "summary" in {each["id"] for each in atlassian.get_all_fields()}
    assert "Medium" in {each["name"] for each in atlassian.get_all_priorities()}
    assert atlassian.get_permissions("WORK_ON_ISSUES", project_key="PROC")["permissions"]["WORK_ON_ISSUES"]


@pytest.fixture(scope="module")
def datacenter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox of the kind that customers run themselves."""
    with running(tmp_path_factory.mktemp("datacenter"), "--jira-deployment", "datacenter") as started:
        yield started


def test_pycontribs_lives_on_a_data_center(datacenter: Running) -> None:
    """By a personal token: it takes it for a server, searches by numbers, and knows people by name."""
    known = datacenter.facts["jira"]
    client: Any = JIRA(known["url"], token_auth=known["personal_access_token"], max_retries=0)
    assert client.server_info()["deploymentType"] == "Server"
    assert client.current_user() == known["username"]
    issue = made(client, "From a stranger", description="Some *text*")
    issue.update(summary="Changed", fields={"labels": ["one"]})
    client.add_comment(issue, "A remark")
    client.assign_issue(issue, known["people"][0]["username"])
    client.transition_issue(issue, next(each["id"] for each in client.transitions(issue) if each["name"] == "Done"))
    worklog = client.add_worklog(issue, timeSpentSeconds=5400, comment="Work")
    worklog.update(fields={"timeSpentSeconds": 1800})
    (found,) = client.search_issues("labels = one", fields="summary,assignee,status,timespent")
    assert (found.fields.summary, found.fields.status.name, found.fields.timespent) == ("Changed", "Done", 1800)
    assert found.fields.assignee.name == known["people"][0]["username"]
    kinds = {kind.name: kind.id for kind in client.project_issue_types("PROC")}
    assert "Epic Name" in {each.name for each in client.project_issue_fields("PROC", kinds["Epic"])}
    issue.delete()
    client.close()


def test_atlassian_lives_on_a_data_center(datacenter: Running) -> None:
    """By a personal token, with plain dictionaries."""
    known = datacenter.facts["jira"]
    client: Any = Jira(known["url"], token=known["personal_access_token"], cloud=False)
    issue = client.create_issue(
        {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "From another stranger"}
    )
    client.issue_worklog(issue["key"], "2026-11-16T09:00:00.000+0000", 3600, comment="Work")
    (worklog,) = client.issue_get_worklog(issue["key"])["worklogs"]
    assert worklog["author"]["name"] == known["username"]
    assert issue["key"] in {each["key"] for each in client.jql("project = PROC AND summary ~ stranger")["issues"]}
    assert {project["key"] for project in client.projects()} >= {"PROC", "DEL", "OPS"}
    assert client.myself()["key"]
    client.close()
