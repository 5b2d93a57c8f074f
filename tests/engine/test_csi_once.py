"""Exactly once where nothing is unique: lost rows are looked for, and what a stopped worker left is for people."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from engine.acme import CONTROLLER, Acme
from engine.hours import SETTLE, YESTERDAY, settle, with_hours
from engine.ledger_oracle import owed
from ml_connector.core.ledger import Posting, State
from ml_connector.demo.connection import NAME
from ml_connector.engine.resolution import Verdict, resolve
from ml_connector.engine.run import recorded
from ml_connector.errors import ConnectorError, Refused
from ml_connector.store import postings
from ml_connector.store.principals import Principal
from ml_connector.wire import Request
from ml_connector_sandbox import wire as sandbox

Make = Callable[..., Acme]

SECOND = Principal("treasurer", frozenset({"approver"}))
LINES = 3
ENTER = "/update/SLJournals"
FAULTS = (
    "lost_request",
    "lost_answer",
    "gateway_timeout_before_commit",
    "gateway_timeout_after_commit",
    "server_error_before_commit",
    "server_error_after_commit",
    "false_unauthorized",
    "rate_limited_html",
    "token_expired",
)
CALLS = {"enter": ENTER, "look at journals": "/load/SLJournals", "look at the ledger": "/load/SLLedgers"}


class Killed(BaseException):
    """The process ended here."""


@pytest.fixture
def acme(make_acme: Make) -> Acme:
    """The vendors as seeded, with CSI for CloudSuite."""
    return make_acme(product="csi")


def the_posting(acme: Acme) -> Posting:
    """The only posting there is."""
    with acme.installed.database.read() as tx:
        (posting,) = postings.everything(tx, NAME)
    return posting


def stated(acme: Acme, verdict: Verdict, who: Principal) -> State:
    """A person states what became of the posting."""
    lane = acme.installed.lane(NAME)
    return recorded(lane, lambda: resolve(lane, the_posting(acme).reference, verdict, who))


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS)
def test_a_fault_at_any_call_posts_once(acme: Acme, call: str, fault: str) -> None:
    """A request or an answer lost, a time-out before or after the fact: the books are right in the end."""
    plan = with_hours(acme)
    acme.control("PUT", "/faults", [{"name": fault, "vendor": "cloudsuite", "path_holds": CALLS[call], "next": 1}])
    try:
        acme.approve_and_apply(plan)
    except ConnectorError:
        acme.restart()
    assert acme.control("GET", "/faults")["rules"][0]["next"] == 0, "the fault never struck"
    settle(acme)
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}


@pytest.mark.parametrize("row", range(LINES))
@pytest.mark.parametrize("fault", ["lost_request", "gateway_timeout_after_commit"])
def test_a_part_that_was_entered_is_completed_by_the_same_process(acme: Acme, fault: str, row: int) -> None:
    """Rows go one by one: after the settle time those that are missing are entered, under the same references."""
    plan = with_hours(acme)
    seen: list[str] = []

    def strike(request: Request) -> None:
        if ENTER in request.url:
            seen.append(request.url)
            if len(seen) == row + 1:
                acme.control("PUT", "/faults", [{"name": fault, "vendor": "cloudsuite", "next": 1}])

    acme.tap = strike
    acme.approve_and_apply(plan)
    entered = row + (fault == "gateway_timeout_after_commit")
    assert len(acme.gl()) == entered
    assert the_posting(acme).state is State.IN_DOUBT
    acme.tap = lambda _request: None
    settle(acme)
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}
    assert {line["sequence"] for line in acme.gl()} == set(range(1, LINES + 1))


def test_a_row_that_is_entered_after_its_time_out_is_entered_once(acme: Acme) -> None:
    """The gateway gives up, CSI does not: within the settle time the row appears, and it is not sent again."""
    plan = with_hours(acme)
    rule = {"name": "late_commit", "vendor": "cloudsuite", "path_holds": ENTER, "next": 1, "seconds": 3}
    acme.control("PUT", "/faults", [rule])
    acme.approve_and_apply(plan)
    assert acme.gl() == []
    settle(acme)
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}


def killed(acme: Acme, plan: str, entered: int) -> None:
    """The process ends when it is about to enter the next row after some."""
    count = 0

    def tap(request: Request) -> None:
        nonlocal count
        if ENTER in request.url:
            if count == entered:
                raise Killed
            count += 1

    acme.tap = tap
    with pytest.raises(Killed):
        acme.approve_and_apply(plan)
    acme.tap = lambda _request: None
    acme.restart()


@pytest.mark.parametrize("entered", range(LINES))
def test_what_a_stopped_process_left_undone_is_never_sent_again_by_itself(acme: Acme, entered: int) -> None:
    """Nobody knows whether it wakes and sends: it stays in doubt, however often it is looked at, and is said."""
    killed(acme, with_hours(acme), entered)
    for _ in range(4):
        acme.clock.advance(SETTLE)
        acme.sync()
    assert len(acme.gl()) == entered
    posting = the_posting(acme)
    assert (posting.state, posting.orphaned) == (State.IN_DOUBT, True)
    assert "a worker stopped" in posting.note
    assert acme.findings()[f"posting {posting.reference}"] == "posting_in_doubt"


@pytest.mark.slow
def test_a_stopped_process_that_wakes_late_doubles_nothing(acme: Acme) -> None:
    """It sends its rows long after another has taken over: they are what is there, and there once."""
    plan = with_hours(acme)
    pending: list[sandbox.Request] = []

    def tap(request: Request) -> None:
        if ENTER in request.url:
            pending.append(sandbox.Request.to(request.method, request.target, request.headers, request.body or b""))
            raise Killed

    acme.tap = tap
    with pytest.raises(Killed):
        acme.approve_and_apply(plan)
    acme.tap = lambda _request: None
    acme.restart()
    for _ in range(3):
        acme.clock.advance(SETTLE)
        acme.sync()
    acme.world.cloudsuite_front(pending[0])
    for _ in range(3):
        acme.clock.advance(SETTLE)
        acme.sync()
    assert [line["sequence"] for line in acme.gl()] == [1]


def test_a_stopped_process_that_had_entered_all_rows_needs_nobody(acme: Acme) -> None:
    """All rows are there, so that nothing is left to send: it is complete without anybody's word."""
    plan = with_hours(acme)
    count = 0

    def heard(request: Request, _response: object) -> None:
        nonlocal count
        count += ENTER in request.url
        if count == LINES:
            raise Killed

    acme.heard = heard
    with pytest.raises(Killed):
        acme.approve_and_apply(plan)
    acme.heard = lambda _request, _response: None
    acme.restart()
    settle(acme)
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}
    assert the_posting(acme).state is State.RELEASED


def test_two_people_let_it_be_entered_again(acme: Acme) -> None:
    """A part lies in the journal: first finance deletes it, then two people state that nothing is there."""
    killed(acme, with_hours(acme), 2)
    acme.clock.advance(SETTLE)
    acme.sync()
    acme.clock.advance(SETTLE)
    with pytest.raises(Refused, match="waiting in staging"):
        stated(acme, Verdict.ABSENT, CONTROLLER)
    with pytest.raises(Refused, match="partial"):
        stated(acme, Verdict.RELEASED, CONTROLLER)
    acme.control("POST", "/cloudsuite/delete-released", {"reference": the_posting(acme).reference})
    assert stated(acme, Verdict.ABSENT, CONTROLLER) is State.IN_DOUBT
    acme.sync()
    assert acme.gl() == []
    assert stated(acme, Verdict.ABSENT, SECOND) is State.INTENDED
    settle(acme)
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}
    assert not the_posting(acme).orphaned


def test_finance_posts_while_we_look(acme: Acme) -> None:
    """A row that moves from the journal to the ledger between two looks is one row, and nothing is entered again."""
    plan = with_hours(acme)
    looks = 0

    def post(request: Request) -> None:
        nonlocal looks
        looks += "/load/SLLedgers" in request.url
        if looks == 5 and "/load/SLLedgers" in request.url:
            acme.control("POST", "/cloudsuite/post")

    acme.tap = post
    acme.approve_and_apply(plan)
    acme.tap = lambda _request: None
    assert {line["status"] for line in acme.gl()} == {"posted"}
    settle(acme)
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}
    assert the_posting(acme).state in (State.RELEASED, State.CONFIRMED)


def test_finance_posts_half_of_a_journal(acme: Acme) -> None:
    """A site that posts what does not balance takes the first rows from under us: it is never taken as whole."""
    acme.control("PUT", "/switches", {"csi_posts_unbalanced": True})
    plan = with_hours(acme)
    count = 0

    def post(request: Request) -> None:
        nonlocal count
        count += ENTER in request.url
        if count == 2 and ENTER in request.url:
            acme.control("POST", "/cloudsuite/post")

    acme.tap = post
    acme.approve_and_apply(plan)
    acme.tap = lambda _request: None
    settle(acme)
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}
    assert {line["status"] for line in acme.gl()} == {"posted", "released"}


def test_a_filter_that_cannot_find_our_rows_stops_before_anything_is_entered(acme: Acme) -> None:
    """Without a look nothing is sent: the connection stops and says what the site refused."""
    plan = with_hours(acme)
    acme.control("PUT", "/switches", {"csi_like_filters": False})
    with pytest.raises(ConnectorError, match="LIKE is not allowed"):
        acme.approve_and_apply(plan)
    assert acme.gl() == []


@pytest.mark.parametrize("fault", ["lost_request", "lost_answer", "gateway_timeout_after_commit", "rate_limited_json"])
def test_a_fault_while_a_refused_journal_is_taken_out_leaves_nothing_behind(acme: Acme, fault: str) -> None:
    """One row is refused, the others are taken out; whatever is lost on the way, no row of it stays."""
    plan = with_hours(acme)

    def strike(request: Request) -> None:
        if ENTER in request.url and b'"Action":4' in (request.body or b""):
            acme.control("PUT", "/faults", [{"name": fault, "vendor": "cloudsuite", "next": 1}])
            acme.tap = lambda _request: None
        elif ENTER in request.url:
            table = acme.world.cloudsuite.tables["AccountingUnit"]
            table.change(table.rows["ACME", "FIN"], {"Active": "false"}, acme.clock.now())

    acme.tap = strike
    acme.approve_and_apply(plan)
    assert acme.control("GET", "/faults")["rules"], "nothing was taken out"
    for _ in range(4):
        acme.clock.advance(SETTLE)
        acme.sync()
    assert acme.gl() == []
    assert the_posting(acme).state is State.ROLLED_BACK


SEEDS = 12
RAGING, CALM = 8, 10
"""Cycles in which faults strike, and in which they do not."""
DEATHS = ("before", "after", "")


def rage(acme: Acme, chance: random.Random) -> None:
    """One cycle in which anything may be lost, finance posts when it likes, and the process may end at any call."""
    struck = chance.sample((*FAULTS, "late_commit"), 3)
    rule = {"vendor": "cloudsuite", "path_holds": "SLJournals", "probability": chance.choice((0.0, 0.05, 0.2))}
    acme.control("PUT", "/faults", [{"name": name, "seconds": 3, **rule} for name in struck if rule["probability"]])
    left = chance.randrange(1, 12)
    death = chance.choice(DEATHS)

    def count(url: str, when: str) -> None:
        nonlocal left
        left -= "SLJournals" in url and death == when
        if not left:
            raise Killed

    acme.tap = lambda request: count(request.url, "before")
    acme.heard = lambda request, _response: count(request.url, "after")
    try:
        outcome = acme.sync(sweeping=chance.random() < 0.3)
        if outcome.proposal:
            acme.approve_and_apply(outcome.proposal)
    except (Killed, ConnectorError):
        acme.tap, acme.heard = (lambda _request: None), (lambda _request, _response: None)
        acme.restart()
    if chance.random() < 0.3:
        acme.control("POST", "/cloudsuite/post")
    acme.clock.advance(chance.choice((1.0, SETTLE, 3 * SETTLE)))


def people_resolve(acme: Acme) -> None:
    """Finance deletes what is there in part, and two people state that nothing is."""
    lane = acme.installed.lane(NAME)
    with acme.installed.database.read() as tx:
        waiting = [postings.load(tx, NAME, name) for name in postings.by_states(tx, NAME, {State.IN_DOUBT})]
    for posting in (each for each in waiting if each.orphaned):
        acme.control("POST", "/cloudsuite/delete-released", {"reference": posting.reference})
        for person in (CONTROLLER, SECOND):
            try:
                recorded(lane, lambda who=person, of=posting: resolve(lane, of.reference, Verdict.ABSENT, who))  # type: ignore[misc] # bound by their defaults
            except Refused:
                return  # not yet, or no longer


def once(acme: Acme) -> None:
    """Whatever is half done, no row of ours stands twice."""
    twice = Counter((line["reference"], line["sequence"]) for line in acme.gl())
    assert set(twice.values()) <= {1}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_the_books_end_as_the_oracle_says(acme: Acme, seed: int) -> None:
    """Faults, deaths and finance at work while hours are logged; then calm, and people settle what only they can."""
    chance = random.Random(seed)
    acme.sync()
    issues = [acme.issue_of(f"{order['company']}/{order['number']}") for order in acme.orders(closed=False)]
    for _ in range(RAGING):
        acme.log(chance.choice(issues), chance.randrange(60, 10_000), YESTERDAY, chance.randrange(3))
        rage(acme, chance)
        once(acme)
    acme.control("PUT", "/faults", [])
    acme.tap, acme.heard = (lambda _request: None), (lambda _request, _response: None)
    acme.restart()
    for _ in range(CALM):
        acme.clock.advance(SETTLE)
        people_resolve(acme)
        acme.post()
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}
