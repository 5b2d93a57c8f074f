"""Journals are small, balanced, and named so that the same content always has the same reference."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.corrections import Books, LoggedWork, lacking
from ml_connector.core.journal import Journal, JournalLine, Presence, SeenLine, Sighting, missing_sequences, presence
from ml_connector.core.journals import DESCRIPTION_WIDTH_MAX, Draft, Grain, drafts
from ml_connector.core.ledger import Recorded, Share
from ml_connector.core.money import Money
from ml_connector.core.records import Coding
from ml_connector.errors import InvariantBroken
from worlds import NOW, coding, grouping, logged, merged, order, policy, recorded, worklog


def shares(*work: LoggedWork, held: dict[str, tuple[Recorded, ...]] | None = None) -> list[Share]:
    """What our books lack for some hours on one order."""
    missing = lacking(work, Books({"1000/4500": order()}, held or {}, policy(), NOW.date()))
    return [share for delta in missing.deltas for share in delta.shares]


def cut(found: list[Share], grain: Grain = Grain.PERSON_DAY, lines_max: int = 100, **more: object) -> tuple[Draft, ...]:
    """The journals of some shares."""
    held = more.get("held", {})
    attempts = more.get("attempts", {})
    return drafts(found, held, {"10": "PROC-1"}, attempts, grouping(grain, lines_max))  # type: ignore[arg-type] # as named


WEEK = [logged(worklog(str(index), day=f"2026-10-0{5 + index % 3}")) for index in range(6)]


@pytest.mark.parametrize(
    ("grain", "lines"),
    [(Grain.WORKLOG, 6), (Grain.PERSON_DAY, 3), (Grain.ISSUE_DAY, 3), (Grain.PO_PERIOD, 3)],
)
def test_the_grain_decides_how_many_labor_lines_there_are(grain: Grain, lines: int) -> None:
    """Six worklogs on three days: by worklog six, else one a posting date."""
    (draft,) = cut(shares(*WEEK), grain)
    assert len([part for part in draft.lines if part.shares]) == lines
    assert draft.net.minor == 6 * 20000


@given(st.integers(2, 40), st.integers(1, 60))
def test_every_journal_balances_and_keeps_to_its_cap(lines_max: int, count: int) -> None:
    """Whatever the cap, no journal is larger than it (two lines at least) and none is out of balance."""
    work = [logged(worklog(str(index), day=f"2026-10-{1 + index % 28:02d}")) for index in range(count)]
    found = cut(shares(*work), Grain.WORKLOG, lines_max)
    assert sum(draft.net.minor for draft in found) == count * 20000
    for draft in found:
        assert len(draft.lines) <= max(lines_max, 2)
        assert sum(part.line.amount.minor for part in draft.lines) == 0


def test_the_same_hours_give_the_same_reference_and_other_hours_another() -> None:
    """A resend after a crash is recognised by its reference."""
    first, again = cut(shares(*WEEK)), cut(shares(*reversed(WEEK)))
    assert first == again
    assert cut(shares(*WEEK[:5]))[0].reference != first[0].reference


def test_a_journal_that_was_dropped_comes_again_under_a_new_reference() -> None:
    """A reference is used once; after a rejection the same content gets the next one."""
    (draft,) = cut(shares(*WEEK))
    (again,) = cut(shares(*WEEK), attempts={draft.content: 1})
    assert again.content == draft.content
    assert again.reference != draft.reference


def test_a_reference_fits_the_narrowest_erp() -> None:
    """M3's batch key holds fifteen characters."""
    (draft,) = cut(shares(*WEEK))
    assert len(draft.reference) <= 15


def test_hours_that_come_after_their_line_was_posted_make_a_supplementary_line() -> None:
    """The group's second line is its second generation."""
    (first,) = cut(shares(logged(worklog("1"))))
    held = recorded(first)
    (second,) = cut(shares(logged(worklog("1")), logged(worklog("2")), held=held), held=held)
    documents = [part.line.document for draft in (first, second) for part in draft.lines if part.shares]
    assert documents[0].endswith("-1")
    assert documents[1] == documents[0][:-2] + "-2"


def test_a_reversal_line_names_what_it_reverses() -> None:
    """An auditor reads it from the ledger alone."""
    (first,) = cut(shares(logged(worklog(hours="2"))))
    held = merged(recorded(first))
    (second,) = cut(shares(logged(worklog(hours="3")), held=held), held=held)
    reversal = next(part for part in second.lines if part.line.amount.minor < 0 and part.shares)
    assert f"{first.reference}/1" in reversal.line.description


def test_ledger_texts_name_no_person_and_no_rate() -> None:
    """Whoever reads the ledger does not learn what somebody costs by name."""
    (draft,) = cut(shares(*WEEK), Grain.WORKLOG)
    for part in draft.lines:
        assert "anna" not in part.line.description.lower()
        assert "100.00" not in part.line.description
        assert len(part.line.description) <= DESCRIPTION_WIDTH_MAX


def test_a_journal_that_does_not_balance_cannot_be_built() -> None:
    """The check runs whenever one is built: planned, stored or loaded."""
    (draft,) = cut(shares(*WEEK))
    lines = tuple(part.line for part in draft.lines)
    Journal(draft.reference, draft.entity, draft.currency, lines)
    with pytest.raises(InvariantBroken, match="out of balance"):
        Journal(draft.reference, draft.entity, draft.currency, lines[:-1])
    with pytest.raises(InvariantBroken, match="without a reference"):
        Journal("", draft.entity, draft.currency, lines)
    moved = replace(lines[0], coding=Coding("2000", "1", "2"))
    with pytest.raises(InvariantBroken, match="mixes"):
        Journal(draft.reference, draft.entity, draft.currency, (moved, *lines[1:]))


def seen(line: JournalLine) -> SeenLine:
    """A line as the ERP shows it."""
    return SeenLine(line.sequence, line.coding, line.amount, line.posting_date, line.document)


def test_a_look_up_tells_absent_partial_complete_differs_and_unknown_apart() -> None:
    """Only lines that are all there, once and unchanged, are complete."""
    (draft,) = cut(shares(*WEEK))
    lines = [part.line for part in draft.lines]
    shown = [seen(line) for line in lines]
    other = replace(shown[0], amount=Money(1, "USD"))
    assert presence(lines, []) is Presence.ABSENT
    assert presence(lines, shown[:2]) is Presence.PARTIAL
    assert presence(lines, shown) is Presence.COMPLETE
    assert presence(lines, [*shown, shown[0]]) is Presence.DIFFERS
    assert presence(lines, [other, *shown[1:]]) is Presence.DIFFERS
    assert presence(lines, [replace(shown[0], coding=coding("CC-9")), *shown[1:]]) is Presence.DIFFERS
    assert presence(lines, shown, conclusive=False) is Presence.UNKNOWN
    assert missing_sequences(lines, shown[1:]) == (1,)


def test_a_line_whose_document_the_erp_has_no_field_for_is_held_to_the_rest() -> None:
    """None says nothing about it: coding, amount, date and number still have to be those that were meant."""
    (draft,) = cut(shares(*WEEK))
    lines = [part.line for part in draft.lines]
    shown = [replace(seen(each), document=None) for each in lines]
    assert presence(lines, shown) is Presence.COMPLETE
    assert presence(lines, [replace(shown[0], amount=Money(1, "USD")), *shown[1:]]) is Presence.DIFFERS
    assert presence(lines, shown[1:]) is Presence.PARTIAL
    assert presence(lines, [*shown, shown[0]]) is Presence.DIFFERS


def test_where_finance_posts_what_is_staged_both_places_hold_entries() -> None:
    """And elsewhere the ledger alone."""
    (draft,) = cut(shares(*WEEK))
    first, second = (seen(part.line) for part in draft.lines[:2])
    sighting = Sighting(staged=(first,), ledger=(second,))
    assert sighting.entries(finance_posts=True) == (first, second)
    assert sighting.entries(finance_posts=False) == (second,)
