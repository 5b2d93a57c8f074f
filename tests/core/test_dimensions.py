"""Dimensions: a coding that CloudSuite would refuse is held with its money; a code has a successor from a day on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.corrections import Books, lacking
from ml_connector.core.dimensions import ACCOUNT, COST_CENTER, PROJECT, Code, Dimensions, Recode, recoded
from ml_connector.core.labor import cost
from ml_connector.core.money import Money
from ml_connector.core.records import Coding, Distribution, Finding
from worlds import coding, logged, order, policy, worklog

DAY = date(2026, 10, 5)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)

TROUBLE = {
    "unknown_account": (ACCOUNT, Code("612000", active=False)),
    "inactive_cost_center": (COST_CENTER, Code("CC-100", ends=BEFORE)),
    "inactive_project": (PROJECT, Code("P-1", active=False)),
    "invalid_combination": (ACCOUNT, Code("612000", cost_centers=frozenset({"CC-9"}))),
}


@pytest.mark.parametrize("code", TROUBLE)
def test_a_coding_that_would_be_refused_is_held_with_its_money(code: str) -> None:
    """The finding names what is wrong, and what the hours would cost if it were not."""
    part, told = TROUBLE[code]
    rules = policy(dimensions=Dimensions({part: {told.code: told}}))
    (held,) = lacking([logged(worklog(hours="2"))], Books({"1000/4500": order()}, {}, rules, AFTER)).findings
    assert (held.code, held.amount) == (code, Money(20000, "USD"))
    assert told.code in held.message


def test_an_account_that_requires_a_project_takes_no_entry_without() -> None:
    """With a project it does."""
    told = Dimensions({ACCOUNT: {"612000": Code("612000", requires_project=True)}})
    bare = order(parts=(Distribution("1", coding(project="")),))
    held = cost(worklog(), bare, policy(dimensions=told, default_project=""))
    assert isinstance(held, Finding)
    assert held.code == "account_needs_project"
    assert not isinstance(cost(worklog(), order(), policy(dimensions=told)), Finding)


def test_the_money_of_all_held_hours_stands_in_one_finding() -> None:
    """Three entries on one order are one finding with what all three would cost."""
    told = Dimensions({COST_CENTER: {"CC-100": Code("CC-100", active=False)}})
    work = [logged(worklog(str(number), hours="1")) for number in range(1, 4)]
    found = lacking(work, Books({"1000/4500": order()}, {}, policy(dimensions=told), AFTER))
    (only,) = found.findings
    assert only.amount == Money(30000, "USD")
    assert found.deltas == ()


@pytest.mark.parametrize(
    ("begins", "ends", "holds"),
    [(None, None, False), (DAY, DAY, False), (AFTER, None, True), (None, BEFORE, True), (BEFORE, AFTER, False)],
)
def test_a_code_is_valid_from_its_first_day_to_its_last(begins: date | None, ends: date | None, holds: bool) -> None:  # noqa: FBT001 - an expectation
    """Both days included; without one it has no end on that side."""
    told = Dimensions({COST_CENTER: {"CC-100": Code("CC-100", begins=begins, ends=ends)}})
    assert isinstance(cost(worklog(), order(), policy(dimensions=told)), Finding) is holds


def test_what_nobody_tells_is_not_judged() -> None:
    """A part that is not told bars nothing, nor does a project that was never seen; an unknown account does."""
    assert list(Dimensions().flaws(coding(), DAY)) == []
    assert list(Dimensions({PROJECT: {}}).flaws(coding(), DAY)) == []
    (flaw,) = Dimensions({ACCOUNT: {}}).flaws(coding(), DAY)
    assert (flaw.what, flaw.why) == ("GL account 612000", "does not exist")


SUCCESSORS = (
    Recode(COST_CENTER, "CC-100", "CC-200", DAY),
    Recode(COST_CENTER, "CC-200", "CC-300", DAY),
    Recode(COST_CENTER, "CC-100", "CC-400", AFTER),
    Recode(PROJECT, "", "OVERHEAD", DAY),
    Recode("3", "OLD", "", DAY),
    Recode("4", "", "NEW", DAY),
)


def test_a_code_becomes_its_successor_from_a_day_on() -> None:
    """The latest that has begun counts, nothing is changed twice, and a part may be filled or emptied."""
    before = Coding("1000", "612000", "CC-100", "", (("3", "OLD"), ("5", "X")))
    assert recoded(before, SUCCESSORS, BEFORE) == before
    on_the_day = Coding("1000", "612000", "CC-200", "OVERHEAD", (("4", "NEW"), ("5", "X")))
    assert recoded(before, SUCCESSORS, DAY) == on_the_day
    assert recoded(before, SUCCESSORS, AFTER) == replace(on_the_day, cost_center="CC-400")


def test_hours_are_posted_to_the_successor_and_judged_by_it() -> None:
    """An order on a closed cost center is charged, once its successor is named, from that day of work on."""
    told = Dimensions({COST_CENTER: {"CC-100": Code("CC-100", active=False), "CC-200": Code("CC-200")}})
    rules = policy(dimensions=told, recodes=SUCCESSORS[:1])
    shares = cost(worklog(), order(), rules)
    assert not isinstance(shares, Finding)
    assert {share.coding.cost_center for share in shares} == {"CC-200"}
    assert isinstance(cost(worklog(day=f"{BEFORE}"), order(), rules), Finding)


PARTS = st.sampled_from([ACCOUNT, COST_CENTER, PROJECT, "1", "10"])
CODES = st.sampled_from(["", "A", "B", "C"])
RECODES = st.lists(st.builds(Recode, PARTS, CODES, CODES, st.dates(BEFORE, AFTER)), max_size=8)


@given(RECODES, CODES, CODES, CODES, CODES)
def test_a_part_becomes_what_one_of_its_recodes_says_or_stays(
    recodes: list[Recode], account: str, center: str, project: str, free: str
) -> None:
    """Whatever is named: every part is what it was, or what a recode of just that code makes of it; no other part."""
    before = Coding("1000", account, center, project, (("1", free),) if free else ())
    after = recoded(before, recodes, DAY)
    was = {ACCOUNT: account, COST_CENTER: center, PROJECT: project, "1": free, "10": ""}
    free_now = dict(after.dimensions)
    now = {ACCOUNT: after.account, COST_CENTER: after.cost_center, PROJECT: after.project}
    now |= {number: free_now.get(number, "") for number in ("1", "10")}
    for part, value in was.items():
        allowed = {
            each.becomes for each in recodes if (each.part, each.code) == (part, value) and each.effective <= DAY
        }
        assert now[part] in (allowed or {value})
    assert after.entity == "1000"
