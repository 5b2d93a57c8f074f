"""Our own books: what is intended is kept to the cent, moves along the map, and is never changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError

from ml_connector.core.journals import Draft, drafts
from ml_connector.core.labor import cost
from ml_connector.core.ledger import Posting, State, Step
from ml_connector.core.money import Money
from ml_connector.errors import InvariantBroken, Refused
from ml_connector.store import postings
from ml_connector.store.database import Database
from ml_connector.store.postings import Wanted
from ml_connector.store.tables import posting_events, posting_lines, shares
from worlds import NOW, coding, digits, grouping, order, policy, worklog


def a_draft(*hours: str) -> Draft:
    """A journal for worklogs of an order, one each of so many hours."""
    found = [cost(worklog(str(number), amount), order(), policy()) for number, amount in enumerate(hours, 1)]
    parts = tuple(share for item in found if isinstance(item, tuple) for share in item)
    (draft,) = drafts(parts, {}, {"10": "PROC-1"}, {}, grouping())
    return draft


def a_posting(*hours: str, state: State = State.INTENDED) -> Posting:
    """The posting of such a journal."""
    draft = a_draft(*(hours or ("2",)))
    return Posting(
        draft.reference,
        "acme",
        "plan",
        draft.content,
        draft.entity,
        draft.currency,
        state,
        draft.lines,
        intended_at=NOW,
    )


def test_a_posting_comes_back_as_it_was_stored(database: Database) -> None:
    """Every cent, coding, date, rate and fingerprint of every share is read back as it was intended."""
    posting = a_posting("2", "1.75", "0.1")
    with database.begin() as tx:
        postings.intend(tx, posting, NOW)
    with database.read() as tx:
        assert postings.load(tx, "acme", posting.reference) == posting


def test_the_same_intent_again_changes_nothing_and_another_is_refused(database: Database) -> None:
    """A reference has one content for ever."""
    posting = a_posting()
    with database.begin() as tx:
        postings.intend(tx, posting, NOW)
        postings.intend(tx, posting, NOW)
        assert postings.by_states(tx, "acme", {State.INTENDED}) == [posting.reference]
        with pytest.raises(InvariantBroken, match="other lines"):
            postings.intend(tx, replace(posting, content="another"), NOW)


def test_a_posting_that_does_not_balance_is_never_stored(database: Database) -> None:
    """The books refuse a journal whose lines do not sum to nothing."""
    posting = a_posting()
    first = posting.lines[0]
    crooked = replace(first, line=replace(first.line, amount=first.line.amount + Money(1, "USD")))
    with pytest.raises(InvariantBroken, match="out of balance"), database.begin() as tx:
        postings.intend(tx, replace(posting, lines=(crooked, *posting.lines[1:])), NOW)
    with database.read() as tx:
        assert postings.find(tx, "acme", posting.reference) is None


def test_lines_shares_and_events_cannot_be_changed(database: Database) -> None:
    """The database itself refuses to change what was intended or what happened."""
    posting = a_posting()
    with database.begin() as tx:
        postings.intend(tx, posting, NOW)
    statements = [
        update(posting_lines).values(amount_minor=1),
        delete(posting_lines),
        update(shares).values(seconds=1),
        delete(shares),
        delete(posting_events),
    ]
    for statement in statements:
        with pytest.raises(DatabaseError, match="never changed or deleted"), database.begin() as tx:
            tx.execute(statement)


def test_a_posting_moves_only_along_the_map(database: Database) -> None:
    """A staged journal may be validated; it is never released without a step, and a rolled back one never returns."""
    posting = a_posting()
    with database.begin() as tx:
        postings.intend(tx, posting, NOW)
        postings.move(tx, posting.reference, State.INTENDED, at=NOW, step=Step.STAGE, sent_at=NOW)
        assert postings.load(tx, "acme", posting.reference).step is Step.STAGE
        postings.move(tx, posting.reference, State.STAGED, at=NOW, step=None)
        postings.move(tx, posting.reference, State.VALIDATED, at=NOW, result_before=7)
        assert postings.load(tx, "acme", posting.reference).result_before == 7
        with pytest.raises(InvariantBroken, match="cannot go from validated to posted"):
            postings.move(tx, posting.reference, State.POSTED, at=NOW)
        with pytest.raises(Refused, match="no posting MLC-NONE"):
            postings.move(tx, "MLC-NONE", State.POSTED, at=NOW)


def test_what_was_rolled_back_counts_nowhere_but_as_an_attempt(database: Database) -> None:
    """A rolled back journal leaves no labor, and the next attempt at its content is told apart."""
    posting = a_posting()
    with database.begin() as tx:
        postings.intend(tx, posting, NOW)
        assert sum(part.amount.minor for part in postings.labor_sums(tx, "acme")) == 20_000
        postings.move(tx, posting.reference, State.REJECTED, at=NOW)
        postings.move(tx, posting.reference, State.ROLLED_BACK, at=NOW)
        assert postings.labor_sums(tx, "acme") == ()
        assert postings.attempts(tx, "acme") == {posting.content: 1}


def test_the_books_are_found_from_worklogs_and_from_orders(database: Database) -> None:
    """What a worklog was charged and which worklogs an order was charged for agree."""
    posting = a_posting("2", "3")
    with database.begin() as tx:
        postings.intend(tx, posting, NOW)
        found = postings.recorded_of_worklogs(tx, "acme", ["1", "2", "3"])
        assert postings.worklogs_of_orders(tx, "acme", ["1000/4500"]) == set(found) == {"1", "2"}
        assert found["2"][0].share.coding == coding()
        assert postings.worklogs_of_orders(tx, "other", ["1000/4500"]) == set()


def test_the_listing_shows_the_labor_of_each_posting(database: Database) -> None:
    """The listing's net is the labor alone, in the currency's own notation, and its lines include the credit."""
    posting = a_posting("2", "0.5")
    with database.begin() as tx:
        postings.intend(tx, posting, NOW)
        (row,) = postings.listing(tx, "acme", digits, Wanted())
        assert (row.net, row.lines, row.state) == ("250.00", len(posting.lines), State.INTENDED)
        assert postings.listing(tx, "acme", digits, Wanted((State.POSTED,))) == []
        assert postings.counts(tx, "acme") == {"intended": 1}
