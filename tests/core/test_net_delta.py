"""Corrections as one line of the difference: a shorter ledger of the same cents, and the same books of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.corrections import Books, LoggedWork, lacking
from ml_connector.core.journals import Correction, Draft, Grain, drafts
from ml_connector.core.ledger import Recorded, outstanding
from worlds import NOW, grouping, logged, merged, order, policy, recorded, worklog

Held = dict[str, tuple[Recorded, ...]]
DAY = "2026-10-05"


def journals(work: Sequence[LoggedWork], held: Held, grain: Grain, correction: Correction) -> tuple[Draft, ...]:
    """What is posted for these hours on top of our books."""
    missing = lacking(work, Books({"1000/4500": order()}, held, policy(), NOW.date()))
    shares = [share for delta in missing.deltas for share in delta.shares]
    return drafts(shares, held, {"10": "PROC-1"}, {}, grouping(grain, 100, correction))


def posted(steps: Sequence[Mapping[str, str]], grain: Grain, correction: Correction) -> tuple[Held, list[Draft]]:
    """Our books and the journals after each step's hours (by worklog) were posted one after the other."""
    held: Held = {}
    sent: list[Draft] = []
    for step in steps:
        work = [logged(worklog(name, hours=hours, day=DAY)) for name, hours in step.items()]
        found = journals(work, held, grain, correction)
        held = merged(held, *(recorded(draft) for draft in found))
        sent += found
    return held, sent


def ledger(sent: Sequence[Draft]) -> Counter[tuple[object, ...]]:
    """What the general ledger holds, by coding and day."""
    sums: Counter[tuple[object, ...]] = Counter()
    for draft in sent:
        for part in draft.lines:
            sums[part.line.coding, part.line.posting_date, "cents"] += part.line.amount.minor
            sums[part.line.coding, part.line.posting_date, "seconds"] += part.line.seconds
    return Counter({key: value for key, value in sums.items() if value})


def labor(draft: Draft) -> list[tuple[int, int, str]]:
    """Cents, seconds and text of a journal's labor lines."""
    return [
        (part.line.amount.minor, part.line.seconds, part.line.description.partition(",")[0])
        for part in draft.lines
        if part.shares
    ]


def test_an_edit_is_one_line_of_the_difference_that_names_what_it_corrects() -> None:
    """Two hours at 100.00 become three: 100.00 and one hour more, against the line that holds the two."""
    _, (first, second) = posted([{"1": "2"}, {"1": "3"}], Grain.PERSON_DAY, Correction.NET_DELTA)
    assert labor(second) == [(10000, 3600, f"Correction of {first.reference}/1")]


def test_what_falls_away_whole_is_a_reversal_still() -> None:
    """Hours set to nothing leave nothing to net with."""
    _, (first, second) = posted([{"1": "2"}, {"1": "0"}], Grain.PERSON_DAY, Correction.NET_DELTA)
    assert labor(second) == [(-20000, -7200, f"Reversal of {first.reference}/1")]


def test_no_line_of_no_amount_is_sent() -> None:
    """Two entries of one line swap their hours: nothing nets to nothing unseen, both sides stand in the ledger."""
    steps = [{"1": "1", "2": "2"}, {"1": "2", "2": "1"}]
    _, (_, second) = posted(steps, Grain.PERSON_DAY, Correction.NET_DELTA)
    assert sorted(minor for minor, _, _ in labor(second)) == [-30000, 30000]


HOURS = st.dictionaries(st.sampled_from("123"), st.sampled_from(["0", "1", "2", "3.5"]), min_size=1)


@given(st.lists(HOURS, min_size=1, max_size=5), st.sampled_from(Grain))
def test_both_styles_leave_the_same_ledger_and_the_same_books(steps: list[dict[str, str]], grain: Grain) -> None:
    """Whatever is edited, both styles come to the same cents, seconds and standing shares."""
    full, long = posted(steps, grain, Correction.REVERSAL)
    net, short = posted(steps, grain, Correction.NET_DELTA)
    assert ledger(long) == ledger(short)
    assert _standing(full) == _standing(net)
    assert all(minor for draft in short for minor, _, _ in labor(draft))
    assert all(len(draft.lines) > 1 for draft in short)
    assert all(before.reference != after.reference for before, after in pairwise(short))


def _standing(held: Held) -> Counter[tuple[object, ...]]:
    return Counter(
        (entry.share.worklog_id, entry.share.coding, entry.share.seconds, entry.share.amount.minor)
        for items in held.values()
        for entry in outstanding(items)
    )
