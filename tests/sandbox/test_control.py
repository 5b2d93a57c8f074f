"""The control API: it shows the books of both vendors, and does what people inside them would do."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from ml_connector_sandbox import control
from ml_connector_sandbox import world as worlds
from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.cloudsuite.switches import DEFAULTS as CLOUDSUITE
from ml_connector_sandbox.jira.switches import DEFAULTS as JIRA
from ml_connector_sandbox.switches import Switches
from ml_connector_sandbox.wire import Request
from sandbox_world import NOW, Play

REFUSED, NOWHERE, OTHER_METHOD = 400, 404, 405
ORDER = "/cloudsuite/purchase-orders/{company}/{number}"


def order(play: Play) -> dict[str, Any]:
    """The first purchase order in the books."""
    found: dict[str, Any] = play.control("GET", "/books/orders")[0]
    return found


def stage_pair(play: Play, group: str) -> None:
    """Two rows that balance, as a client stages them."""
    row = {"FinanceEnterpriseGroup": "ACME", "RunGroup": group, "AccountingEntity": "1000", "PostingDate": "20261105"}
    for sequence, amount in (("1", "-12.50"), ("2", "12.50")):
        fields = {**row, "SequenceNumber": sequence, "AccountCode": "219900", "TransactionAmount": amount}
        answer = play.erp.call("POST", "/classes/GLTransactionInterface/actions/CreateUnreleased", {"_fields": fields})
        assert answer.status == 200, answer.body


def test_books_of_a_new_world_hold_orders_and_no_work() -> None:
    """Twenty-five orders and eight projects; nothing was posted, created, logged or subscribed to."""
    play = Play()
    sizes = {
        name: len(play.control("GET", f"/books/{name}"))
        for name in ("orders", "projects", "gl", "issues", "worklogs", "webhooks")
    }
    assert sizes == {"orders": 25, "projects": 8, "gl": 0, "issues": 0, "worklogs": 0, "webhooks": 0}


def test_books_show_what_clients_wrote() -> None:
    """An issue with its hours, and a released and posted line with reference, amount and period."""
    play = Play()
    key = play.site.make("Cable")
    play.site.log(key, 5400)
    assert [(each["key"], each["seconds_logged"]) for each in play.control("GET", "/books/issues")] == [(key, 5400)]
    assert [each["issue_key"] for each in play.control("GET", "/books/worklogs")] == [key]

    stage_pair(play, "R1")
    play.erp.interface("R1", edit_only=False)
    lines = play.control("GET", "/books/gl")
    shown = [(each["reference"], each["amount_minor"], each["currency"], each["period"]) for each in lines]
    assert shown == [("R1", -1250, "USD", "2026-11"), ("R1", 1250, "USD", "2026-11")]
    assert {each["status"] for each in lines} == {"released"}
    assert play.control("POST", "/cloudsuite/post") == {"posted": 2}
    assert {each["status"] for each in play.control("GET", "/books/gl")} == {"posted"}


def test_finance_can_delete_what_is_released() -> None:
    """The lines are out of the books; those of another run group stay."""
    play = Play()
    for group in ("R1", "R2"):
        stage_pair(play, group)
        play.erp.interface(group, edit_only=False)
    assert play.control("POST", "/cloudsuite/delete-released", {"reference": "R1"}) == {"deleted": 2}
    assert {each["reference"] for each in play.control("GET", "/books/gl")} == {"R2"}


def test_the_clock_moves_forward_for_both_vendors() -> None:
    """Both read the time from one clock."""
    play = Play()
    assert play.control("GET", "/clock") == {"now": NOW.isoformat()}
    assert play.control("POST", "/clock", {"advance_seconds": 90.5}) == {"now": "2026-11-20T09:31:30.500000+00:00"}
    assert play.world.jira.clock.now() == play.world.cloudsuite.clock.now() == play.clock.now()


def test_calls_are_told_per_vendor_and_forgotten_on_request() -> None:
    """Calls of the control API itself are not among them."""
    play = Play()
    play.erp.records("Project", "Project")
    play.site.call("GET", "/myself")
    calls = play.control("GET", "/calls")
    assert calls["jira"] == {"GET /rest/api/{version}/myself": 1}
    assert {name.rsplit("/", 3)[-3]: n for name, n in calls["cloudsuite"].items() if "classes" in name} == {
        "Project": 1
    }
    assert calls["refused"] == {"jira": 0, "cloudsuite": 0}
    assert play.control("GET", "/calls/log")[-1] == "jira GET /rest/api/3/myself 200"
    play.control("DELETE", "/calls")
    assert play.control("GET", "/calls") == {"jira": {}, "cloudsuite": {}, "refused": {"jira": 0, "cloudsuite": 0}}


def test_faults_limits_and_switches_are_put_and_read_back() -> None:
    """What is put is what stands, and what was not named stays as it was."""
    play = Play()
    rules = play.control("PUT", "/faults", {"rules": [{"name": "lost_answer", "vendor": "jira", "next": 2}]})
    assert play.control("GET", "/faults")["rules"] == rules
    assert rules[0]["next"] == 2
    assert "lost_answer" in play.control("GET", "/faults")["known"]
    assert play.control("PUT", "/faults", []) == []

    before = play.control("GET", "/limits")
    assert play.control("PUT", "/limits", {"cloudsuite_per_minute": 7}) == {**before, "cloudsuite_per_minute": 7}
    assert play.control("GET", "/limits")["cloudsuite_per_minute"] == 7

    play.control("PUT", "/switches", {"fsm_delta_reads": False})
    assert play.control("GET", "/switches")["fsm_delta_reads"] is False
    path = "/classes/Project/lists/_generic"
    assert play.erp.call("GET", path, _fields="Project", _fts="2026110100000000").status == REFUSED


def test_switches_of_the_vendors_do_not_share_names() -> None:
    """One list holds both, so a name that both had would be one of them only."""
    assert set(CLOUDSUITE) & set(JIRA) == set()
    assert set(Switches()) == set(CLOUDSUITE) | set(JIRA)


@pytest.mark.parametrize(
    "wrong",
    [{"fsm_delta_read": True}, {"fsm_delta_reads": "no"}, {"fsm_token_seconds": "7200"}, {"fsm_token_seconds": True}],
)
def test_a_switch_that_does_not_exist_or_takes_another_kind_of_value_is_refused(wrong: dict[str, object]) -> None:
    """And what is right beside it is not put either."""
    play = Play()
    before = play.control("GET", "/switches")
    assert play.answer("PUT", "/switches", {"fsm_compound_filters": True, **wrong}).status == REFUSED
    assert play.control("GET", "/switches") == before


def test_a_buyer_changes_an_order() -> None:
    """The change is in the books and in what a client reads."""
    play = Play()
    chosen = order(play)
    path = ORDER.format(company=chosen["company"], number=chosen["number"])
    play.control("POST", path, {"PurchaseOrderUserField7": "Behälter"})
    rows = play.erp.records("PurchaseOrder", "PurchaseOrder,Company,PurchaseOrderUserField7")
    assert [row["PurchaseOrder"] for row in rows if row["PurchaseOrderUserField7"] == "Behälter"] == [chosen["number"]]


def test_finance_opens_and_closes_periods_and_cost_centers() -> None:
    """A group that is posted to a closed period stays staged; once the period is open it goes through."""
    play = Play()
    play.control("POST", "/cloudsuite/cost-centers", {"code": "FIN", "active": False})
    centers = {each["code"]: each["active"] for each in play.control("GET", "/books/dimensions")["cost_centers"]}
    assert (centers["FIN"], centers["LEGACY"], centers["ENG-1"]) == (False, False, True)
    period = {"entity": "1000", "period": "2026-11"}
    play.control("POST", "/cloudsuite/periods", {**period, "open": False})
    stage_pair(play, "R1")
    play.erp.interface("R1", edit_only=False)
    assert play.control("GET", "/books/gl") == []
    play.control("POST", "/cloudsuite/periods", {**period, "open": True})
    play.erp.interface("R1", edit_only=False)
    assert [each["reference"] for each in play.control("GET", "/books/gl")] == ["R1", "R1"]


def test_people_move_and_delete_issues_and_projects() -> None:
    """A moved issue keeps its id; a deleted one stays in the books as deleted."""
    play = Play()
    moved, gone, swept = play.site.make("moved"), play.site.make("gone"), play.site.make("swept")
    assert play.control("POST", f"/jira/issues/{moved}/move", {"project": "OPS"}) == {"key": "OPS-1"}
    play.control("POST", f"/jira/issues/{gone}/delete")
    play.control("POST", "/jira/projects/PROC/delete")
    books = {each["summary"]: (each["key"], each["deleted"]) for each in play.control("GET", "/books/issues")}
    assert books == {"moved": ("OPS-1", False), "gone": (gone, True), "swept": (swept, True)}


def test_a_project_is_hidden_from_a_person_and_shown_again() -> None:
    """Hidden, its issues do not exist for that person."""
    play = Play()
    key, bot = play.site.make(), play.world.jira.integration
    for visible, status in ((False, NOWHERE), (True, 200)):
        play.control("POST", "/jira/permissions", {"project": "PROC", "account_id": bot, "visible": visible})
        assert play.site.call("GET", f"/issue/{key}").status == status


def test_tokens_of_cloudsuite_are_revoked() -> None:
    """A token that was good is refused from then on."""
    play = Play()
    token = play.erp.token(play.erp.password).json()["access_token"]
    assert play.erp.read(token).status == 200
    play.control("POST", "/cloudsuite/revoke-tokens")
    assert play.erp.read(token).status == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/clock", {"advance_seconds": -1}),
        ("POST", "/clock", {"advance_seconds": "60"}),
        ("POST", "/clock", {"advance_seconds": 1e300}),
        ("POST", "/clock", {}),
        ("POST", "/clock", [60]),
        ("PUT", "/faults", [{"name": "earthquake", "next": 1}]),
        ("PUT", "/faults", {"name": "status", "next": 1}),
        ("PUT", "/faults", ["status"]),
        ("PUT", "/limits", {"jira_per_day": 1}),
        ("PUT", "/switches", {"jira_magic": True}),
        ("POST", "/cloudsuite/purchase-orders/1000/none", {"Closed": "true"}),
        ("POST", "/cloudsuite/periods", {"entity": "1000", "period": "2026-11", "open": "false"}),
        ("POST", "/cloudsuite/periods", {"entity": "1000", "period": "November", "open": True}),
        ("POST", "/cloudsuite/cost-centers", {"code": "NONE", "active": True}),
        ("POST", "/cloudsuite/delete-released", {}),
        ("POST", "/jira/issues/PROC-99/move", {"project": "OPS"}),
        ("POST", "/jira/issues/PROC-99/delete", None),
        ("POST", "/jira/projects/NONE/delete", None),
        ("POST", "/jira/permissions", {"project": "NONE", "account_id": "x", "visible": True}),
        ("POST", "/jira/permissions", {"project": "PROC", "account_id": "x", "visible": True}),
    ],
)
def test_what_is_not_understood_is_refused_in_json_and_changes_nothing(method: str, path: str, body: object) -> None:
    """The world is the same before and after."""
    play = Play()
    before = pickle.dumps(play.world)
    answer = play.answer(method, path, body)
    assert answer.status == REFUSED
    assert answer.json()["error"]
    assert pickle.dumps(play.world) == before


def test_unknown_addresses_and_methods_are_told_apart() -> None:
    """In JSON too."""
    play = Play()
    assert play.answer("GET", "/books/gold").status == NOWHERE
    assert play.answer("DELETE", "/clock").status == OTHER_METHOD
    assert "error" in play.answer("DELETE", "/clock").json()


def test_what_is_no_json_is_refused() -> None:
    """With a sentence about it."""
    play = Play()
    request = Request.to("PUT", "/limits", {}, b"{")
    answer = control.answer(play.world, request)
    assert (answer.status, "not JSON" in answer.json()["error"]) == (REFUSED, True)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda world: pickle.loads(pickle.dumps(world))])
def test_a_copy_of_a_world_is_a_second_one(copied: Any) -> None:
    """With its own books, clock, faults and late writes, behind doors of its own."""
    play = Play()
    play.site.make("both")
    play.strike("late_commit", vendor="jira", seconds=30)
    asked = {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "late"}
    assert play.site.call("POST", "/issue", {"fields": asked}).status == 504

    other = Play()
    other.world = copied(play.world)
    other.site.world = other.world
    other.site.known = other.world.jira.credentials()
    other.control("POST", "/clock", {"advance_seconds": 30})
    assert [each["summary"] for each in other.control("GET", "/books/issues")] == ["both", "late"]
    assert [each["summary"] for each in play.control("GET", "/books/issues")] == ["both"]
    assert play.clock.now() == NOW
    other.strike("status", vendor="jira", status=503)
    assert (play.site.call("GET", "/myself").status, other.site.call("GET", "/myself").status) == (200, 503)
    other.strike("partial_batch", vendor="jira")
    assert not play.world.jira.strikes("partial_batch")
    assert other.world.jira.strikes("partial_batch")


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    """Down to ids and tokens, so that a run can be repeated."""
    first, again, other = (worlds.build(clock=StillClock(NOW), seed=seed).jira.credentials() for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_a_world_can_be_large_or_empty() -> None:
    """Scale multiplies the orders; an empty world has accounts, and no orders and no projects."""
    large = worlds.build(clock=StillClock(NOW), scale=3)
    empty = worlds.build(clock=StillClock(NOW), empty=True)
    assert len(large.cloudsuite.rows("PurchaseOrder")) == 75
    assert (len(empty.cloudsuite.rows("PurchaseOrder")), len(empty.cloudsuite.rows("Project"))) == (0, 0)
    assert len(empty.cloudsuite.rows("GeneralLedgerChartAccount")) > 0
