"""The tie-out foots whatever was done to the books, and each difference is what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector.core.corrections import Books, Fate, LoggedWork, lacking
from ml_connector.core.journal import SeenLine
from ml_connector.core.journals import drafts
from ml_connector.core.ledger import OPEN, Posting, State
from ml_connector.core.money import Money
from ml_connector.core.owing import JiraBook, mark_of, owing
from ml_connector.core.periods import Period, PeriodPolicy
from ml_connector.core.readback import compare_gl
from ml_connector.core.reconcile import Discrepancy, GlBook, Reconciliation, books_of, findings_of, tie_out
from ml_connector.core.records import Distribution
from worlds import CLEARING, coding, digits, grouping, logged, order, policy, worklog

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
ORDERS = {"1000/4500": order(), "1000/4600": order("4600", parts=(Distribution("1", coding("CC-200")),))}
TARGETS = (*OPEN, State.RELEASED, State.CONFIRMED, State.VANISHED)


def posted(*work: LoggedWork, state: State = State.RELEASED, before: Sequence[Posting] = ()) -> tuple[Posting, ...]:
    """Our books after what these hours lack was posted on top of what was."""
    held = books_of(before)
    missing = lacking(work, Books(ORDERS, held, policy(), NOW.date()))
    shares = [share for delta in missing.deltas for share in delta.shares]
    made = drafts(shares, held, {}, {}, grouping())
    return (
        *before,
        *(
            Posting(each.reference, "acme", "plan", each.content, each.entity, each.currency, state, each.lines)
            for each in made
        ),
    )


def shown(postings: Sequence[Posting], status: str = "posted") -> dict[str, tuple[SeenLine, ...]]:
    """A ledger that shows all of it."""
    return {
        posting.reference: tuple(
            SeenLine(line.sequence, line.coding, line.amount, line.posting_date, line.document, status)
            for line in (part.line for part in posting.lines)
        )
        for posting in postings
    }


def report(
    work: Sequence[LoggedWork],
    postings: Sequence[Posting] = (),
    lines: dict[str, tuple[SeenLine, ...]] | None = None,
    *,
    cost_policy: object = None,
    proposed: Sequence[LoggedWork] = (),
    unread: tuple[str, ...] = (),
    period: str = "",
) -> Reconciliation:
    """The tie-out of the second of November."""
    books = Books(ORDERS, books_of(postings), cost_policy or policy(), NOW.date())  # type: ignore[arg-type]
    waiting = lacking(proposed, books)
    marks = frozenset(mark_of(share, digits) for delta in waiting.deltas for share in delta.shares)
    gl = GlBook(shown(postings) if lines is None else lines, unread)
    return tie_out(
        "acme",
        NOW,
        postings,
        owing(JiraBook(tuple(work)), books, marks),
        compare_gl(postings, gl, {"1000": CLEARING}, NOW.date(), digits),
        period=period,
        unread=unread,
    )


def told(found: Reconciliation) -> list[tuple[str, str, int, int]]:
    """Differences in a line each."""
    return [(item.type.value, item.subject, item.amount.minor, item.seconds) for item in found.differences]


def test_books_in_step_agree() -> None:
    """The same hours, our ledger and the general ledger: nothing to report, and every sum is there."""
    work = (logged(worklog()), logged(worklog("2", "1.5"), "1000/4600"))
    found = report(work, posted(*work))
    assert found.agrees
    (row,) = found.rows
    assert (row.entity, row.currency, row.period, row.jira_seconds) == ("1000", "USD", "2026-10", 12600)
    assert row.owed == row.ledger == row.gl == Money(35000, "USD")


def test_hours_that_nobody_posted_are_missing_with_their_price_coding_and_age() -> None:
    """Who reads the line knows where the money belongs and since when it is owed."""
    (item,) = report((logged(worklog()),)).differences
    assert (item.type, item.subject, item.amount, item.seconds) == (
        Discrepancy.MISSING_POSTING,
        "worklog 1",
        Money(20000, "USD"),
        7200,
    )
    assert (item.entity, item.account, item.cost_center, item.project) == ("1000", "612000", "CC-100", "P-1")
    assert (item.period, item.since, item.age) == ("2026-10", date(2026, 10, 5), 28)


def test_a_proposal_that_says_just_that_makes_it_no_difference() -> None:
    """What waits for approval is under way; a proposal that other hours have overtaken is none."""
    work = logged(worklog())
    found = report((work,), proposed=(work,))
    assert (told(found), found.rows[0].under_way, found.agrees) == ([], Money(20000, "USD"), True)
    later = logged(worklog(hours="3"))
    assert told(report((later,), proposed=(work,))) == [("missing_posting", "worklog 1", 30000, 10800)]


def test_shortened_deleted_and_moved_hours_lack_a_reversal() -> None:
    """What the ledger has too much of is told by coding."""
    held = posted(logged(worklog()))
    assert told(report((logged(worklog(hours="1.5")),), held)) == [("missing_reversal", "worklog 1", -5000, -1800)]
    gone = logged(worklog(), fate=Fate.DELETED)
    assert told(report((gone,), held)) == [("missing_reversal", "worklog 1", -20000, -7200)]
    assert told(report((logged(worklog(issue="11"), "1000/4600"),), held)) == [
        ("missing_posting", "worklog 1", 20000, 7200),
        ("missing_reversal", "worklog 1", -20000, -7200),
    ]


def test_another_author_with_the_same_rate_is_a_difference_of_no_amount() -> None:
    """The ledger names the wrong person's hours: nothing in sums, and still not what Jira says."""
    held = posted(logged(worklog()))
    found = report((logged(worklog(author="acc-ben")),), held)
    assert told(found) == [("missing_reversal", "worklog 1", 0, 0)]
    assert not found.agrees


def test_cost_without_a_worklog_that_we_know_is_invisible() -> None:
    """A share whose worklog is nowhere stands without anybody owing it."""
    held = posted(logged(worklog()))
    assert told(report((), held)) == [("invisible", "worklog 1", -20000, -7200)]
    assert told(report((logged(worklog(), fate=Fate.INVISIBLE),), held)) == [("invisible", "worklog 1", -20000, -7200)]


def test_hours_that_our_own_books_charge_twice_are_found() -> None:
    """A fault of ours that planning cannot see: every share says what the worklog says, and there are two of them."""
    (once,) = posted(logged(worklog()))
    twice = replace(once, reference="MLC-AAAAAAAAAAA")
    found = report((logged(worklog()),), (once, twice))
    assert told(found) == [("missing_reversal", "worklog 1", -20000, -7200)]
    assert found.foots


def test_a_change_after_the_close_is_told_from_hours_held_for_another_reason() -> None:
    """The period is closed: what was posted changed after it, what never was is only held."""
    held = posted(logged(worklog()))
    closed = policy(
        periods=PeriodPolicy(
            calendar={"1000": (Period("1000", "2026-10", date(2026, 10, 1), date(2026, 10, 31), open=False),)}
        )
    )
    work = (logged(worklog(hours="3")), logged(worklog("2")))
    assert told(report(work, held, cost_policy=closed)) == [
        ("changed_after_close", "worklog 1", 10000, 3600),
        ("held", "worklog 2", 20000, 7200),
    ]


def test_hours_without_a_rate_have_no_price() -> None:
    """The seconds differ, the amount is not made up, and the finding's amount is unknown."""
    nobody = policy(post_from=date(2026, 9, 1), rates=())
    found = report((logged(worklog()),), cost_policy=nobody)
    (item,) = found.differences
    assert (item.type, item.priced, item.amount.minor, item.seconds) == (Discrepancy.HELD, False, 0, 7200)
    assert found.foots
    assert [finding.amount for finding in findings_of(found)] == [None]


def test_what_the_general_ledger_shows_otherwise_is_told_line_by_line() -> None:
    """A copy, another amount, another coding, a line that is gone, one that nobody posted."""
    work = (logged(worklog()),)
    held = posted(*work)
    (reference,) = (posting.reference for posting in held)
    debit, credit = shown(held)[reference]
    dearer = replace(debit, amount=Money(20100, "USD"))
    elsewhere = replace(debit, coding=coding("CC-999"))
    stray = replace(debit, sequence=9)
    cases: dict[tuple[SeenLine, ...], list[tuple[str, str, int, int]]] = {
        (debit, credit): [],
        (): [("vanished", reference, 20000, 7200)],
        (debit,): [("vanished", f"{reference}/2", -20000, 0)],
        (credit,): [("vanished", f"{reference}/1", 20000, 7200)],
        (debit, debit, credit): [("doubled_line", f"{reference}/1", -20000, -7200)],
        (debit, credit, credit): [("doubled_line", f"{reference}/2", 20000, 0)],
        (dearer, credit): [("altered_line", f"{reference}/1", -100, 0)],
        (elsewhere, credit): [("altered_line", f"{reference}/1", 0, 0)],
        (dearer, debit, credit): [("doubled_line", f"{reference}/1", -20100, -7200)],
        (debit, credit, stray): [("unknown_reference", f"{reference}/9", -20000, 0)],
    }
    for lines, expected in cases.items():
        found = report(work, held, {reference: lines})
        assert told(found) == expected
        assert found.foots
        assert found.agrees == (not expected)


def test_an_altered_line_says_what_was_altered() -> None:
    """The old and the new value stand in the message."""
    held = posted(logged(worklog()))
    (reference,) = (posting.reference for posting in held)
    debit, credit = shown(held)[reference]
    changed = replace(debit, coding=coding("CC-999"), posting_date=date(2026, 11, 1))
    found = report((logged(worklog()),), held, {reference: (changed, credit)})
    (item,) = found.differences
    assert "cost center CC-999, was CC-100; posting date 2026-11-01, was 2026-10-05" in item.message
    assert {row.period: row.gl_difference.minor for row in found.rows} == {"2026-10": 20000, "2026-11": -20000}
    assert [told(report((logged(worklog()),), held, {reference: (changed, credit)}, period=period)) for period in
            ("2026-09", "2026-10", "2026-11")] == [[], told(found), told(found)]  # fmt: skip


def test_a_withdrawn_journal_that_stands_in_the_ledger_is_unknown() -> None:
    """We rolled it back and it is there all the same: its lines are nobody's, and its hours are posted again."""
    work = (logged(worklog()),)
    withdrawn = posted(*work, state=State.ROLLED_BACK)
    found = report(work, withdrawn, shown(withdrawn))
    assert [item.type for item in found.differences] == [
        Discrepancy.MISSING_POSTING,
        Discrepancy.UNKNOWN_REFERENCE,
        Discrepancy.UNKNOWN_REFERENCE,
    ]
    assert found.foots


def test_what_finance_has_not_posted_is_a_notice() -> None:
    """Released entries are in the ledger; that they wait there is no difference between the books."""
    work = (logged(worklog()),)
    held = posted(*work)
    found = report(work, held, shown(held, "released"))
    assert found.agrees
    assert [(item.type.value, item.amount.minor, item.age) for item in found.notices] == [
        ("unposted_release", 20000, 28)
    ]


def test_half_a_look_concludes_nothing() -> None:
    """A reference that could not be read is named, differs in nothing, and the books are not said to agree."""
    work = (logged(worklog()),)
    held = posted(*work)
    found = report(work, held, {}, unread=(held[0].reference,))
    assert (told(found), found.foots, found.agrees) == ([], True, False)


@settings(deadline=None)
@given(state=st.sampled_from(sorted(OPEN)), arrived=st.booleans(), hours=st.sampled_from(["2", "3"]))
def test_nothing_is_reported_in_flight(state: State, *, arrived: bool, hours: str) -> None:
    """Whatever a posting on its way has reached, and whether the hours changed since, its end is awaited."""
    held = posted(logged(worklog()), state=state)
    found = report((logged(worklog(hours=hours)),), held, shown(held) if arrived else {})
    assert (told(found), found.agrees) == ([], True)
    assert found.rows[0].owed == Money(20000 if hours == "2" else 30000, "USD")


ENTRIES = st.tuples(
    st.sampled_from(["0.25", "1", "2.5", "7"]),
    st.integers(1, 28),
    st.sampled_from(sorted(ORDERS)),
    st.sampled_from(list(Fate)),
    st.sampled_from(["posted", "edited", "new"]),
)
HARM = st.sampled_from(["none", "double", "alter", "recode", "redate", "drop", "drop_all", "copy"])


@settings(deadline=None)
@given(
    entries=st.lists(ENTRIES, max_size=6), state=st.sampled_from(TARGETS), harm=st.lists(HARM, min_size=6, max_size=6)
)
def test_every_tie_out_foots(entries: list[tuple[str, int, str, Fate, str]], state: State, harm: list[str]) -> None:
    """Hours in any state against any ledger: both steps foot in every period, and nothing differs without a reason."""
    before, now = [], []
    for index, (hours, day, key, fate, step) in enumerate(entries):
        entry = logged(worklog(str(index), hours, f"2026-10-{day:02d}", issue=key), key)
        if step != "new":
            before.append(entry)
        later = logged(worklog(str(index), "3", f"2026-10-{day:02d}", issue=key), key) if step == "edited" else entry
        now.append(replace(later, fate=fate))
    held = posted(*before, state=state)
    lines = {reference: harmed(found, harm) for reference, found in shown(held).items()}
    if "copy" in harm:
        lines["MLC-COPY"] = tuple(line for found in shown(held).values() for line in found)
    found = report(now, held, lines)
    assert found.foots
    for row in found.rows:
        assert row.owed == row.ledger + row.under_way + row.ledger_difference
        assert row.ledger == row.gl - row.arriving + row.gl_difference
    untouched = all(fate is Fate.LIVE and step == "posted" for *_, fate, step in entries) and set(harm) == {"none"}
    if untouched and state is not State.VANISHED:
        assert found.agrees
    seconds = Counter({row.currency: 0 for row in found.rows})
    for row in found.rows:
        seconds[row.currency] += row.jira_seconds
    live = sum(item.worklog.seconds for item in now if item.fate is Fate.LIVE)
    if state is State.RELEASED:
        assert sum(seconds.values()) == live
    for part in ("2026-10", "2026-11"):
        one = report(now, held, lines, period=part)
        assert one.foots
        assert [row for row in found.rows if row.period == part] == list(one.rows)


def harmed(lines: tuple[SeenLine, ...], harm: list[str]) -> tuple[SeenLine, ...]:
    """What somebody made of a journal."""
    made: list[SeenLine] = []
    for line, what in zip(lines, (harm * len(lines))[: len(lines)], strict=True):
        match what:
            case "double":
                made += [line, line]
            case "alter":
                made.append(replace(line, amount=line.amount + Money(1, line.amount.currency)))
            case "recode":
                made.append(replace(line, coding=coding("CC-999")))
            case "redate":
                made.append(replace(line, posting_date=date(2026, 11, 1)))
            case "drop":
                pass
            case _:
                made.append(line)
    return () if "drop_all" in harm else tuple(made)


def test_several_differences_of_one_subject_are_one_finding() -> None:
    """Finance reads a worklog's amount once, however many codings it is split over."""
    parts = (Distribution("1", coding("CC-1")), Distribution("2", coding("CC-2")))
    split = replace(ORDERS["1000/4500"], lines=order(parts=parts).lines)
    halves = tuple(replace(part, percent=Decimal(50)) for part in parts)
    split = replace(split, lines=(replace(split.lines[0], distributions=halves),))
    books = Books({"1000/4500": split}, {}, policy(), NOW.date())
    found = tie_out(
        "acme", NOW, (), owing(JiraBook((logged(worklog()),)), books), compare_gl((), GlBook(), {}, NOW.date(), digits)
    )
    assert [item.amount.minor for item in found.differences] == [10000, 10000]
    (finding,) = findings_of(found)
    assert (finding.code, finding.subject, finding.amount) == ("missing_posting", "worklog 1", Money(20000, "USD"))
