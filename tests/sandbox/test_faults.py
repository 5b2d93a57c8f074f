"""Every fault that can be asked for: how it looks from outside, and what the books then hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector_sandbox.faults import FAULTS, INSIDE, BadRule
from ml_connector_sandbox.front import Dropped
from sandbox_door import THINGS, Door
from sandbox_world import Play

ANSWERED = {
    "status": 503,
    "rate_limited_json": 429,
    "rate_limited_html": 429,
    "gateway_timeout_before_commit": 504,
    "gateway_timeout_after_commit": 504,
    "server_error_before_commit": 500,
    "server_error_after_commit": 500,
    "false_unauthorized": 401,
}
AFTER = {"gateway_timeout_after_commit", "server_error_after_commit"}
SEQUENCES = ("1", "2", "3")


@pytest.mark.parametrize("name", ANSWERED)
def test_a_fault_that_answers_strikes_once_and_commits_only_if_its_name_says_so(name: str) -> None:
    """After it the vendor is well again."""
    door = Door()
    door.strike(name, **({"status": 503} if name == "status" else {}))
    assert door.write("struck").status == ANSWERED[name]
    assert door.things == (["struck"] if name in AFTER else [])
    assert door.write("well").status == 201
    assert door.things[-1] == "well"


@pytest.mark.parametrize(("name", "held"), [("lost_request", []), ("lost_answer", ["struck"])])
def test_a_dropped_connection_tells_nothing_of_what_was_done(name: str, held: list[str]) -> None:
    """From outside the two look the same; the books differ."""
    door = Door()
    door.strike(name)
    with pytest.raises(Dropped):
        door.write("struck")
    assert door.things == held


def test_a_late_commit_is_done_when_the_clock_has_moved() -> None:
    """The caller is told of a timeout; a look at the books in between shows nothing, a later one shows it once."""
    door = Door()
    door.strike("late_commit", seconds=30)
    assert door.write("late").status == 504
    door.clock.advance(29)
    assert door.send("GET", THINGS).json()["things"] == []
    door.clock.advance(1)
    assert door.send("GET", THINGS).json()["things"] == ["late"]
    assert door.send("GET", THINGS).json()["things"] == ["late"]


def test_a_late_commit_outlives_the_token_that_it_came_with() -> None:
    """A clock that moves far ahead stops at the moment on the way, before the token is dead."""
    play = Play()
    play.erp.stage("BEFORE", "1")
    play.strike("late_commit", vendor="cloudsuite", seconds=30)
    assert play.erp.stage("LATE", "1").status == 504
    assert ("LATE", "1") not in play.erp.staged()
    play.control("POST", "/clock", {"advance_seconds": 100_000})
    play.erp.bearer = ""
    assert play.erp.staged() == [("BEFORE", "1"), ("LATE", "1")]


def test_an_expired_token_stays_expired() -> None:
    """The call is refused with nothing done, and so is the next one, for the token is really gone."""
    door = Door()
    door.strike("token_expired")
    assert [door.write("a").status, door.write("b").status] == [401, 401]
    assert door.things == []


def test_a_token_of_either_vendor_can_expire() -> None:
    """CloudSuite's and that of a Jira app; a new one is good."""
    play = Play()
    erp = play.erp
    token = erp.token(erp.password).json()["access_token"]
    play.strike("token_expired", vendor="cloudsuite")
    assert [erp.read(token).status, erp.read(token).status] == [401, 401]
    assert erp.read(erp.token(erp.password).json()["access_token"]).status == 200

    known = play.site.known
    form = "grant_type=client_credentials&client_id={client_id}&client_secret={client_secret}".format(**known)
    bearer = play.site.send("POST", "/oauth/token", body=form.encode()).json()["access_token"]
    myself = f"/ex/jira/{known['cloud_id']}/rest/api/3/myself"
    headers = {"authorization": f"Bearer {bearer}"}
    assert play.site.send("GET", myself, headers).status == 200
    play.strike("token_expired", vendor="jira")
    assert [play.site.send("GET", myself, headers).status for _ in range(2)] == [401, 401]


def test_a_false_refusal_does_not_cost_the_token() -> None:
    """A client that tries again with the same token is let in."""
    play = Play()
    token = play.erp.token(play.erp.password).json()["access_token"]
    play.strike("false_unauthorized", vendor="cloudsuite")
    assert [play.erp.read(token).status, play.erp.read(token).status] == [401, 200]


def test_rows_of_a_cloudsuite_batch_fail_one_by_one() -> None:
    """The batch is answered 200; the rows that failed carry an exception, and the others are staged."""
    play = Play()
    play.strike("partial_batch", vendor="cloudsuite", next=2)
    answer = play.erp.stage("G", *SEQUENCES)
    assert answer.status == 200
    assert ["exception" in row for row in answer.json()[:-1]] == [True, True, False]
    assert play.erp.staged() == [("G", "3")]


def test_issues_of_a_bulk_create_fail_one_by_one() -> None:
    """Jira names the element that failed, and makes the others."""
    play = Play()
    play.strike("partial_batch", vendor="jira")
    fields = {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}}
    updates = [{"fields": {**fields, "summary": name}} for name in ("first", "second")]
    answer = play.site.call("POST", "/issue/bulk", {"issueUpdates": updates})
    assert answer.status == 201
    assert [error["failedElementNumber"] for error in answer.json()["errors"]] == [0]
    assert [issue["summary"] for issue in play.control("GET", "/books/issues")] == ["second"]


def test_an_edit_only_run_can_write_a_result() -> None:
    """One run does, the next does not."""
    play = Play()
    play.erp.stage("G", "1")
    play.strike("edit_only_writes_result")
    for _ in range(2):
        assert play.erp.interface("G", edit_only=True).status == 200
    assert [row["RunGroup"] for row in play.erp.records("GLTransactionInterfaceResult", "RunGroup")] == ["G"]


def test_a_key_can_be_taken_twice() -> None:
    """A tenant that does not enforce the key of staged rows holds the row twice; a well one refuses it."""
    play = Play()
    play.erp.stage("G", "1")
    play.strike("keys_not_enforced")
    answers = [play.erp.stage("G", "1").json()[0] for _ in range(2)]
    assert ["exception" in row for row in answers] == [False, True]
    assert play.erp.staged() == [("G", "1"), ("G", "1")]


def test_a_web_page_can_stand_in_place_of_json() -> None:
    """As a gateway answers; the wait may be told in seconds or as a date, or not at all."""
    door = Door()
    date = "Fri, 20 Nov 2026 09:31:00 GMT"
    for given_wait, told in (({"retry_after": 7}, "7"), ({"retry_after": date}, date), ({}, None)):
        door.strike("status", status=502, body="html", **given_wait)
        answer = door.write("x")
        assert answer.status == 502
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.headers.get("Retry-After") == told
    door.strike("rate_limited_html")
    assert door.write("x").body.startswith(b"<html>")
    door.strike("rate_limited_json")
    assert door.write("x").json()["errorMessages"]


def test_a_rule_strikes_only_the_calls_it_means() -> None:
    """Another vendor, another method or another path passes, and does not use the rule up."""
    door = Door()
    for other in ({"vendor": "cloudsuite"}, {"method": "GET"}, {"path_holds": "/worklog"}):
        door.strike("server_error_before_commit", **other)
        assert door.write("passes").status == 201
        assert door.faults.document()[0]["next"] == 1
    door.strike("server_error_before_commit", vendor="jira", method="post", path_holds="thing?since=")
    assert door.write("passes").status == 201
    assert door.send("POST", f"{THINGS}?since=1", b"struck").status == 500
    assert door.things == ["passes"] * 4


def test_rules_strike_in_the_order_given() -> None:
    """The first that fits has the call, and the next one has the call after it."""
    door = Door()
    door.faults.put([{"name": "status", "status": 418, "next": 1}, {"name": "status", "status": 503, "next": 2}])
    assert [door.write("x").status for _ in range(4)] == [418, 503, 503, 201]


@given(probability=st.floats(0.2, 0.8))
def test_a_probability_strikes_about_as_often_as_it_says(probability: float) -> None:
    """Over many calls, and never leaves a call half done."""
    door = Door()
    door.strike("server_error_before_commit", probability=probability)
    refused = sum(door.write("x").status == 500 for _ in range(90))
    assert abs(refused / 90 - probability) < 0.25
    assert len(door.things) == 90 - refused


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "earthquake", "next": 1},
        {"name": "status"},
        {"name": "status", "next": 1, "sometimes": True},
        {"name": "status", "next": 1, "vendor": "oracle"},
        {"name": "status", "next": 1, "status": 99},
        {"name": "status", "next": "1"},
        {"name": "status", "next": True},
        {"name": "status", "probability": 1.5},
        {"name": "late_commit", "next": 1, "seconds": float("inf")},
        {"name": "status", "next": 1, "body": "xml"},
        {"name": "partial_batch", "next": 1, "path_holds": "Project"},
    ],
)
def test_a_rule_that_could_not_strike_as_written_is_refused(wrong: dict[str, Any]) -> None:
    """And the rules that stood before still stand."""
    door = Door()
    door.strike("lost_answer")
    before = door.faults.document()
    with pytest.raises(BadRule):
        door.faults.put([wrong])
    assert door.faults.document() == before


def test_every_fault_is_either_struck_here_at_the_door_or_inside() -> None:
    """No fault is declared and never tried."""
    dropped = {"lost_request", "lost_answer"}
    assert set(FAULTS) == set(ANSWERED) | dropped | {"late_commit", "token_expired"} | INSIDE
