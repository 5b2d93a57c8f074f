"""Postings that no look-up can settle. Goal: people can, together, and never against what CloudSuite shows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.acme import CONTROLLER, START, Acme
from engine.ledger_oracle import owed
from ml_connector.core.ledger import State
from ml_connector.demo.connection import NAME
from ml_connector.engine.resolution import Verdict, resolve
from ml_connector.engine.run import recorded
from ml_connector.errors import Refused
from ml_connector.store import postings
from ml_connector.store.principals import Principal

pytestmark = pytest.mark.slow

YESTERDAY = START.date() - timedelta(days=1)
SECOND = Principal("treasurer", frozenset({"approver"}))
SETTLED = 10.0


def in_doubt(acme: Acme, *, deleted: bool = True) -> str:
    """A posting whose release nobody saw succeed; by then finance has deleted its lines, or not."""
    acme.sync()
    order = acme.chargeable()
    acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
    plan = acme.sync().proposal
    rule = {"name": "gateway_timeout_after_commit", "vendor": "cloudsuite", "path_holds": "PrmEditAndInterface=true"}
    acme.control("PUT", "/faults", [{**rule, "next": 1}])
    (reference,) = acme.approve_and_apply(plan).postings
    if deleted:
        assert acme.world.cloudsuite.ledger.delete_released(reference)
    return reference


def state_of(acme: Acme, reference: str) -> State:
    """How far a posting has come."""
    with acme.installed.database.read() as tx:
        return postings.load(tx, NAME, reference).state


def stated(acme: Acme, reference: str, verdict: Verdict, who: Principal) -> State:
    """A person states something."""
    lane = acme.installed.lane(NAME)
    return recorded(lane, lambda: resolve(lane, reference, verdict, who))


@pytest.mark.parametrize("removed", [False, True])
def test_two_people_let_it_be_sent_again(acme: Acme, removed: bool) -> None:  # noqa: FBT001 - both kinds of tenant
    """It stays in doubt by itself and after one statement; after the second its hours are posted, once.

    Where rows leave staging as they become entries, it is sent again as it was; else its reference is used up.
    """
    acme.control("PUT", "/switches", {"fsm_interfaced_rows_removed": removed})
    reference = in_doubt(acme)
    acme.sync()
    acme.sync()
    assert state_of(acme, reference) is State.IN_DOUBT
    assert stated(acme, reference, Verdict.ABSENT, CONTROLLER) is State.IN_DOUBT
    assert stated(acme, reference, Verdict.ABSENT, CONTROLLER) is State.IN_DOUBT
    acme.sync()
    assert acme.gl() == []
    state = stated(acme, reference, Verdict.ABSENT, SECOND)
    assert state is (State.INTENDED if removed else State.ROLLED_BACK)
    acme.post()
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}
    assert ({line["reference"] for line in acme.gl()} == {reference}) is removed


def test_nobody_states_absent_what_cloudsuite_shows(acme: Acme) -> None:
    """The ledger is believed before people are."""
    reference = in_doubt(acme, deleted=False)
    acme.clock.advance(SETTLED)
    with pytest.raises(Refused, match="shows lines"):
        stated(acme, reference, Verdict.ABSENT, CONTROLLER)
    assert stated(acme, reference, Verdict.RELEASED, CONTROLLER) is State.RELEASED
    acme.check_ledger()


def test_nobody_states_released_what_cloudsuite_does_not_show(acme: Acme) -> None:
    """A claim without lines is refused."""
    reference = in_doubt(acme)
    acme.clock.advance(SETTLED)
    with pytest.raises(Refused, match="absent"):
        stated(acme, reference, Verdict.RELEASED, CONTROLLER)


def test_a_statement_needs_time_a_doubt_and_a_right(acme: Acme) -> None:
    """Not before the settle time, not about what is certain, not by anybody."""
    reference = in_doubt(acme)
    with pytest.raises(Refused, match="settle time"):
        stated(acme, reference, Verdict.ABSENT, CONTROLLER)
    acme.clock.advance(SETTLED)
    with pytest.raises(Refused, match="no approver|not an approver"):
        stated(acme, reference, Verdict.ABSENT, Principal("analyst", frozenset()))
    with pytest.raises(Refused, match="not in doubt"):
        stated(acme, "MLC-NONE", Verdict.ABSENT, CONTROLLER)


def test_nobody_states_absent_what_cloudsuite_shows_and_we_cannot_read(acme: Acme) -> None:
    """A line under our reference whose amount is none is still a line: sent again, the hours would be there twice."""
    reference = in_doubt(acme, deleted=False)
    for line in acme.world.cloudsuite.ledger.rows("GLTransactionDetail"):
        line.fields["TransactionAmount"] = "see note"
    acme.clock.advance(SETTLED)
    with pytest.raises(Refused, match="cannot be read"):
        stated(acme, reference, Verdict.ABSENT, CONTROLLER)
    assert state_of(acme, reference) is State.IN_DOUBT
