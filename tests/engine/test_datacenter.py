"""The whole story on Jira Data Center. Goal: the books cannot tell which Jira the hours came from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from engine.acme import START, Acme
from engine.ledger_oracle import owed
from engine.test_subscription import deliver, registered, with_webhook
from ml_connector import credentials
from ml_connector.demo.connection import NAME
from ml_connector.engine.checkup import check
from ml_connector.engine.planning import plan_all
from ml_connector.engine.run import run_inbox
from ml_connector.errors import Misconfigured, Unauthorized
from ml_connector.jira.grants import App

TODAY = START.date()
YESTERDAY = TODAY - timedelta(days=1)
HOSTILE = "*S* {color:red}A{color} [x|y] (x) :) C:\\t -- a_b &amp;"
"""Words of a buyer's that wiki markup would make something of."""
Build = Callable[..., Acme]


@pytest.fixture
def acme(make_acme: Build) -> Acme:
    """Acme with a Data Center in place of the cloud."""
    return make_acme(jira_deployment="datacenter")


def issue_of(acme: Acme) -> str:
    """The issue of an order that hours can be charged to."""
    order = acme.chargeable()
    return acme.issue_of(f"{order['company']}/{order['number']}")


def test_orders_become_issues_and_projects_become_epics(acme: Acme) -> None:
    """Each has one issue, an epic has its name, and CloudSuite shows the key."""
    acme.sync()
    issues = acme.control("GET", "/books/issues")
    assert len(issues) == len(acme.orders()) + len(acme.control("GET", "/books/projects"))
    epics = [issue for issue in issues if issue["type"] == "Epic"]
    assert epics
    assert all(issue["fields"]["Epic Name"] == issue["summary"] for issue in epics)
    assert {issue["key"] for issue in issues} >= {item["fields"]["PurchaseOrderUserField5"] for item in acme.orders()}


def test_hours_edited_and_deleted_are_in_the_ledger_to_the_cent(acme: Acme) -> None:
    """After each of logging, editing and deleting, the ledger is what the oracle computes."""
    acme.sync()
    seconds = iter(range(1800, 1_000_000, 777))
    logged = []
    for index, order in enumerate(acme.orders(closed=False)):
        key = acme.issue_of(f"{order['company']}/{order['number']}")
        for person in range(3):
            entry = acme.log(key, next(seconds) % 9000 + 60, TODAY - timedelta(days=1 + index % 20), person)
            logged.append((key, entry["id"], person))
    acme.post()
    acme.check_ledger()
    assert acme.labor() == owed(acme)
    assert len(acme.labor()) >= 5
    before = acme.gl()
    for key, entry, person in logged[:9:3]:
        acme.as_person(acme.people[person], "PUT", f"/issue/{key}/worklog/{entry}", {"timeSpentSeconds": 12_345})
    for key, entry, person in logged[1:9:3]:
        acme.as_person(acme.people[person], "DELETE", f"/issue/{key}/worklog/{entry}")
    acme.post()
    acme.check_ledger()
    assert acme.gl()[: len(before)] == before, "what was posted stays"
    assert acme.labor() == owed(acme)


def test_an_issue_that_is_moved_keeps_its_hours(acme: Acme) -> None:
    """It is known by its id: another key changes no cost, and CloudSuite shows the new one."""
    acme.sync()
    key = issue_of(acme)
    acme.log(key, 3600, YESTERDAY)
    acme.post()
    moved = acme.control("POST", f"/jira/issues/{key}/move", {"project": "DEL"})["key"]
    acme.log(moved, 1800, YESTERDAY)
    acme.post()
    acme.sync(sweeping=True)
    assert issue_of(acme) == moved
    assert acme.labor() == owed(acme) != {}


def test_lost_permission_is_not_deletion(acme: Acme) -> None:
    """Hours that we may not see any more keep their cost, and come back without being counted twice."""
    acme.sync()
    acme.log(issue_of(acme), 3600, YESTERDAY)
    acme.post()
    costed = acme.labor()
    us = acme.world.jira.integration
    for visible in (False, True):
        acme.control("POST", "/jira/permissions", {"project": "PROC", "account_id": us, "visible": visible})
        acme.sync(sweeping=True)
        assert acme.labor() == costed != {}


def test_an_idle_cycle_asks_no_more_than_the_cloud_does(acme: Acme) -> None:
    """Two feeds and one search."""
    acme.sync()
    acme.log(issue_of(acme), 3600, YESTERDAY)
    acme.post()
    acme.sync()
    acme.calls()
    acme.sync()
    assert sum(acme.calls()["jira"].values()) <= 3


def test_words_of_the_erp_are_shown_as_they_are(acme: Acme) -> None:
    """What wiki markup would interpret is hidden from it: readers see what the buyer wrote."""
    order = acme.chargeable()
    acme.control(
        "POST", f"/cloudsuite/purchase-orders/{order['company']}/{order['number']}", {"1/Description": HOSTILE}
    )
    acme.sync()
    issue = next(each for each in acme.control("GET", "/books/issues") if each["key"] == issue_of(acme))
    assert HOSTILE in issue["description_shown"]
    assert HOSTILE not in issue["description"]


def test_hours_below_an_epic_are_charged_through_its_epic_link(acme: Acme) -> None:
    """A story names its epic in a field of Data Center's; it stands for the parent that the cloud shows."""
    acme.sync()
    epic = next(each for each in acme.control("GET", "/books/issues") if each["type"] == "Epic")
    link = next(each.id for each in acme.world.jira.fields.values() if each.name == "Epic Link")
    fields = {"project": {"key": "DEL"}, "issuetype": {"name": "Story"}, "summary": "Below", link: epic["key"]}
    made = acme.as_person(acme.people[0], "POST", "/issue", {"fields": fields})
    assert made.status == 201, made.body
    (found,) = acme.installed.lane(NAME).jira.issues([made.json()["id"]], ("parent",))
    assert found.fields["parent"] == {"id": epic["id"], "key": epic["key"]}


def test_the_check_says_how_we_sign_in_and_what_that_goes_without(acme: Acme) -> None:
    """All is well, and the administrator reads what a personal token cannot do."""
    results = check(acme.installed.lane(NAME))
    assert [item for item in results if not item.ok] == []
    sign_in = next(item for item in results if item.name == "Jira sign-in")
    assert "a personal access token" in sign_in.found
    assert "loses an app's webhooks" in sign_in.found


def test_a_personal_token_is_tried_before_it_is_stored(acme: Acme) -> None:
    """A wrong one is refused and changes nothing; a right one says who we are, by the user key."""
    bot = acme.world.jira.person(acme.world.jira.integration)
    with pytest.raises(Unauthorized) as told:
        credentials.connect_personal(acme.installed, NAME, "not-a-token")
    assert "connect jira-pat" in told.value.remedy
    assert "not-a-token" not in str(told.value)
    assert acme.sync()
    assert credentials.connect_personal(acme.installed, NAME, bot.personal_token).account == bot.account_id


def test_a_dead_token_that_makes_us_anonymous_is_noticed(acme: Acme) -> None:
    """Some servers answer a dead token with success and an empty world: that is never taken for the world."""
    acme.sync()
    acme.log(issue_of(acme), 3600, YESTERDAY)
    acme.post()
    costed = acme.labor()
    acme.control("PUT", "/switches", {"jira_dc_bad_token_is_anonymous": True})
    acme.world.jira.person(acme.world.jira.integration).api_token = "another"
    with pytest.raises(Unauthorized):
        acme.sync(sweeping=True)
    assert acme.labor() == costed != {}


def test_a_service_account_signs_in_and_again_after_the_hour(acme: Acme) -> None:
    """Its token comes from the server itself, and has no refresh token."""
    assert credentials.connect_service(acme.installed, NAME, app_of(acme)).account == acme.world.jira.integration
    acme.sync()
    acme.log(issue_of(acme), 3600, YESTERDAY)
    acme.clock.advance(3600)
    acme.post()
    assert acme.labor() == owed(acme) != {}
    assert acme.calls()["jira"]["POST /rest/oauth2/latest/token"] == 2


def test_a_server_may_serve_below_a_path_of_its_own(make_acme: Build) -> None:
    """Everything goes there: hours, issues, and the tokens of a service account."""

    def below(text: str) -> str:
        return text.replace("[jira.orders]", 'context_path = "/jira"\n\n[jira.orders]', 1)

    acme = make_acme(change=below, jira_deployment="datacenter")
    paths: set[str] = set()
    acme.tap = lambda request: paths.add(urlsplit(request.url).path) if request.operation.startswith("jira") else None
    credentials.connect_service(acme.installed, NAME, app_of(acme))
    acme.sync()
    acme.log(issue_of(acme), 3600, YESTERDAY)
    acme.post()
    assert acme.labor() == owed(acme) != {}
    assert all(path.startswith("/jira/rest/") for path in paths)


def app_of(acme: Acme) -> App:
    """The credentials of the sandbox's service account."""
    return App(acme.world.jira.app.client_id, acme.world.jira.app.client_secret)


def test_ways_of_the_cloud_are_refused_with_those_that_there_are(acme: Acme) -> None:
    """Nothing is sent to find that out."""
    for connect in (
        lambda: credentials.connect_token(acme.installed, NAME, "a@b.example", "token", scoped=True),
        lambda: credentials.begin(acme.installed, NAME, App("id", "secret"), "https://connector.test"),
    ):
        with pytest.raises(Misconfigured) as told:
            connect()
        assert "connect jira-pat" in told.value.remedy
    assert acme.calls()["jira"] == {}


def test_ways_of_data_center_are_refused_on_the_cloud(make_acme: Build) -> None:
    """The same, the other way round."""
    cloud = make_acme()
    with pytest.raises(Misconfigured) as told:
        credentials.connect_personal(cloud.installed, NAME, "token")
    assert "connect jira" in told.value.remedy
    assert cloud.calls()["jira"] == {}


def with_deliveries(make_acme: Build) -> Acme:
    """A Data Center whose integration user may administer it, with the webhook registered."""
    acme = make_acme(change=with_webhook, jira_deployment="datacenter")
    acme.control("POST", "/jira/administrators", {"account_id": acme.world.jira.integration, "admin": True})
    acme.sync()
    deliver(acme)  # of what we wrote ourselves
    run_inbox(acme.installed.lane(NAME))
    return acme


def pending(acme: Acme) -> int:
    """What is costed and not yet posted, in minor units."""
    return sum(line.budget.pending.minor for line in plan_all(acme.installed.lane(NAME)).budgets)


@pytest.mark.parametrize("events", [["worklog_created"], ["jira:worklog_updated"]])
def test_hours_are_costed_by_a_delivery_without_a_poll(make_acme: Build, events: list[str]) -> None:
    """Whichever of its two events tells of them, and although deliveries carry no name of their own."""
    acme = with_deliveries(make_acme)
    (hook,) = registered(acme)
    assert hook.expires is None
    hook.events = events
    acme.log(issue_of(acme), 3600, YESTERDAY)
    assert deliver(acme) == [200]
    assert run_inbox(acme.installed.lane(NAME)).received.taken == 1
    assert pending(acme) > 0
    acme.post()
    assert acme.labor() == owed(acme) != {}


def test_deliveries_that_are_lost_or_unsigned_cost_time_and_no_hours(make_acme: Build) -> None:
    """It makes no second attempt, and an old one signs nothing: such are refused at the door, and polling finds all."""
    acme = with_deliveries(make_acme)
    acme.log(issue_of(acme), 3600, YESTERDAY)
    assert deliver(acme, down=True) == [0]
    assert deliver(acme) == []
    acme.control("PUT", "/switches", {"jira_dc_webhook_signed": False})
    acme.log(issue_of(acme), 1800, YESTERDAY, 1)
    assert deliver(acme) == [401]
    acme.post()
    assert acme.labor() == owed(acme) != {}


def test_a_back_fill_keeps_to_the_tokens_of_its_user(acme: Acme) -> None:
    """Under five calls a second all hours arrive and are costed; refusals, which are web pages, lose nothing."""
    acme.control("PUT", "/limits", {"datacenter_bucket": 3, "datacenter_fill": 5, "datacenter_interval_seconds": 1})
    acme.sync()
    acme.control("PUT", "/limits", {"datacenter_bucket": None})
    key = issue_of(acme)
    for minute in range(30):
        acme.log(key, 600 + minute * 60, YESTERDAY, minute % 5)
    acme.control("PUT", "/limits", {"datacenter_bucket": 3})
    acme.post()
    assert acme.labor() == owed(acme) != {}
