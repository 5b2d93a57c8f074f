"""Hours that are not posted when finance closes. Goal: their period carries them once, and none carries them twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from engine.acme import ANALYST, CONTROLLER, START, Acme
from ml_connector.core.plan import Plan
from ml_connector.demo.connection import NAME
from ml_connector.engine import proposal
from ml_connector.engine.accrual import accrue
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded, run_lane
from ml_connector.engine.undo import undo
from ml_connector.errors import Refused

pytestmark = pytest.mark.slow
MONTH = f"{START:%Y-%m}"
LAST = (START.date().replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
YESTERDAY = START.date() - timedelta(days=1)
CENTS = 2 * 3600


def with_accrual_account(text: str) -> str:
    """The demo's connection with an account of its own for accruals, that no small amount passes by."""
    assert 'account = "219900"' in text
    return text.replace('account = "219900"', 'account = "219900"\naccrual_account = "200000"', 1)


def logged(acme: Acme, seconds: int = CENTS) -> dict[str, str]:
    """Hours that wait for approval. Returns the entry."""
    acme.sync()
    order = acme.chargeable()
    entry = acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), seconds, YESTERDAY)
    acme.sync()
    return entry


def accrued(acme: Acme) -> Plan:
    """The plan of the month's accruals in entity 1000."""
    acme.clock.advance(120)
    lane = acme.installed.lane(NAME)
    return recorded(lane, lambda: accrue(lane, MONTH, ["1000"], ANALYST))


def monthly(acme: Acme) -> Counter[tuple[str, str]]:
    """Labor by account and posting month."""
    sums: Counter[tuple[str, str]] = Counter()
    for line in acme.gl():
        if line["account"] not in ("219900", "200000"):
            sums[line["account"], line["posting_date"][:7]] += line["amount_minor"]
    return Counter({key: minor for key, minor in sums.items() if minor})


def go_to(acme: Acme, day: date) -> None:
    """Time passes, and the schedule runs on that day."""
    acme.clock.advance((datetime.combine(day, START.timetz()) - acme.clock.now()).total_seconds())
    run_lane(acme.installed.lane(NAME))


def agrees(acme: Acme) -> bool:
    """Whether the three books agree."""
    acme.clock.advance(120)
    lane = acme.installed.lane(NAME)
    return recorded(lane, lambda: reconcile(lane, "")).agrees


def test_an_accrual_is_posted_on_the_last_day_and_returns_on_the_first(acme: Acme) -> None:
    """The month carries what is logged and not approved; the next one gives it back, and then takes the hours."""
    logged(acme)
    acme.approve_and_apply(accrued(acme).hash)
    lines = [line for line in acme.gl() if line["description"].startswith("Accrual")]
    assert {line["posting_date"] for line in lines} == {LAST.isoformat()}
    ((_, minor),) = monthly(acme).items()
    assert minor > 0
    assert agrees(acme)
    go_to(acme, LAST)
    assert len(monthly(acme)) == 1
    go_to(acme, LAST + timedelta(days=1))
    assert sorted(monthly(acme).values()) == [-minor, minor]
    assert agrees(acme)
    acme.check_ledger()


def test_accrued_again_nothing_is_planned(acme: Acme) -> None:
    """The same hours are accrued once, whether the plan is posted or not."""
    logged(acme)
    first = accrued(acme)
    assert accrued(acme).hash == first.hash
    acme.approve_and_apply(first.hash)
    assert not accrued(acme).operations


def test_hours_that_changed_are_accrued_anew(acme: Acme) -> None:
    """The old estimate is taken back, the new one stands."""
    entry = logged(acme)
    acme.approve_and_apply(accrued(acme).hash)
    ((account, minor),) = monthly(acme).items()
    body = {"timeSpentSeconds": 2 * CENTS}
    acme.as_person(acme.people[0], "PUT", f"/issue/{entry['issueId']}/worklog/{entry['id']}", body)
    acme.sync()
    acme.approve_and_apply(accrued(acme).hash)
    assert monthly(acme) == {account: 2 * minor}
    assert agrees(acme)


@pytest.mark.parametrize("returned", [False, True])
def test_hours_posted_into_the_period_take_their_accrual_back(acme: Acme, *, returned: bool) -> None:
    """Approved late, the month carries them once, and no other month carries anything."""
    logged(acme)
    waiting = acme.sync().proposal
    acme.approve_and_apply(accrued(acme).hash)
    accounts = monthly(acme)
    if returned:
        go_to(acme, LAST + timedelta(days=1))
        assert len(monthly(acme)) == 2
    acme.approve_and_apply(waiting if not returned else acme.sync().proposal)
    for _ in range(3):
        acme.post()
    assert monthly(acme) == accounts
    assert agrees(acme)
    acme.check_ledger()
    go_to(acme, LAST + timedelta(days=2))
    acme.post()
    assert monthly(acme) == accounts


def test_accruals_have_their_own_credit_side(make_acme: Callable[..., Acme]) -> None:
    """Account and return are credited and debited to the accrual account; the hours themselves to labor clearing."""
    acme = make_acme(change=with_accrual_account)
    logged(acme)
    acme.approve_and_apply(accrued(acme).hash)
    ((_, minor),) = monthly(acme).items()
    credit = [line for line in acme.gl() if line["account"] == "200000"]
    assert [line["amount_minor"] for line in credit] == [-minor]
    acme.post()
    acme.post()
    sums = Counter[str]()
    for line in acme.gl():
        sums[line["account"]] += line["amount_minor"]
    assert (sums["200000"], sums["219900"]) == (0, -minor)


def test_an_accrual_needs_a_second_person_whatever_its_amount(make_acme: Callable[..., Acme]) -> None:
    """Estimates never pass by policy."""
    acme = make_acme(change=lambda text: text.replace("[posting.approval]", "[posting.approval]", 1))
    logged(acme, 60)
    plan = accrued(acme)
    lane = acme.installed.lane(NAME)
    with pytest.raises(Refused, match="not approved"):
        recorded(lane, lambda: proposal.apply(lane, plan.hash))


def test_an_accrual_is_not_undone(acme: Acme) -> None:
    """It returns by itself, and says so."""
    logged(acme)
    applied = acme.approve_and_apply(accrued(acme).hash)
    lane = acme.installed.lane(NAME)
    with pytest.raises(Refused, match="return in the next period"):
        recorded(lane, lambda: undo(lane, next(iter(applied.postings)), CONTROLLER.name, "mistake"))


@pytest.mark.parametrize(
    ("period", "message"),
    [("2026-13", "no period called"), ("2025-01", "before the cut-over"), ("closed", "takes no postings")],
)
def test_a_period_that_cannot_be_accrued_is_refused(acme: Acme, period: str, message: str) -> None:
    """Unknown, before the cut-over, or closed: the message says which."""
    logged(acme)
    if period == "closed":
        acme.world.cloudsuite.set_period("1000", MONTH, open_=False)
        period = MONTH
    lane = acme.installed.lane(NAME)
    with pytest.raises(Refused, match=message):
        recorded(lane, lambda: accrue(lane, period, ["1000"], ANALYST))


def test_nothing_is_accrued_for_an_unknown_entity(acme: Acme) -> None:
    """The entity is named, and those that there are."""
    acme.sync()
    lane = acme.installed.lane(NAME)
    with pytest.raises(Refused, match="no entity"):
        recorded(lane, lambda: accrue(lane, MONTH, ["9999"], ANALYST))
