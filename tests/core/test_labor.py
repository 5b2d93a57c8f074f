"""Hours become cost by rate, precedence and distribution, and every hour that cannot be costed says why."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.labor import cost, overfull_days, targets_of, work_date
from ml_connector.core.ledger import Share
from ml_connector.core.money import Money
from ml_connector.core.periods import ClosedPeriod, Period, PeriodPolicy
from ml_connector.core.rates import find_rate
from ml_connector.core.records import Distribution, Finding, Person, PurchaseOrder
from worlds import ANNA, BEN, coding, order, policy, rate, total, worklog


def shares(outcome: tuple[Share, ...] | Finding) -> tuple[Share, ...]:
    """The shares, where there are some."""
    assert not isinstance(outcome, Finding), outcome
    return outcome


def finding(outcome: object) -> Finding:
    """The finding, where there is one."""
    assert isinstance(outcome, Finding), outcome
    return outcome


def test_two_and_a_half_hours_at_a_hundred_are_two_hundred_and_fifty() -> None:
    """The plainest case."""
    (share,) = shares(cost(worklog(hours="2.5"), order(), policy()))
    assert share.amount == Money(25000, "USD")
    assert share.seconds == 9000
    assert share.coding == coding()


@given(
    st.integers(1, 86_400),
    st.decimals("0.01", "999.99", places=2),
    st.lists(st.integers(1, 10**7), min_size=1, max_size=6),
)
def test_cents_and_seconds_always_foot(seconds: int, amount: Decimal, parts: list[int]) -> None:
    """Over any distribution, the shares sum to the worklog's seconds and to its cost rounded once."""
    distributions = tuple(Distribution(str(i), coding(f"CC-{i}"), Money(part, "USD")) for i, part in enumerate(parts))
    item = replace(worklog(), seconds=seconds)
    found = shares(cost(item, order(amount=sum(parts), parts=distributions), policy(rate(str(amount)))))
    assert sum(share.seconds for share in found) == seconds
    exact = amount * seconds / 3600
    assert abs(Decimal(total(found)) / 100 - exact) <= Decimal("0.005")


def test_a_third_each_loses_no_cent() -> None:
    """100.00 over three equal parts is 33.34, 33.33, 33.33."""
    parts = tuple(Distribution(str(i), coding(f"CC-{i}"), Money(100, "USD")) for i in range(3))
    found = shares(cost(worklog(hours="1"), order(amount=300, parts=parts), policy()))
    assert [share.amount.minor for share in found] == [3334, 3333, 3333]


@pytest.mark.parametrize(
    ("scope", "wins"),
    [
        ({"person": "acc-anna", "project": "P-1"}, "person × project"),
        ({"role": "developer", "project": "P-1"}, "role × project"),
        ({"person": "E1"}, "person"),
        ({"role": "developer"}, "role"),
        ({"cost_center": "CC-100"}, "cost center"),
        ({}, "default"),
    ],
)
def test_the_most_particular_rate_wins(scope: dict[str, str], wins: str) -> None:
    """Each scope beats all scopes below it in the stated precedence."""
    ladder = [
        {"person": "acc-anna", "project": "P-1"},
        {"role": "developer", "project": "P-1"},
        {"person": "E1"},
        {"role": "developer"},
        {"cost_center": "CC-100"},
        {},
    ]
    below = ladder[ladder.index(scope) :]
    rates = tuple(rate(str(100 + index), **part) for index, part in enumerate(below))
    (share,) = shares(cost(worklog(hours="1"), order(), policy(*rates)))
    assert (share.basis.rate_rule, share.amount.minor) == (wins, 10000)


def test_the_latest_rate_that_is_effective_on_the_day_of_work_counts() -> None:
    """A rate change is seen from its day on, and not before."""
    rates = (rate("100", effective="2026-01-01"), rate("110", effective="2026-10-05"))
    before = shares(cost(worklog(hours="1", day="2026-10-04"), order(), policy(*rates)))
    after = shares(cost(worklog(hours="1", day="2026-10-05"), order(), policy(*rates)))
    assert (total(before), total(after)) == (10000, 11000)


def test_a_rate_never_fits_another_person() -> None:
    """An employee without a number is not matched by a rate without a person, other than the default."""
    nameless = Person("acc-x", "X")
    assert find_rate((rate(person="E1"),), nameless, "P-1", "CC-100", "USD", date(2026, 10, 5), date.max) is None


def coded(**changes: str) -> PurchaseOrder:
    """An order whose one distribution is coded otherwise."""
    return order(parts=(Distribution("1", coding(**changes)),))


EMPLOYED_ELSEWHERE = {"acc-anna": Person("acc-anna", "A", entity="2000")}
FROM_NOVEMBER = PeriodPolicy(earliest={"1000": date(2026, 11, 1)})


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("no_rate", lambda: cost(worklog(author=BEN.account_id), order(), policy(rate(person="E1")))),
        ("unmapped_person", lambda: cost(worklog(author="acc-nobody"), order(), policy(rate(person="E1")))),
        ("no_rate", lambda: cost(worklog(), order(currency="JPY"), policy())),
        ("order_without_distribution", lambda: cost(worklog(), order(parts=()), policy())),
        ("order_without_project", lambda: cost(worklog(), coded(project=""), policy())),
        ("cross_entity_coding", lambda: cost(worklog(), coded(entity="2000"), policy())),
        ("entity_without_clearing", lambda: cost(worklog(), order(), policy(clearing={}))),
        ("unknown_clearing_account", lambda: cost(worklog(), order(), policy(accounts=frozenset({"612000"})))),
        ("unknown_account", lambda: cost(worklog(), order(), policy(accounts=frozenset({"219900"})))),
        ("inactive_cost_center", lambda: cost(worklog(), order(), policy(cost_centers=frozenset({"1"})))),
        ("cross_entity_labor", lambda: cost(worklog(), order(), policy(people=EMPLOYED_ELSEWHERE))),
        ("closed_period", lambda: cost(worklog(), order(), policy(periods=FROM_NOVEMBER))),
    ],
)  # fmt: skip
def test_what_cannot_be_costed_is_held_with_its_reason(code: str, outcome: object) -> None:
    """Each reason has a code, a sentence and a remedy, and no share is made."""
    found = finding(outcome())  # type: ignore[operator] # the table holds thunks
    assert found.code == code
    assert found.remedy
    assert found.message.endswith(".")


@pytest.mark.parametrize(
    "parts",
    [
        (Distribution("1", coding(), Money(999, "USD")), Distribution("2", coding("CC-2"), Money(2, "USD"))),
        (Distribution("1", coding(), percent=Decimal(60)), Distribution("2", coding("CC-2"), percent=Decimal(39))),
        (Distribution("1", coding(), percent=Decimal(60)), Distribution("2", coding("CC-2"), Money(400, "USD"))),
    ],
)
def test_distributions_that_do_not_total_the_line_are_held(parts: tuple[Distribution, ...]) -> None:
    """Nothing is spread over a coding that does not add up."""
    assert (
        finding(targets_of(order(amount=1000, parts=parts), policy(), date(2026, 10, 5))).code
        == "distribution_does_not_total"
    )


def test_an_order_without_a_project_takes_the_default_one_where_policy_names_it() -> None:
    """The stated policy for unprojected orders."""
    (share,) = shares(cost(worklog(), coded(project=""), policy(default_project="P-DEFAULT")))
    assert share.coding.project == "P-DEFAULT"


def test_a_closed_period_moves_the_posting_to_the_next_open_day_where_policy_says_so() -> None:
    """The day of work stays; the posting date moves past every closed span and the earliest date."""
    october = Period("1000", "2026-10", date(2026, 10, 1), date(2026, 10, 31), open=False)
    periods = PeriodPolicy(ClosedPeriod.NEXT_OPEN, {"1000": date(2026, 9, 15)}, {"1000": (october,)})
    (share,) = shares(cost(worklog(day="2026-10-05"), order(), policy(periods=periods)))
    assert (share.work_date, share.posting_date) == (date(2026, 10, 5), date(2026, 11, 1))


def test_the_day_of_work_is_the_connections_day() -> None:
    """23:30 in UTC on the last of the month is the next month in Berlin."""
    late = worklog(day="2026-10-31")
    late = replace(late, started=late.started.replace(hour=23, minute=30))
    assert work_date(late, ZoneInfo("UTC")) == date(2026, 10, 31)
    assert work_date(late, ZoneInfo("Europe/Berlin")) == date(2026, 11, 1)


def test_a_day_is_overfull_over_all_issues_together() -> None:
    """Thirteen hours twice are more than a day, whatever they were logged on."""
    twice = [worklog("1", "13", issue="10"), worklog("2", "13", issue="11"), worklog("3", "24", author="acc-ben")]
    assert overfull_days(twice, ZoneInfo("UTC"), 24) == {(ANNA.account_id, date(2026, 10, 5))}
