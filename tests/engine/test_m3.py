"""The story on M3: its books equal the oracle, whatever goes wrong on the way and however a tenant is set up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.acme import START, Acme
from engine.hours import YESTERDAY, settle, with_hours
from engine.ledger_oracle import owed
from ml_connector.core.ledger import State
from ml_connector.demo.connection import NAME
from ml_connector.errors import ConnectorError
from ml_connector.store import postings
from ml_connector.wire import Request
from ml_connector_sandbox import wire as sandbox
from ml_connector_sandbox.cloudsuite.m3 import batches
from ml_connector_sandbox.cloudsuite.m3.execute import Call

TODAY = START.date()
STEPS = {"head": "AddBatchHead", "lines": "AddBatchLineFld", "control": "CtrlBatch", "update": "UpdBatch"}
FAULTS = ("lost_answer", "gateway_timeout_before_commit", "false_unauthorized")


class Killed(BaseException):
    """The process ended here."""


@pytest.fixture
def m3(make_acme: Callable[..., Acme]) -> Acme:
    """The vendors with M3 as CloudSuite."""
    return make_acme(product="m3")


def _log_everywhere(acme: Acme) -> None:
    acme.sync()
    for place, order in enumerate(acme.orders(closed=False)):
        key = acme.issue_of(f"{order['company']}/{order['number']}")
        for person in range(2):
            acme.log(key, 1800 + 777 * (2 * place + person) % 9000, TODAY - timedelta(days=1 + place % 15), person)


def _states(acme: Acme) -> set[State]:
    with acme.installed.database.read() as tx:
        return {posting.state for posting in postings.everything(tx, NAME)}


def _check(acme: Acme) -> None:
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}


def test_hours_are_vouchers_to_the_cent(m3: Acme) -> None:
    """Every open order, two people: control and update are jobs, and yet the run sees them through, without a doubt."""
    _log_everywhere(m3)
    m3.post()
    _check(m3)
    assert _states(m3) == {State.RELEASED}
    assert {line["status"] for line in m3.gl()} == {"posted"}
    assert "posting_in_doubt" not in m3.findings().values()
    m3.sync(sweeping=True)
    assert _states(m3) == {State.CONFIRMED}


def test_an_edit_is_reversed_and_replaced(m3: Acme) -> None:
    """And a deletion is taken back: vouchers are never changed."""
    m3.sync()
    order = m3.chargeable()
    issue = m3.issue_of(f"{order['company']}/{order['number']}")
    edited, deleted = m3.log(issue, 3600, YESTERDAY), m3.log(issue, 3600, YESTERDAY, 1)
    m3.post()
    before = m3.gl()
    m3.as_person(m3.people[0], "PUT", f"/issue/{issue}/worklog/{edited['id']}", {"timeSpentSeconds": 7200})
    m3.as_person(m3.people[1], "DELETE", f"/issue/{issue}/worklog/{deleted['id']}")
    m3.post()
    _check(m3)
    assert m3.gl()[: len(before)] == before


@pytest.mark.parametrize(
    ("switches", "settings"),
    [
        ({"m3_prefixed_columns": False}, "prefixed_columns = false"),
        ({"m3_decimal_separator": ","}, 'decimal_separator = ","'),
        ({"m3_signed_amounts": False}, ""),
        ({"m3_jobs_show": False}, ""),
        ({"m3_job_seconds": 40.0}, ""),
        ({"m3_time_zone": "Pacific/Auckland"}, ""),
        ({"m3_batch_states": "1,2,3,4,5,6"}, "STATES"),
        ({"m3_exports_locked": True}, "LISTS"),
    ],
)
def test_a_tenant_may_be_set_up_otherwise(
    make_acme: Callable[..., Acme], switches: dict[str, object], settings: str
) -> None:
    """What is not verified may turn out either way: the books are the same."""
    m3 = make_acme(product="m3", change=lambda text: text.replace("[cloudsuite.m3]", _m3_table(settings), 1))
    m3.control("PUT", "/switches", switches)
    _log_everywhere(m3)
    m3.post()
    settle(m3)
    _check(m3)
    assert _states(m3) == {State.RELEASED}


def _m3_table(settings: str) -> str:
    words = ("entered", "checking", "checked", "error", "updating", "updated")
    tables = ("MPHEAD", "MPLINE", "CUGEX1", "FGLINH", "FGLINF", "FGLEDG", "FGLEDX")
    keys = {
        "STATES": "\n".join(f'batch_states.{code} = "{word}"' for code, word in enumerate(words, 1)),
        "LISTS": "\n".join(f'lists.{table} = "LstML{table}"' for table in tables),
    }
    return f"[cloudsuite.m3]\n{keys.get(settings, settings)}"


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_at_any_write_posts_once(m3: Acme, step: str, fault: str) -> None:
    """A request or an answer lost, a gateway's time-out, an error after the fact: the books are right in the end."""
    plan = with_hours(m3)
    rule = {"name": fault, "vendor": "cloudsuite", "body_holds": STEPS[step], "next": 1}
    m3.control("PUT", "/faults", [rule])
    try:
        m3.approve_and_apply(plan)
    except ConnectorError:
        m3.restart()
    assert m3.control("GET", "/faults")["rules"][0]["next"] == 0, "the fault never struck"
    settle(m3)
    _check(m3)


@pytest.mark.parametrize("step", ["lines", "update"])
def test_a_write_that_takes_effect_after_its_time_out_posts_once(m3: Acme, step: str) -> None:
    """The gateway gives up, M3 does not: within the settle time the write appears, and it is not sent again."""
    plan = with_hours(m3)
    rule = {"name": "late_commit", "vendor": "cloudsuite", "body_holds": STEPS[step], "next": 1, "seconds": 3}
    m3.control("PUT", "/faults", [rule])
    m3.approve_and_apply(plan)
    assert m3.gl() == []
    settle(m3)
    _check(m3)


def test_a_line_that_is_taken_by_chance_is_not_taken_twice(m3: Acme) -> None:
    """Part of a bulk call fails, and the rest of the batch waits until it is complete or gone."""
    plan = with_hours(m3)
    m3.control("PUT", "/faults", [{"name": "partial_batch", "vendor": "cloudsuite", "next": 2}])
    m3.approve_and_apply(plan)
    for _ in range(3):
        m3.post()
    m3.check_ledger()
    assert "posting_in_doubt" not in m3.findings().values()


@pytest.mark.slow
def test_a_process_killed_at_any_call_posts_once(make_acme: Callable[..., Acme]) -> None:
    """Killed before or after each call to M3 in turn, started again, the books are right every time."""
    survived = False
    kill_at = 0
    while not survived:
        for after in (False, True):
            acme = make_acme(product="m3")
            plan = with_hours(acme)
            survived = not _killed(acme, plan, kill_at, after=after)
            acme.restart()
            settle(acme)
            acme.check_ledger()
            assert acme.labor() == owed(acme), (kill_at, after)
            acme.installed.database.close()
        kill_at += 1
    assert kill_at > 10


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
                acme.world.cloudsuite_front(
                    sandbox.Request.to(request.method, request.target, request.headers, request.body or b"")
                )
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


def test_a_batch_that_m3_refuses_is_marked_and_its_other_hours_come_again(m3: Acme) -> None:
    """One cost center is closed as its lines arrive: its hours are held, the others are posted under another reference.

    The batch that was refused can never be posted any more, whoever tries.
    """
    m3.sync()
    orders = [
        item
        for item in m3.orders(company="1000", currency="USD", closed=False)
        if len(item["lines"]) == 1 and len(item["lines"][0]["distributions"]) == 1
    ]
    centers = {item["lines"][0]["distributions"][0]["cost_center"]: item for item in orders}
    first, second = [item for center, item in centers.items() if center != "LEGACY"][:2]
    for order in (first, second):
        m3.log(m3.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
    plan = m3.sync().proposal
    closed = first["lines"][0]["distributions"][0]["cost_center"]
    m3.tap = _closing(m3, closed)
    m3.approve_and_apply(plan)
    m3.tap = lambda _request: None
    for _ in range(4):
        m3.post()
    assert "refused_by_erp" in m3.findings().values()
    _check(m3)
    m3.control("POST", "/cloudsuite/cost-centers", {"code": closed, "active": True})
    books = m3.world.cloudsuite.kept["m3"].batches
    [refused] = [key for key, batch in books.items() if any(line.sent["LINE"] == "9999999" for line in batch.lines)]
    before = len(m3.gl())
    batches.update(m3.world.cloudsuite, Call({"KEY1": refused[1]}, "100", refused[0], 0))
    m3.clock.advance(60)
    assert len(m3.gl()) == before


def _closing(acme: Acme, cost_center: str) -> Callable[[Request], None]:
    """Closes the cost center just as the first lines arrive."""

    def tap(request: Request) -> None:
        if STEPS["lines"].encode() in (request.body or b""):
            acme.control("POST", "/cloudsuite/cost-centers", {"code": cost_center, "active": False})

    return tap


def test_a_quiet_cycle_is_cheap_and_writes_nothing(m3: Acme) -> None:
    """Four tables and the projects' money, none of it written, however often it is read."""
    _log_everywhere(m3)
    m3.post()
    m3.sync()
    m3.calls()
    outcome = m3.sync()
    assert outcome.written == {}
    calls = m3.calls()["cloudsuite"]
    assert sum(calls.values()) <= 20, calls
