"""Goal: whatever we send to Jira, and whatever the simulated Jira answers to it, is as Jira's own document says."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from engine.acme import Acme
from engine.test_subscription import by_oauth
from ml_connector.demo.connection import NAME
from ml_connector.engine.checkup import check
from ml_connector.engine.discovery import discover_jira
from ml_connector.engine.provision import preview, provide
from ml_connector.errors import Rejected
from ml_connector.jira.cloud import JiraCloud
from ml_connector.jira.port import IssueDraft
from ml_connector.wire import Request, Response
from openapi import NotAsDocumented, OpenApi, openapi_or_skip

OPERATIONS = {
    "jira.assignable",
    "jira.create_fields",
    "jira.fields",
    "jira.issue_types",
    "jira.issues.create",
    "jira.issues.edit",
    "jira.issues.fetch",
    "jira.issues.property",
    "jira.myself",
    "jira.permissions",
    "jira.projects",
    "jira.remark",
    "jira.remarks",
    "jira.search",
    "jira.statuses",
    "jira.transition",
    "jira.transitions",
    "jira.worklogs.deleted",
    "jira.worklogs.list",
    "jira.worklogs.of_issue",
    "jira.worklogs.updated",
}
"""All that the product ever calls."""


@pytest.fixture
def document() -> OpenApi:
    """The vendor's document."""
    return openapi_or_skip()


def test_a_whole_story_is_as_the_document_says(acme: Acme, document: OpenApi) -> None:
    """Orders, hours, edits, deletions, moves, lost projects and a closed order: every call and every answer fits."""
    seen: set[str] = set()

    def judge(request: Request, response: Response) -> None:
        if request.operation.startswith("jira."):
            seen.add(request.operation)
            document.check_request(request.method, request.target, request.body)
            document.check_response(request.method, request.target, response.status, response.body)

    acme.heard = judge
    check(acme.installed.lane(NAME))
    acme.sync()
    order = acme.chargeable()
    key = f"{order['company']}/{order['number']}"
    issue = acme.issue_of(key)
    day = date(2026, 11, 16)
    entries = [acme.log(issue, 3600 + 60 * place, day, place) for place in range(3)]
    acme.post()
    acme.as_person(acme.people[0], "PUT", f"/issue/{issue}/worklog/{entries[0]['id']}", {"timeSpentSeconds": 60})
    acme.as_person(acme.people[1], "DELETE", f"/issue/{issue}/worklog/{entries[1]['id']}")
    acme.control("POST", f"/cloudsuite/purchase-orders/{key}", {"Closed": "true"})
    acme.post()
    acme.control("POST", f"/jira/issues/{issue}/move", {"project": "OPS"})
    acme.sync(sweeping=True)
    acme.control("POST", "/jira/projects/PROC/delete")
    acme.sync(sweeping=True)
    check(acme.installed.lane(NAME))
    jira = acme.installed.lane(NAME).jira
    list(jira.issue_worklogs(entries[2]["issueId"]))
    order_issue = next(each for each in acme.world.jira.issues.values() if each.type == "Epic")
    list(jira.remarks(order_issue.id))
    assert isinstance(jira, JiraCloud)
    draft = IssueDraft("NONE", "Task", "In no project", "", "mark")
    jira.create_issues([draft, draft])
    assert seen == OPERATIONS


SET_UP = {
    "jira.assignable",
    "jira.fields.create",
    "jira.project",
    "jira.screens",
    "jira.screens.mapping",
    "jira.screens.of_scheme",
    "jira.screens.scheme",
}
"""What is called when a connection is set up, and by `check` where something is wrong."""


def test_setting_up_is_as_the_document_says(acme: Acme, document: OpenApi) -> None:
    """Pick lists, the screens by their names, and a field that is made; by an administrator and by somebody else."""
    seen: set[str] = set()

    def judge(request: Request, response: Response) -> None:
        if request.operation.startswith("jira."):
            seen.add(request.operation)
            document.check_request(request.method, request.target, request.body)
            document.check_response(request.method, request.target, response.status, response.body)

    acme.heard = judge
    discover_jira(acme.installed.jira_of(NAME), ["PROC"])
    lane = acme.installed.lane(NAME)
    with pytest.raises(Rejected):
        provide(lane, preview(lane, {"vendor": "Supplier"}))
    acme.world.jira.person(acme.world.jira.integration).admin = True
    provide(lane, preview(lane, {"vendor": "Supplier"}))
    assert seen >= SET_UP


def test_the_judge_finds_what_is_wrong(document: OpenApi) -> None:
    """A name that is not documented, a body of another shape, and a status that nobody told of."""
    url = "https://acme.test/rest/api/3/worklog"
    document.check_request("POST", f"{url}/list", b'{"ids": [1, 2]}')
    for method, target, body in (
        ("POST", f"{url}/list", b'{"ids": ["one"]}'),
        ("POST", f"{url}/list", b'{"keys": [1]}'),
        ("GET", f"{url}/updated?from=0", b""),
        ("GET", f"{url}/updated?since=now", b""),
        ("GET", f"{url}/undone", b""),
    ):
        with pytest.raises(NotAsDocumented):
            document.check_request(method, target, body)
    for status, answer in ((200, b'{"until": "now"}'), (299, b"{}")):
        with pytest.raises(NotAsDocumented):
            document.check_response("GET", f"{url}/updated", status, answer)


WEBHOOKS = {"jira.webhooks.list", "jira.webhooks.register", "jira.webhooks.renew", "jira.webhooks.remove"}
"""What an app calls about its webhooks; an administrator's are in no document."""


def test_the_life_of_an_apps_webhook_is_as_the_document_says(make_acme: Callable[..., Acme], document: OpenApi) -> None:
    """Made, listed, renewed, removed and made anew; its end is a number there, and a text only in the examples."""
    acme, seen = by_oauth(make_acme), set[str]()
    acme.control("PUT", "/switches", {"jira_webhook_expiry": "epoch"})

    def judge(request: Request, response: Response) -> None:
        if request.operation in WEBHOOKS:
            seen.add(request.operation)
            document.check_request(request.method, request.target, request.body)
            document.check_response(request.method, request.target, response.status, response.body)

    acme.heard = judge
    acme.sync()
    acme.clock.advance(timedelta(days=21).total_seconds())
    acme.sync()
    next(iter(acme.world.jira.webhooks.registered.values())).jql = "project = OPS"
    acme.clock.advance(timedelta(days=2).total_seconds())
    acme.sync()
    assert seen == WEBHOOKS
