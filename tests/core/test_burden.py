"""Burdens: percentages of labor cost on lines of their own. Goal: to the cent, and never apart from their labor."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.accruals import accruing
from ml_connector.core.burden import Burden
from ml_connector.core.corrections import Books, Fate, lacking
from ml_connector.core.journals import Correction, Draft, drafts
from ml_connector.core.labor import cost
from ml_connector.core.ledger import Recorded, Share
from ml_connector.core.money import Money
from ml_connector.core.records import Coding, Distribution, Finding
from worlds import NOW, coding, grouping, logged, merged, order, policy, rate, recorded, worklog

FIRST = date(2026, 1, 1)
FRINGE = Burden("fringe", Decimal("28.5"), FIRST, account="615000")
OVERHEAD = Burden("overhead", Decimal(10), FIRST, account="616000", cost_center="CC-OH")
ABSORBED = Coding("1000", "219950", "FIN")
KEY = "1000/4500"


def shares(found: tuple[Share, ...] | Finding) -> tuple[Share, ...]:
    """The shares, where there are some."""
    assert not isinstance(found, Finding), found
    return found


def by_burden(found: tuple[Share, ...]) -> dict[str, int]:
    """Minor units by burden; labor under no name."""
    sums: dict[str, int] = {}
    for share in found:
        sums[share.burden] = sums.get(share.burden, 0) + share.amount.minor
    return sums


def journals(
    found: tuple[Share, ...], held: dict[str, tuple[Recorded, ...]] | None = None, **changes: object
) -> tuple[Draft, ...]:
    """The journals of some shares, fringe credited to an account of its own."""
    cut = replace(grouping(), burden_clearing={("1000", "fringe"): ABSORBED}, **changes)  # type: ignore[arg-type]
    return drafts(found, held or {}, {"10": "PROC-1"}, {}, cut)


@given(
    st.integers(1, 86_400),
    st.decimals("0.01", "999.99", places=2),
    st.decimals("0", "200", places=3),
    st.lists(st.integers(1, 10**7), min_size=1, max_size=6),
)
def test_a_burden_is_its_percentage_of_the_labor_cents_rounded_once(
    seconds: int, amount: Decimal, percent: Decimal, parts: list[int]
) -> None:
    """Over any distribution it is within half a cent, carries no hours, and leaves labor as it was."""
    distributions = tuple(Distribution(str(i), coding(f"CC-{i}"), Money(part, "USD")) for i, part in enumerate(parts))
    item, po = replace(worklog(), seconds=seconds), order(amount=sum(parts), parts=distributions)
    plain = shares(cost(item, po, policy(rate(str(amount)))))
    found = shares(cost(item, po, policy(rate(str(amount)), burdens=(replace(FRINGE, percent=percent), OVERHEAD))))
    labor = [share for share in found if not share.burden]
    sums = by_burden(found)
    assert tuple(labor) == plain
    for name, of in (("fringe", percent), ("overhead", Decimal(10))):
        assert abs(sums.get(name, 0) - Decimal(sums.get("", 0)) * of / 100) <= Decimal("0.5")
    assert all(share.seconds == 0 and share.worklog_id == item.id for share in found if share.burden)
    assert {share.coding.account for share in found if share.burden} <= {"615000", "616000"}


@pytest.mark.parametrize(
    ("scope", "percent"),
    [
        ({"person": "E1"}, "1"),
        ({"role": "developer"}, "2"),
        ({"labor_account": "612000"}, "3"),
        ({"entity": "1000"}, "4"),
        ({}, "5"),
    ],
)
def test_the_most_particular_burden_of_a_name_counts_alone(scope: dict[str, str], percent: str) -> None:
    """Person, role, labor account, entity, everything, each before those below it."""
    ladder = [{"person": "E1"}, {"role": "developer"}, {"labor_account": "612000"}, {"entity": "1000"}, {}]
    below = ladder[ladder.index(scope) :]
    burdens = tuple(
        replace(FRINGE, percent=Decimal(5 - len(below) + place + 1), **part)  # type: ignore[arg-type] # scope is text
        for place, part in enumerate(below)
    )
    found = shares(cost(worklog(hours="1"), order(), policy(burdens=burdens)))
    assert by_burden(found)["fringe"] == 100 * int(percent)


def test_a_burden_changes_with_its_day_and_ends_at_nothing() -> None:
    """The latest that is effective on the day of work counts; a percentage of 0 ends it."""
    burdens = (
        FRINGE,
        replace(FRINGE, percent=Decimal(30), effective=date(2026, 10, 5)),
        replace(FRINGE, percent=Decimal(0), effective=date(2026, 11, 1)),
    )
    got = [
        by_burden(shares(cost(worklog(hours="1", day=day), order(), policy(burdens=burdens)))).get("fringe")
        for day in ("2026-10-04", "2026-10-05", "2026-11-01")
    ]
    assert got == [2850, 3000, None]


def test_the_journal_has_lines_for_burdens_and_their_own_credit() -> None:
    """Labor, fringe and overhead on lines of their own that name the worklog, each credited where it is absorbed."""
    found = shares(cost(worklog(hours="2"), order(), policy(burdens=(FRINGE, OVERHEAD))))
    (draft,) = journals(found)
    lines = {part.line.coding.account: part for part in draft.lines}
    assert {account: part.line.amount.minor for account, part in lines.items()} == {
        "612000": 20000, "615000": 5700, "616000": 2000, "219900": -22000, "219950": -5700,
    }  # fmt: skip
    assert lines["616000"].line.coding.cost_center == "CC-OH"
    assert [share.worklog_id for share in lines["615000"].shares] == ["1"]
    assert lines["615000"].line.seconds == 0
    assert not any("28.5" in part.line.description for part in draft.lines)


def test_a_burden_on_the_labors_own_account_has_a_line_of_its_own() -> None:
    """It is told from labor by its name, also when both are reversed."""
    same = replace(FRINGE, account="")
    books = Books({KEY: order()}, {}, policy(burdens=(same,)), NOW.date())
    (delta,) = lacking([logged(worklog())], books).deltas
    (draft,) = journals(delta.shares)
    assert [part.line.amount.minor for part in draft.lines] == [20000, 5700, -20000, -5700]
    gone = Books({KEY: order()}, recorded(draft), policy(), NOW.date())
    (back,) = lacking([logged(worklog(), fate=Fate.DELETED)], gone).deltas
    assert sorted(share.amount.minor for share in back.shares) == [-20000, -5700]


@given(st.integers(1, 40_000), st.integers(0, 40_000), st.sampled_from(Correction))
def test_corrections_carry_the_burdens_of_what_they_correct(first: int, then: int, correction: Correction) -> None:
    """After any edit or deletion our books hold labor and burdens of what is logged now, and of nothing else."""
    wanted = policy(rate("33.33"), burdens=(FRINGE, OVERHEAD))
    item = replace(worklog(), seconds=first)
    (delta,) = lacking([logged(item)], Books({KEY: order()}, {}, wanted, NOW.date())).deltas
    held = merged(*(recorded(draft) for draft in journals(delta.shares)))
    edited = replace(item, seconds=then)
    fate = Fate.LIVE if then else Fate.DELETED
    found = lacking([logged(edited, fate=fate)], Books({KEY: order()}, held, wanted, NOW.date()))
    more = tuple(share for each in found.deltas for share in each.shares)
    held = merged(held, *(recorded(draft) for draft in journals(more, held, correction=correction)))
    now = by_burden(tuple(entry.share for items in held.values() for entry in items))
    fresh = by_burden(shares(cost(edited, order(), wanted))) if then else {}
    assert {name: minor for name, minor in now.items() if minor} == {n: m for n, m in fresh.items() if m}
    again = lacking([logged(edited, fate=fate)], Books({KEY: order()}, held, wanted, NOW.date()))
    assert again.deltas == ()


def test_a_burden_that_was_switched_on_later_is_a_proposal_of_recosting() -> None:
    """What is posted stays without it until somebody asks for it."""
    (delta,) = lacking([logged(worklog())], Books({KEY: order()}, {}, policy(), NOW.date())).deltas
    (draft,) = journals(delta.shares)
    held = recorded(draft)
    books = Books({KEY: order()}, held, policy(burdens=(FRINGE,)), NOW.date())
    assert lacking([logged(worklog())], books).deltas == ()
    (asked,) = lacking([replace(logged(worklog()), recost=True)], books).deltas
    assert by_burden(asked.shares) == {"": 0, "fringe": 5700}


def test_an_accrual_holds_the_burdens_too() -> None:
    """Finance's estimate is the whole cost."""
    books = Books({KEY: order()}, {}, policy(burdens=(FRINGE,)), NOW.date())
    found = accruing([logged(worklog())], books, {"1000": NOW.date() - timedelta(days=2)})
    assert by_burden(found.deltas[0].shares) == {"": 20000, "fringe": 5700}


def test_an_account_that_is_closed_to_a_burden_holds_the_hours() -> None:
    """Labor does not go without its burden."""
    accounts = frozenset({"612000", "219900", "615000"})
    cleared = {("1000", "fringe"): ABSORBED}
    open_ = cost(worklog(), order(), policy(burdens=(FRINGE,), accounts=accounts))
    closed = cost(worklog(), order(), policy(burdens=(FRINGE,), accounts=accounts, burden_clearing=cleared))
    assert not isinstance(open_, Finding)
    assert isinstance(closed, Finding)
    assert closed.code == "unknown_burden_account"
    assert "219950" in closed.message
