"""Hard stops at what an order authorizes. Goal: never a cent or a second above it, and nothing held that still fits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connection_files import written
from ml_connector.core.budget import LaborSum, labor_used
from ml_connector.core.burden import Burden
from ml_connector.core.corrections import Books, LoggedWork, lacking
from ml_connector.core.labor import CostPolicy
from ml_connector.core.ledger import Recorded, State
from ml_connector.core.records import PurchaseOrder
from ml_connector.rules import Rulebook
from ml_connector.rules.book import in_force, pack, pack_off
from ml_connector.settings import load_connection
from settings.test_mapping_commands import PLAIN
from worlds import NOW, logged, order, policy, rate, worklog

KEY = "1000/4500"
FRINGE = Burden("fringe", Decimal(30), date(2026, 1, 1), account="615000")


def stopping(percent: int) -> CostPolicy:
    """Rates with a burden, and the pack with one stop switched on."""
    rules = [rule for rule in pack() if rule.name not in pack_off() or rule.name == f"stop-at-{percent}"]
    return policy(rate("33.33"), burdens=(FRINGE,), judge=Rulebook(rules))


def entries(hours: list[tuple[int, int]]) -> list[LoggedWork]:
    """An entry for each day and length in seconds; numbers do not follow the days."""
    return [
        logged(
            replace(worklog(str(number), day=(date(2026, 10, 1) + timedelta(days=day)).isoformat()), seconds=seconds)
        )
        for number, (day, seconds) in enumerate(hours)
    ]


@pytest.mark.parametrize("percent", [75, 90, 100])
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 36_000)), max_size=10),
    st.integers(0, 60_000),
    st.integers(0, 40),
)
def test_what_fits_is_costed_in_the_order_of_work_and_the_rest_is_held(
    percent: int, hours: list[tuple[int, int]], authorized: int, hours_authorized: int
) -> None:
    """Counted a second time entry by entry: money with its burden against the percentage, and hours, where told."""
    po = replace(order(amount=authorized), hours=Decimal(hours_authorized))
    work = entries(hours)
    found = lacking(work, Books({KEY: po}, {}, stopping(percent), NOW.date()))
    money = seconds = 0
    fits = set()
    for item in sorted(work, key=lambda item: (item.worklog.started, item.worklog.id)):
        labor = int(Decimal("33.33") * 100 * item.worklog.seconds / 3600 + Decimal("0.5"))
        both = labor + int(Decimal(labor) * 30 / 100 + Decimal("0.5"))
        enough = (money + both) * 100 <= authorized * percent
        in_time = not hours_authorized or (seconds + item.worklog.seconds) * 100 <= hours_authorized * 3600 * percent
        if (enough and in_time) or not labor:
            money, seconds = money + both, seconds + item.worklog.seconds
            fits.add(item.worklog.id)
    assert {delta.worklog_id for delta in found.deltas} == fits
    assert {finding.code for finding in found.findings} <= {f"rule:stop-at-{percent}"}


def used(po: PurchaseOrder, held: dict[str, tuple[Recorded, ...]]) -> Books:
    """Books of what is posted, with what it uses up of the order."""
    labor = [
        LaborSum(KEY, "P-1", item.state, item.share.amount, item.share.seconds)
        for items in held.values()
        for item in items
    ]
    return Books({KEY: po}, held, stopping(100), NOW.date(), used=labor_used({KEY: po}, labor))


def test_an_edit_that_no_longer_fits_leaves_what_is_posted() -> None:
    """Two hours posted, three logged now, and money for two: the two stand, and a finding tells of the third."""
    po = order(amount=9_000)
    (delta,) = lacking([logged(worklog())], used(po, {})).deltas
    held = {"1": tuple(Recorded("MLC-1", 1, State.RELEASED, share) for share in delta.shares)}
    found = lacking([logged(worklog(hours="3"))], used(po, held))
    assert found.deltas == ()
    assert [finding.code for finding in found.findings] == ["rule:stop-at-100"]
    raised = lacking([logged(worklog(hours="3"))], used(order(amount=13_000), held))
    assert sum(share.amount.minor for share in raised.deltas[0].shares) == 12_999 - 8_666


def test_a_person_may_let_an_entry_pass() -> None:
    """A release is for one entry, and counts against the order like any other hours."""
    po = order(amount=9_000)
    work = [
        logged(worklog("1", day="2026-10-01")),
        replace(logged(worklog("2", day="2026-10-02")), released=frozenset({"stop-at-100"})),
    ]
    found = lacking(work, Books({KEY: po}, {}, stopping(100), NOW.date()))
    assert {delta.worklog_id for delta in found.deltas} == {"1", "2"}


@pytest.mark.parametrize(
    ("on", "off", "there"),
    [((), (), False), (("stop-at-100",), (), True), ((), ("stop-at-100",), False)],
)
def test_a_stop_is_in_force_where_it_is_switched_on(
    tmp_path: Path, on: tuple[str, ...], off: tuple[str, ...], *, there: bool
) -> None:
    """As it comes no stop is."""
    plain_connection = load_connection(written(tmp_path, PLAIN))
    rules = plain_connection.rules.model_copy(update={"on": on, "off": off})
    names = {rule.name for rule in in_force(plain_connection.model_copy(update={"rules": rules}))}
    assert ("stop-at-100" in names) is there
    assert "authorization-90" in names
