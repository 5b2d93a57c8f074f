"""How often the vendors let themselves be asked: when they refuse, what they say, and when they answer again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector_sandbox.limits import BadLimit
from ml_connector_sandbox.wire import Response
from sandbox_door import NOW, THINGS, Door

ROWS = "/ACME_TST/FSM/classes/Project/lists/_generic"
ISSUE = "/rest/api/3/issue/PROC-1"
GATEWAY_ISSUE = "/ex/jira/cloud" + ISSUE
OK, TOO_MANY = 200, 429


def statuses(door: Door, method: str, url: str, calls: int) -> list[int]:
    """What so many calls in one instant are answered."""
    return [door.send(method, url).status for _ in range(calls)]


def refused(door: Door, method: str, url: str) -> Response:
    """The refusal of a call that must come too soon."""
    answer = door.send(method, url)
    assert answer.status == TOO_MANY
    return answer


def test_cloudsuite_is_not_limited_until_it_is_told_to_be() -> None:
    """No vendor page names a default quota, so there is none."""
    assert set(statuses(Door("cloudsuite"), "GET", ROWS, 2000)) == {OK}


def test_the_quota_window_begins_with_its_first_request() -> None:
    """Not with the clock's minute: calls late in a window do not make it longer."""
    door = Door("cloudsuite")
    door.limits.put({"cloudsuite_per_minute": 2})
    assert door.send("GET", ROWS).status == OK
    door.clock.advance(50)
    assert statuses(door, "GET", ROWS, 2) == [OK, TOO_MANY]
    door.clock.advance(9)
    assert refused(door, "GET", ROWS).headers["Retry-After"] == "1"
    door.clock.advance(1)
    assert statuses(door, "GET", ROWS, 3) == [OK, OK, TOO_MANY]


def test_cloudsuite_may_refuse_without_saying_for_how_long() -> None:
    """Nobody promises a Retry-After, so a client has to live without."""
    door = Door("cloudsuite")
    door.limits.put({"cloudsuite_per_minute": 1, "cloudsuite_retry_after": False})
    door.send("GET", ROWS)
    answer = refused(door, "GET", ROWS)
    assert "Retry-After" not in answer.headers
    assert answer.json() == {"error": "Quota exceeded"}


def test_a_token_may_be_asked_for_whatever_the_quota() -> None:
    """The authorization server is not behind the gateway's quota."""
    door = Door("cloudsuite")
    door.limits.put({"cloudsuite_per_minute": 1})
    assert TOO_MANY not in statuses(door, "POST", "/ACME_TST/as/token.oauth2", 5)


def test_jira_takes_the_documented_burst_and_no_more() -> None:
    """A hundred reads a second of one endpoint; the next is refused in Jira's own words."""
    door = Door()
    assert set(statuses(door, "GET", THINGS, 100)) == {OK}
    answer = refused(door, "GET", THINGS)
    assert answer.json() == {
        "errorMessages": ["The request has been rate-limited. Please try again later."],
        "errors": {},
        "status": TOO_MANY,
    }
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["RateLimit-Reason"] == "jira-burst-based"
    assert answer.headers["X-RateLimit-Limit"] == "100"
    assert answer.headers["X-RateLimit-Remaining"] == "0"


def test_a_burst_is_spent_per_endpoint_and_method() -> None:
    """Who reads too fast can still write, and can read elsewhere; changes have half the burst."""
    door = Door()
    door.limits.put({"jira_burst_per_second": 4, "jira_per_issue_writes": False})
    assert statuses(door, "GET", THINGS, 5)[-1] == TOO_MANY
    assert door.write("x").status == 201
    assert statuses(door, "GET", ISSUE, 4) == [OK] * 4
    assert statuses(door, "PUT", ISSUE, 3) == [OK, OK, TOO_MANY]


@given(rate=st.integers(1, 50), waits=st.lists(st.floats(0, 2), max_size=80))
def test_no_stretch_of_time_holds_more_than_the_bucket_and_what_ran_into_it(rate: int, waits: list[float]) -> None:
    """However calls are spread, those let through never exceed the burst plus rate times time."""
    door = Door()
    door.limits.put({"jira_burst_per_second": rate})
    passed = 0
    for wait in [0.0, *waits]:
        door.clock.advance(wait)
        passed += sum(status == OK for status in statuses(door, "GET", THINGS, rate))
    elapsed = (door.clock.now() - NOW).total_seconds()
    assert rate <= passed <= rate + rate * elapsed + 1e-6


def test_points_are_counted_per_utc_hour_and_only_for_apps() -> None:
    """Calls with an API token cost none; an app waits for the top of the hour."""
    door = Door()
    door.limits.put({"jira_points_per_hour": 3})
    assert statuses(door, "GET", ISSUE, 5) == [OK] * 5
    assert statuses(door, "GET", GATEWAY_ISSUE, 4) == [OK, OK, OK, TOO_MANY]
    answer = refused(door, "GET", GATEWAY_ISSUE)
    assert answer.headers["RateLimit-Reason"] == "jira-quota-global-based"
    assert answer.headers["Retry-After"] == "1800"
    assert answer.headers["X-RateLimit-Reset"] == "2026-11-20T10:00:00Z"
    door.clock.advance(1800)
    assert door.send("GET", GATEWAY_ISSUE).status == OK


@pytest.mark.parametrize(("bursts", "pause", "last"), [(1, 0.0, 20), (5, 2.0, 20)])
def test_one_issue_takes_so_many_writes(bursts: int, pause: float, last: int) -> None:
    """Twenty in two seconds, and a hundred in thirty; another issue is not concerned, nor is a read."""
    door = Door()
    for place in range(bursts):
        door.clock.advance(pause if place else 0)
        assert statuses(door, "PUT", ISSUE, last) == [OK] * last
    door.clock.advance(pause)
    assert refused(door, "PUT", ISSUE).headers["RateLimit-Reason"] == "jira-per-issue-on-write"
    assert door.send("PUT", "/rest/api/3/issue/PROC-2").status == OK
    assert door.send("GET", ISSUE).status == OK


def test_an_issue_can_be_written_again_after_the_wait_that_it_names() -> None:
    """The oldest of the twenty writes leaves the two seconds, and one more may come."""
    door = Door()
    door.send("PUT", ISSUE)
    door.clock.advance(1)
    assert statuses(door, "PUT", ISSUE, 20) == [OK] * 19 + [TOO_MANY]
    wait = timedelta(seconds=int(refused(door, "PUT", ISSUE).headers["Retry-After"]))
    door.clock.advance(wait.total_seconds())
    assert statuses(door, "PUT", ISSUE, 2) == [OK, TOO_MANY]


def test_bulk_calls_are_not_writes_of_an_issue() -> None:
    """Creating in bulk names no issue, and so has no limit per issue."""
    assert statuses(Door(), "POST", "/rest/api/3/issue/bulk", 30) == [OK] * 30


def test_a_refusal_may_be_a_web_page() -> None:
    """As a gateway in between answers it, with the wait in the header."""
    door = Door()
    door.limits.put({"jira_burst_per_second": 1, "html": True})
    door.send("GET", THINGS)
    answer = refused(door, "GET", THINGS)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.body.startswith(b"<html>")
    assert answer.headers["Retry-After"] == "1"


def test_a_refused_write_is_counted_and_not_done() -> None:
    """What came too soon stands among the calls and the refusals, and nowhere in the books."""
    door = Door()
    door.limits.put({"jira_burst_per_second": 1})
    door.write("first")
    assert door.write("second").status == TOO_MANY
    assert door.things == ["first"]
    document = door.calls.document()
    assert document["jira"] == {"POST /rest/api/{version}/thing": 2}
    assert document["refused"] == {"jira": 1, "cloudsuite": 0}


@pytest.mark.parametrize(
    "wrong",
    [
        {"jira_burst": 3},
        {"cloudsuite_per_minute": 0},
        {"cloudsuite_per_minute": "many"},
        {"cloudsuite_per_minute": True},
        {"jira_points_per_hour": 2.5},
        {"jira_per_issue_writes": 1},
    ],
)
def test_a_limit_that_makes_no_sense_is_refused_and_changes_nothing(wrong: dict[str, object]) -> None:
    """Not even what is right beside it."""
    door = Door()
    before = door.limits.document()
    with pytest.raises(BadLimit):
        door.limits.put({"html": True, **wrong})
    assert door.limits.document() == before


def test_a_limit_is_lifted_with_null() -> None:
    """Without a burst, any number of calls passes in one instant."""
    door = Door()
    door.limits.put({"jira_burst_per_second": None})
    assert set(statuses(door, "GET", THINGS, 300)) == {OK}


def test_a_smoothed_spike_arrest_lets_one_call_through_at_a_time() -> None:
    """Three in three seconds are one in each second; a call that came too soon does not count."""
    door = Door("cloudsuite")
    door.limits.put({"cloudsuite_spike_calls": 3, "cloudsuite_spike_milliseconds": 3000})
    for _ in range(3):
        assert statuses(door, "GET", ROWS, 2) == [OK, TOO_MANY]
        door.clock.advance(1)


def test_a_spike_arrest_may_take_its_calls_at_once() -> None:
    """So many in each period, that begins with a call."""
    door = Door("cloudsuite")
    door.limits.put(
        {"cloudsuite_spike_calls": 3, "cloudsuite_spike_milliseconds": 500, "cloudsuite_spike_smoothed": False}
    )
    for _ in range(2):
        assert statuses(door, "GET", ROWS, 4) == [OK, OK, OK, TOO_MANY]
        door.clock.advance(0.5)


def test_others_use_the_quota_up_as_well() -> None:
    """Thirty calls a minute of somebody else leave as many fewer, whether we call or not."""
    door = Door("cloudsuite")
    door.limits.put({"cloudsuite_per_minute": 60, "cloudsuite_others_per_minute": 30})
    assert door.send("GET", ROWS).status == OK
    door.clock.advance(59)
    assert statuses(door, "GET", ROWS, 40).count(OK) == 30
    door.clock.advance(3600)
    assert 30 <= statuses(door, "GET", ROWS, 70).count(OK) <= 60


def test_cloudsuite_may_name_the_wait_as_a_date() -> None:
    """In whole seconds, and never too early."""
    door = Door("cloudsuite")
    door.limits.put({"cloudsuite_per_minute": 1, "cloudsuite_retry_after_as_date": True})
    door.send("GET", ROWS)
    assert refused(door, "GET", ROWS).headers["Retry-After"] == "Fri, 20 Nov 2026 09:31:01 GMT"


@pytest.mark.parametrize(
    ("form", "names"),
    [
        (
            "plain",
            {"Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit-Reason"},
        ),
        ("structured", {"Retry-After", "RateLimit-Policy", "RateLimit", "RateLimit-Reason"}),
        ("beta", {"Beta-Retry-After", "Beta-RateLimit-Policy", "Beta-RateLimit", "RateLimit-Reason"}),
        ("bare", {"Retry-After"}),
    ],
)
def test_jira_tells_of_its_limits_in_each_form(form: str, names: set[str]) -> None:
    """Those that its page names, the structured ones, the same while they are tried out, or hardly any."""
    door = Door()
    door.limits.put({"jira_burst_per_second": 1, "jira_headers": form})
    door.send("GET", THINGS)
    assert names == set(refused(door, "GET", THINGS).headers) - {"Content-Type", "Date"}


@pytest.mark.parametrize("wrong", [{"jira_headers": "many"}, {"cloudsuite_spike_milliseconds": None}])
def test_a_word_and_a_period_have_to_be_known(wrong: dict[str, object]) -> None:
    """A form of headers that does not exist, and a period that is left out."""
    with pytest.raises(BadLimit):
        Door().limits.put(wrong)
