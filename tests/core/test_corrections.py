"""Our books are corrected by reversal and replacement, and whatever happens they end up saying what the hours say."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.corrections import Books, Fate, Lacking, LoggedWork, lacking
from ml_connector.core.journals import Draft, Grain, drafts
from ml_connector.core.labor import CostPolicy, cost
from ml_connector.core.ledger import Entry, Recorded, State, outstanding
from ml_connector.core.periods import ClosedPeriod, Period, PeriodPolicy
from ml_connector.core.records import Finding, PurchaseOrder
from worlds import NOW, coding, grouping, logged, merged, order, policy, rate, recorded, total, worklog

ORDERS = {"1000/4500": order(), "1000/4600": order("4600")}


def books(
    recorded_shares: dict[str, tuple[Recorded, ...]] | None = None,
    cost_policy: CostPolicy | None = None,
    orders: dict[str, PurchaseOrder] | None = None,
) -> Books:
    """What costing reads, on the second of November."""
    return Books(orders or ORDERS, recorded_shares or {}, cost_policy or policy(), NOW.date())


def posted(*work: LoggedWork, state: State = State.RELEASED) -> dict[str, tuple[Recorded, ...]]:
    """Our books after these hours were posted."""
    return merged(*(recorded(draft, state) for draft in journals(lacking(work, books()))))


def journals(missing: Lacking, held: dict[str, tuple[Recorded, ...]] | None = None) -> tuple[Draft, ...]:
    """The journals of what is lacking."""
    shares = [share for delta in missing.deltas for share in delta.shares]
    return drafts(shares, held or {}, {}, {}, grouping())


def test_what_is_posted_is_not_proposed_again() -> None:
    """The same hours give nothing the second time."""
    held = posted(logged(worklog()))
    assert lacking([logged(worklog())], books(held)) == Lacking()


def test_an_edited_worklog_gives_a_reversal_that_names_its_original_and_a_replacement() -> None:
    """Two hours become three: minus the stored amount, plus the new one, nothing else."""
    held = posted(logged(worklog(hours="2")))
    (delta,) = lacking([logged(worklog(hours="3"))], books(held)).deltas
    reversal, replacement = delta.shares
    (original,) = held["1"]
    assert (reversal.entry, reversal.amount.minor, reversal.reverses) == (Entry.REVERSAL, -20000, original.address)
    assert (replacement.entry, replacement.amount.minor) == (Entry.REPLACEMENT, 30000)


def test_a_reversal_copies_the_stored_amount_and_never_todays_rate() -> None:
    """The rate rose and the order was re-coded since; what comes out is what went in."""
    held = posted(logged(worklog(hours="2")))
    recoded = {"1000/4500": replace(order(), lines=()), "1000/4600": order("4600")}
    deleted = replace(logged(worklog(hours="2")), fate=Fate.DELETED)
    (delta,) = lacking([deleted], books(held, policy(rate("999")), recoded)).deltas
    assert [(share.amount.minor, share.coding) for share in delta.shares] == [(-20000, coding())]


def test_a_changed_rate_or_coding_alone_corrects_nothing() -> None:
    """What was posted stands until the hours themselves change."""
    held = posted(logged(worklog()))
    assert lacking([logged(worklog())], books(held, policy(rate("150")))) == Lacking()


def test_a_worklog_moved_to_another_order_is_reversed_there_and_charged_here() -> None:
    """The old order gets its money back, the new one pays."""
    held = posted(logged(worklog()))
    (delta,) = lacking([logged(worklog(issue="11"), "1000/4600")], books(held)).deltas
    assert [(share.order, share.amount.minor) for share in delta.shares] == [
        ("1000/4500", -20000),
        ("1000/4600", 20000),
    ]


def test_a_worklog_moved_to_an_issue_without_order_is_only_reversed() -> None:
    """Work that no order claims is never costed."""
    held = posted(logged(worklog()))
    (delta,) = lacking([logged(worklog(issue="99"), "")], books(held)).deltas
    assert total(delta.shares) == -20000


def test_an_invisible_worklog_is_held_and_its_cost_stands() -> None:
    """What cannot be seen was not deleted."""
    held = posted(logged(worklog()))
    missing = lacking([replace(logged(worklog()), fate=Fate.INVISIBLE)], books(held))
    assert missing.deltas == ()
    assert [finding.code for finding in missing.findings] == ["invisible_worklog"]


def test_nothing_reverses_an_original_that_is_not_certainly_in_the_ledger() -> None:
    """An edit during a posting in doubt waits."""
    for state in (State.INTENDED, State.STAGED, State.VALIDATED, State.IN_DOUBT, State.REJECTED):
        held = posted(logged(worklog(hours="2")), state=state)
        missing = lacking([logged(worklog(hours="3"))], books(held))
        assert missing.deltas == ()
        assert [finding.code for finding in missing.findings] == ["posting_under_way"]


def test_what_was_rolled_back_is_planned_anew() -> None:
    """A journal that was taken out again leaves the hours to be posted."""
    held = posted(logged(worklog()), state=State.ROLLED_BACK)
    (delta,) = lacking([logged(worklog())], books(held)).deltas
    assert total(delta.shares) == 20000


def test_a_worklog_that_returns_after_its_deletion_is_posted_again() -> None:
    """An id that Jira shows again after we reversed it counts once."""
    first = posted(logged(worklog()))
    gone = replace(logged(worklog()), fate=Fate.DELETED)
    second = merged(first, *(recorded(draft) for draft in journals(lacking([gone], books(first)), first)))
    (delta,) = lacking([logged(worklog())], books(second)).deltas
    assert total(delta.shares) == 20000


def test_a_reversal_stays_in_its_originals_period_while_that_is_open() -> None:
    """A worklog moved from October to November leaves no October cost behind."""
    held = posted(logged(worklog(day="2026-10-05")))
    (delta,) = lacking([logged(worklog(day="2026-11-01"))], books(held)).deltas
    assert [share.posting_date for share in delta.shares] == [date(2026, 10, 5), date(2026, 11, 1)]


def test_a_change_after_close_is_posted_on_the_next_open_day_or_held() -> None:
    """Reversal and replacement move to the same open day, or both wait."""
    held = posted(logged(worklog(hours="2", day="2026-10-05")))
    october = {"1000": (Period("1000", "2026-10", date(2026, 10, 1), date(2026, 10, 31), open=False),)}
    edited = logged(worklog(hours="3", day="2026-10-05"))
    moving = policy(periods=PeriodPolicy(ClosedPeriod.NEXT_OPEN, calendar=october))
    (delta,) = lacking([edited], books(held, moving)).deltas
    assert {share.posting_date for share in delta.shares} == {date(2026, 11, 1)}
    waiting = lacking([edited], books(held, policy(periods=PeriodPolicy(calendar=october))))
    assert [finding.code for finding in waiting.findings] == ["closed_period"]


def test_hours_before_the_cut_over_date_are_never_costed() -> None:
    """What was posted by hand before go-live stays where it is."""
    assert lacking([logged(worklog(day="2026-08-31"))], books()) == Lacking()


def test_bad_hours_are_held_and_good_ones_go_on() -> None:
    """A future day, a full day and an unknown order hold only themselves."""
    work = [
        logged(worklog("1")),
        logged(worklog("2", day="2026-12-24")),
        logged(worklog("3"), "1000/9999"),
        replace(logged(worklog("4")), refused="account 612000 is closed"),
    ]
    missing = lacking(work, books())
    assert [delta.worklog_id for delta in missing.deltas] == ["1"]
    assert {finding.code for finding in missing.findings} == {"future_work", "unreadable_order", "refused_by_erp"}


def test_a_worklog_of_no_hours_costs_nothing_and_an_edit_to_none_reverses() -> None:
    """Zero seconds are not a line."""
    empty = logged(worklog(hours="0"))
    assert lacking([empty], books()) == Lacking()
    (delta,) = lacking([empty], books(posted(logged(worklog())))).deltas
    assert total(delta.shares) == -20000


Change = tuple[str, str, str, str, Fate, Grain]
changes = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from(["0", "1", "2.5", "7.75"]),
        st.sampled_from(["2026-09-03", "2026-10-05", "2026-11-01"]),
        st.sampled_from(["1000/4500", "1000/4600", ""]),
        st.sampled_from([Fate.LIVE, Fate.LIVE, Fate.DELETED]),
        st.sampled_from(list(Grain)),
    ),
    max_size=12,
)


@given(changes)
def test_whatever_happened_our_books_say_what_the_hours_say(
    history: list[tuple[str, str, str, str, Fate, Grain]],
) -> None:
    """After any history of edits, moves and deletions, each worklog stands exactly once, at its present cost."""
    work: dict[str, LoggedWork] = {}
    held: dict[str, tuple[Recorded, ...]] = {}
    for worklog_id, hours, day, order_key, fate, grain in history:
        work[worklog_id] = logged(worklog(worklog_id, hours, day), order_key, fate)
        shares = [share for delta in lacking(work.values(), books(held)).deltas for share in delta.shares]
        found = drafts(shares, held, {}, {}, grouping(grain))
        assert all(sum(part.line.amount.minor for part in draft.lines) == 0 for draft in found)
        held = merged(held, *(recorded(draft) for draft in found))
    assert lacking(work.values(), books(held)).deltas == ()
    for worklog_id, item in work.items():
        standing = outstanding(held.get(worklog_id, ()))
        net = sum(entry.share.amount.minor for entry in held.get(worklog_id, ()))
        expected = _present_cost(item)
        assert (sum(entry.share.amount.minor for entry in standing), net) == (expected, expected)


def _present_cost(item: LoggedWork) -> int:
    if item.fate is Fate.DELETED or not item.order or item.worklog.seconds == 0:
        return 0
    outcome = cost(item.worklog, ORDERS[item.order], policy())
    assert not isinstance(outcome, Finding)
    return total(outcome)
