"""The tie-out with rounding of time, premiums and burdens. Goal: it foots to the second and says what rounding made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.burden import Burden
from ml_connector.core.corrections import Books, Fate, LoggedWork, lacking
from ml_connector.core.hours import Cause, Direction, Per, Premium, TimeRounding, TimeRules, measured
from ml_connector.core.journal import SeenLine
from ml_connector.core.journals import drafts
from ml_connector.core.labor import CostPolicy
from ml_connector.core.ledger import Posting, State
from ml_connector.core.owing import JiraBook, owing
from ml_connector.core.readback import compare_gl
from ml_connector.core.reconcile import GlBook, Reconciliation, books_of, tie_out
from ml_connector.core.records import Coding, Distribution
from worlds import ANNA, BEN, CLEARING, coding, digits, grouping, logged, order, policy, rate, worklog

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
SPLIT = tuple(
    Distribution(str(number), coding(f"CC-{number}"), percent=Decimal(part)) for number, part in ((1, 67), (2, 33))
)
ORDERS = {"1000/4500": order(parts=SPLIT), "1000/4600": order("4600")}
ABSORBED = Coding("1000", "219950", "FIN")
PREMIUM = Premium("overtime", Cause.HOURS_PER_DAY, Decimal("1.5"), date(2026, 1, 1), Decimal(6))
BURDENS = (Burden("fringe", Decimal("28.5"), date(2026, 1, 1), account="615000"),)
CREDITS = {("1000", "fringe"): ABSORBED}

ROUNDINGS = st.builds(TimeRounding, st.sampled_from([6, 15, 60]), st.sampled_from(Direction), st.sampled_from(Per))
SECONDS = st.integers(1, 9 * 3600)
ENTRIES = st.lists(
    st.tuples(SECONDS, st.integers(0, 2), st.sampled_from([ANNA, BEN]), st.sampled_from(sorted(ORDERS))),
    min_size=1,
    max_size=6,
)


def costed(rounding: TimeRounding) -> CostPolicy:
    """Everything at once."""
    rules = TimeRules(rounding, (PREMIUM,))
    return policy(rate("33.33"), time=rules, burdens=BURDENS, burden_clearing=CREDITS)


def books(work: Sequence[LoggedWork], postings: Sequence[Posting], rules: CostPolicy) -> Books:
    """Our books of these postings, with the hours as they are logged now."""
    live = [item.worklog for item in work if item.fate is Fate.LIVE]
    return Books(ORDERS, books_of(postings), rules, NOW.date(), hours=measured(live, rules.time, UTC))


def posted(work: Sequence[LoggedWork], before: Sequence[Posting], rules: CostPolicy) -> tuple[Posting, ...]:
    """Our books after everything that was lacking was posted."""
    held = books(work, before, rules)
    shares = [share for delta in lacking(work, held).deltas for share in delta.shares]
    made = drafts(shares, held.recorded, {}, {}, replace(grouping(), burden_clearing=CREDITS))
    new = (Posting(d.reference, "acme", "p", d.content, d.entity, d.currency, State.CONFIRMED, d.lines) for d in made)
    return (*before, *new)


def report(work: Sequence[LoggedWork], postings: Sequence[Posting], rules: CostPolicy) -> Reconciliation:
    """The tie-out against a ledger that shows all of it."""
    lines = {
        each.reference: tuple(
            SeenLine(line.sequence, line.coding, line.amount, line.posting_date, line.document, "posted")
            for line in (part.line for part in each.lines)
        )
        for each in postings
    }
    return tie_out(
        "acme",
        NOW,
        postings,
        owing(JiraBook(tuple(work)), books(work, postings, rules)),
        compare_gl(postings, GlBook(lines), {"1000": CLEARING}, NOW.date(), digits, credited=CREDITS.values()),
    )


def entry(number: int, seconds: int, day: int, author: str, key: str) -> LoggedWork:
    """One of them, entered in the order of their numbers."""
    item = worklog(str(number), day=(date(2026, 10, 5) + timedelta(days=day)).isoformat(), author=author)
    written = datetime(2026, 10, 20, tzinfo=UTC) + timedelta(minutes=number)
    return logged(replace(item, seconds=seconds, created=written, updated=written), key)


def sums(found: Reconciliation) -> tuple[int, int, int]:
    """Jira's seconds, what rounding makes of them, and our ledger's, over all rows."""
    rows = found.rows
    return sum(r.jira_seconds for r in rows), sum(r.rounding_seconds for r in rows), sum(r.ledger_seconds for r in rows)


@given(ENTRIES, ROUNDINGS, st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9 * 3600)), max_size=4))
def test_it_foots_whatever_was_edited_and_says_what_rounding_made(
    entries: list[tuple[int, int, object, str]], rounding: TimeRounding, edits: list[tuple[int, int]]
) -> None:
    """Before posting, after it, after edits and deletions, and after these are posted too."""
    rules = costed(rounding)
    work = [
        entry(number, seconds, day, author.account_id, key)  # type: ignore[attr-defined] # a person
        for number, (seconds, day, author, key) in enumerate(entries)
    ]
    assert report(work, (), rules).foots
    ledger = posted(work, (), rules)
    found = report(work, ledger, rules)
    logged_seconds = sum(item.worklog.seconds for item in work)
    assert found.agrees
    jira, made, ours = sums(found)
    assert (jira, jira + made) == (logged_seconds, ours)
    for place, seconds in edits:
        if place < len(work):
            item = work[place]
            fate = Fate.LIVE if seconds else Fate.DELETED
            work[place] = replace(
                item, fate=fate, worklog=replace(item.worklog, seconds=seconds or item.worklog.seconds)
            )
    assert report(work, ledger, rules).foots
    ledger = posted(work, ledger, rules)
    after = report(work, ledger, rules)
    assert after.agrees, after.differences
    jira, made, ours = sums(after)
    assert jira == sum(item.worklog.seconds for item in work if item.fate is Fate.LIVE)
    assert jira + made == ours


@given(SECONDS, ROUNDINGS)
def test_rounding_that_is_switched_on_later_is_no_difference(seconds: int, rounding: TimeRounding) -> None:
    """What was posted to the second stays so, and is not said to be rounded."""
    work = [entry(1, seconds, 0, ANNA.account_id, "1000/4600")]
    ledger = posted(work, (), policy(rate("33.33")))
    found = report(work, ledger, costed(rounding))
    assert found.agrees
    assert sums(found) == (seconds, 0, seconds)


def test_five_minutes_of_which_nothing_is_left_are_stated() -> None:
    """They cost nothing, and the tie-out says that rounding took them."""
    work = [entry(1, 300, 0, ANNA.account_id, "1000/4600")]
    rules = costed(TimeRounding(15, Direction.NEAREST, Per.ENTRY))
    found = report(work, posted(work, (), rules), rules)
    assert found.agrees
    assert sums(found) == (300, -300, 0)
