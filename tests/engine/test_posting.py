"""Exactly once: whatever goes wrong on the way, the ledger ends as the oracle says, with nothing in it twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.acme import Acme
from engine.hours import YESTERDAY, settle, with_hours
from engine.ledger_oracle import owed
from ml_connector.core.ledger import State
from ml_connector.demo.connection import NAME
from ml_connector.errors import ConnectorError
from ml_connector.settings import Home
from ml_connector.store import holds, postings
from ml_connector.wire import Request
from ml_connector_sandbox import wire as sandbox

STEPS = {
    "stage": "/actions/CreateUnreleased/batch",
    "validate": "PrmEditOnly=true",
    "release": "PrmEditOnly=false",
    "look-up": "/lists/",
}
FAULTS = (
    "lost_request",
    "lost_answer",
    "gateway_timeout_before_commit",
    "gateway_timeout_after_commit",
    "server_error_before_commit",
    "server_error_after_commit",
    "false_unauthorized",
    "rate_limited_html",
)


class Killed(BaseException):
    """The process ended here."""


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_at_any_step_posts_once(acme: Acme, step: str, fault: str) -> None:
    """A request or an answer lost, a gateway's time-out, an error after the fact: the books are right in the end."""
    plan = with_hours(acme)
    rule = {"name": fault, "vendor": "cloudsuite", "path_holds": STEPS[step], "next": 1}
    acme.control("PUT", "/faults", [rule])
    try:
        acme.approve_and_apply(plan)
    except ConnectorError:
        acme.restart()
    assert acme.control("GET", "/faults")["rules"][0]["next"] == 0, "the fault never struck"
    settle(acme)
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}


@pytest.mark.parametrize("step", ["stage", "release"])
def test_a_write_that_takes_effect_after_its_time_out_posts_once(acme: Acme, step: str) -> None:
    """The gateway gives up, the ERP does not: within the settle time the write appears, and it is not sent again."""
    plan = with_hours(acme)
    rule = {"name": "late_commit", "vendor": "cloudsuite", "path_holds": STEPS[step], "next": 1, "seconds": 3}
    acme.control("PUT", "/faults", [rule])
    acme.approve_and_apply(plan)
    assert acme.gl() == []
    settle(acme)
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}


def test_a_release_whose_answer_was_lost_is_believed_as_soon_as_it_shows(acme: Acme) -> None:
    """The next run finds the journal in the ledger and need not wait for the settle time; it sends nothing."""
    _long_settle_time(acme)
    plan = with_hours(acme)
    rule = {"name": "gateway_timeout_after_commit", "vendor": "cloudsuite", "path_holds": STEPS["release"], "next": 1}
    acme.control("PUT", "/faults", [rule])
    acme.approve_and_apply(plan)
    assert _states(acme) == {State.IN_DOUBT}
    acme.sync()
    assert _states(acme) == {State.RELEASED}
    assert "posting_in_doubt" not in acme.findings().values()
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}


def test_a_release_that_does_not_show_is_not_sent_again_before_the_settle_time(acme: Acme) -> None:
    """That it is absent proves nothing yet: it may still take effect, and until then every run only looks."""
    _long_settle_time(acme)
    plan = with_hours(acme)
    rule = {"name": "late_commit", "vendor": "cloudsuite", "path_holds": STEPS["release"], "next": 1, "seconds": 350}
    acme.control("PUT", "/faults", [rule])
    acme.approve_and_apply(plan)
    for _ in range(3):
        acme.sync()
        assert acme.gl() == []
    acme.sync()
    acme.sync()
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}


def _states(acme: Acme) -> set[State]:
    """How far our postings have come."""
    with acme.installed.database.read() as tx:
        return {posting.state for posting in postings.everything(tx, NAME)}


def _long_settle_time(acme: Acme) -> None:
    """As long as in service."""
    file = Home(acme.directory).connection_file(NAME)
    file.write_text(file.read_text().replace("settle_seconds = 5", "settle_seconds = 360", 1))
    acme.restart()


@pytest.mark.slow
def test_a_process_killed_at_any_call_posts_once(make_acme: Callable[..., Acme]) -> None:
    """Killed before or after each call to CloudSuite in turn, started again, the books are right every time."""
    survived = False
    kill_at = 0
    while not survived:
        for after in (False, True):
            acme = make_acme()
            plan = with_hours(acme)
            survived = not _killed(acme, plan, kill_at, after=after)
            acme.restart()
            settle(acme)
            acme.check_ledger()
            assert acme.labor() == owed(acme), (kill_at, after)
        kill_at += 1
    assert kill_at > 5


def _killed(acme: Acme, plan: str, kill_at: int, *, after: bool) -> bool:
    """Apply the plan with the process ending at its n-th call; False where it made fewer calls."""
    seen = 0

    def tap(request: Request) -> None:
        nonlocal seen
        if "cloudsuite" not in request.url:
            return
        if seen == kill_at:
            if after:
                acme.tap = lambda _request: None
                acme.world.cloudsuite_front(_arrived(request))
            raise Killed
        seen += 1

    acme.tap = tap
    try:
        acme.approve_and_apply(plan)
    except Killed:
        return True
    finally:
        acme.tap = lambda _request: None
    return False


def _arrived(request: Request) -> sandbox.Request:
    return sandbox.Request.to(request.method, request.target, request.headers, request.body or b"")


def test_a_row_that_the_erp_refuses_is_held_and_the_others_are_posted(acme: Acme) -> None:
    """One cost center is closed after approval: its hours are held with the ERP's own words, the rest goes through."""
    acme.sync()
    orders = [
        item
        for item in acme.orders(company="1000", currency="USD", closed=False)
        if len(item["lines"]) == 1 and len(item["lines"][0]["distributions"]) == 1
    ]
    centers = {item["lines"][0]["distributions"][0]["cost_center"]: item for item in orders}
    first, second = [item for center, item in centers.items() if center != "LEGACY"][:2]
    for order in (first, second):
        acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
    plan = acme.sync().proposal
    closed = first["lines"][0]["distributions"][0]["cost_center"]
    acme.tap = _closing(acme, closed)
    acme.approve_and_apply(plan)
    acme.tap = lambda _request: None
    for _ in range(4):
        acme.post()
    assert "refused_by_erp" in acme.findings().values()
    acme.check_ledger()
    assert acme.labor() == owed(acme)


def _closing(acme: Acme, cost_center: str) -> Callable[[Request], None]:
    """Closes the cost center just as the first rows are staged."""

    def tap(request: Request) -> None:
        if STEPS["stage"] in request.url:
            acme.control("POST", "/cloudsuite/cost-centers", {"code": cost_center, "active": False})

    return tap


def test_a_refused_reversal_is_held_and_not_tried_again_by_itself(acme: Acme) -> None:
    """Hours are deleted when their cost center is closed already: CloudSuite refuses the reversal, once."""
    acme.sync()
    order = acme.chargeable()
    issue = acme.issue_of(f"{order['company']}/{order['number']}")
    entry = acme.log(issue, 3600, YESTERDAY)
    acme.post()
    assert acme.gl()
    acme.as_person(acme.people[0], "DELETE", f"/issue/{issue}/worklog/{entry['id']}")
    closed = order["lines"][0]["distributions"][0]["cost_center"]
    acme.tap = _closing(acme, closed)
    acme.post()
    acme.tap = lambda _request: None
    for _ in range(3):
        acme.post()
    with acme.installed.database.read() as tx:
        assert postings.counts(tx, NAME) == {"released": 1, "rolled_back": 1}
    assert "refused_by_erp" in acme.findings().values()
    with acme.installed.database.begin() as tx:
        assert holds.release(tx, NAME, entry["id"])
    acme.control("POST", "/cloudsuite/cost-centers", {"code": closed, "active": True})
    acme.post()
    acme.check_ledger()
    assert not any(acme.labor().values())
