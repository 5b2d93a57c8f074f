"""A worker that stopped, on an FSM whose keys nobody has proven. Goal: it may wake and send, and nothing is doubled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.acme import CONTROLLER, START, Acme
from engine.ledger_oracle import owed
from ml_connector.core.ledger import Posting, State
from ml_connector.demo.connection import NAME
from ml_connector.engine.resolution import Verdict, resolve
from ml_connector.engine.run import recorded
from ml_connector.store import postings
from ml_connector.store.principals import Principal
from ml_connector.wire import Request
from ml_connector_sandbox import wire as sandbox

YESTERDAY = START.date() - timedelta(days=1)
SECOND = Principal("treasurer", frozenset({"approver"}))
SETTLE = 10.0
STAGE = "actions/CreateUnreleased/batch"


class Killed(BaseException):
    """The end of a process: nothing catches it."""


@pytest.fixture
def unproven(make_acme: Callable[..., Acme]) -> Acme:
    """A tenant that takes a second row under a key, and a connection that does not rely on it."""
    acme = make_acme(change=lambda file: file.replace("unique_keys = true", "unique_keys = false"))
    acme.control("PUT", "/switches", {"fsm_keys_enforced": False})
    return acme


def killed_before_staging(acme: Acme) -> sandbox.Request:
    """A process ends just before it stages a journal. Returns the call that it was about to send."""
    acme.sync()
    order = acme.chargeable()
    acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
    plan = acme.sync().proposal
    pending: list[sandbox.Request] = []

    def tap(request: Request) -> None:
        if STAGE in request.url:
            pending.append(sandbox.Request.to(request.method, request.target, request.headers, request.body or b""))
            raise Killed

    acme.tap = tap
    with pytest.raises(Killed):
        acme.approve_and_apply(plan)
    acme.tap = lambda _request: None
    acme.restart()
    return pending[0]


def settle(acme: Acme) -> None:
    """Cycles, and the settle time before each."""
    for _ in range(3):
        acme.clock.advance(SETTLE)
        acme.sync()


def the_posting(acme: Acme) -> Posting:
    """The only one."""
    with acme.installed.database.read() as tx:
        (posting,) = postings.everything(tx, NAME)
    return posting


def test_what_wakes_late_is_all_that_there_is(unproven: Acme) -> None:
    """Another worker waits, however long; once the rows show, they are released, once."""
    call = killed_before_staging(unproven)
    settle(unproven)
    assert (the_posting(unproven).state, the_posting(unproven).orphaned) == (State.IN_DOUBT, True)
    assert unproven.findings()[f"posting {the_posting(unproven).reference}"] == "posting_in_doubt"
    assert unproven.gl() == []
    unproven.world.cloudsuite_front(call)
    settle(unproven)
    unproven.check_ledger()
    assert unproven.labor() == owed(unproven) != {}


def test_two_people_let_it_be_staged_again(unproven: Acme) -> None:
    """They know that the process is gone; then its hours are posted."""
    killed_before_staging(unproven)
    settle(unproven)
    lane, reference = unproven.installed.lane(NAME), the_posting(unproven).reference
    for person in (CONTROLLER, SECOND):
        assert unproven.gl() == []
        recorded(lane, lambda who=person: resolve(lane, reference, Verdict.ABSENT, who))  # type: ignore[misc] # bound
    settle(unproven)
    unproven.check_ledger()
    assert unproven.labor() == owed(unproven) != {}


def test_where_keys_are_proven_nobody_is_needed(acme: Acme) -> None:
    """The second row would be refused: after the settle time it is staged again, and what wakes late does no harm."""
    call = killed_before_staging(acme)
    settle(acme)
    assert acme.labor() == owed(acme) != {}
    acme.world.cloudsuite_front(call)
    settle(acme)
    acme.check_ledger()
    assert acme.labor() == owed(acme)
