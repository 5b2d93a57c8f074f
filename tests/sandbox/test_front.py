"""The door of a vendor: what passes it, what is counted, and what is done later."""

from __future__ import annotations

import pytest

from ml_connector_sandbox.calls import LOG_LENGTH
from ml_connector_sandbox.front import Dropped
from sandbox_door import THINGS, Door


def test_a_call_reaches_the_vendor_and_is_counted_by_its_route() -> None:
    """The count is by template, whatever the version and the query were; the log keeps the whole address."""
    door = Door()
    assert door.write("a").status == 201
    assert door.send("GET", f"{THINGS}?since=1").json()["things"] == ["a"]
    door.send("GET", "/rest/api/2/thing")
    assert door.calls.document()["jira"] == {
        "GET /rest/api/{version}/thing": 2,
        "POST /rest/api/{version}/thing": 1,
    }
    assert list(door.calls.log) == [
        "jira POST /rest/api/3/thing 201",
        "jira GET /rest/api/3/thing?since=1 200",
        "jira GET /rest/api/2/thing 200",
    ]


def test_cloudsuite_is_counted_by_class() -> None:
    """How often each class is read is worth knowing, so its name stands in the count and the list's does not."""
    door = Door("cloudsuite")
    for name in ("Project", "Project", "PurchaseOrder"):
        door.send("GET", f"/ACME_TST/FSM/classes/{name}/lists/_generic")
    assert door.calls.document()["cloudsuite"] == {
        "GET /{tenant}/FSM/classes/Project/lists/{list_name}": 2,
        "GET /{tenant}/FSM/classes/PurchaseOrder/lists/{list_name}": 1,
    }


def test_what_no_route_takes_is_answered_by_the_vendor_and_counted_together() -> None:
    """Unknown addresses do not fill the counts with names that a client made up."""
    door = Door()
    assert [door.send("GET", f"/nowhere/{n}").status for n in range(3)] == [404] * 3
    assert door.calls.document()["jira"] == {"GET (no route)": 3}


def test_a_dropped_connection_is_counted_and_logged_as_one() -> None:
    """It did arrive."""
    door = Door()
    door.strike("lost_request")
    with pytest.raises(Dropped):
        door.write("a")
    assert door.calls.document()["jira"] == {"POST /rest/api/{version}/thing": 1}
    assert list(door.calls.log) == ["jira POST /rest/api/3/thing dropped"]


def test_counts_begin_anew_when_they_are_cleared() -> None:
    """Nothing of what was before is left, not even in the log."""
    door = Door()
    door.write("a")
    door.calls.clear()
    assert door.calls.document() == {"jira": {}, "cloudsuite": {}, "refused": {"jira": 0, "cloudsuite": 0}}
    assert not door.calls.log


def test_the_log_keeps_the_last_calls_only() -> None:
    """It is for looking at, and must not grow for ever; the counts go on."""
    door = Door()
    for _ in range(LOG_LENGTH + 5):
        door.send("GET", "/nowhere")
    assert len(door.calls.log) == LOG_LENGTH
    assert door.calls.document()["jira"] == {"GET (no route)": LOG_LENGTH + 5}


def test_what_was_put_off_is_done_in_the_order_of_its_moments() -> None:
    """A write that was put off for longer comes later, though it was sent first."""
    door = Door()
    door.faults.put(
        [
            {"name": "late_commit", "next": 1, "seconds": 60},
            {"name": "late_commit", "next": 1, "seconds": 10},
        ]
    )
    assert [door.write("slow").status, door.write("quick").status] == [504, 504]
    door.clock.advance(9)
    assert door.send("GET", THINGS).json()["things"] == []
    door.clock.advance(1)
    assert door.send("GET", THINGS).json()["things"] == ["quick"]
    door.write("now")
    door.clock.advance(50)
    assert door.send("GET", THINGS).json()["things"] == ["quick", "now", "slow"]
