"""Our own books: which worklog's cost went where, under which reference, and how far that reference has come.

A share is one worklog's part of one coding. Lines are sums of shares, postings are balanced sets of lines. Nothing
here is ever changed or deleted: a correction is a reversal that copies the share it reverses, and a replacement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ml_connector.core.journal import Journal, JournalLine
from ml_connector.core.money import Money
from ml_connector.core.records import Coding
from ml_connector.errors import InvariantBroken


class Entry(StrEnum):
    """What a share is for."""

    ORIGINAL = "original"
    REVERSAL = "reversal"
    REPLACEMENT = "replacement"
    ACCRUAL = "accrual"
    ACCRUAL_RETURN = "accrual_return"
    ACCRUAL_CORRECTION = "accrual_correction"


CHARGES = frozenset({Entry.ORIGINAL, Entry.REPLACEMENT})
"""Entries that charge an order with hours."""

ACCRUALS = frozenset({Entry.ACCRUAL, Entry.ACCRUAL_RETURN, Entry.ACCRUAL_CORRECTION})
"""Entries of finance's estimates, which net to nothing and charge nobody with hours."""


@dataclass(frozen=True, slots=True)
class PremiumPart:
    """A part of an entry that costs a multiple of the rate: for how long, by what factor, and by which premium."""

    name: str
    seconds: int
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Basis:
    """Why a share is what it is: enough to explain it after every rate and mapping has changed.

    `facts` is the fingerprint of what the worklog said (hours, day, author, order); a share is corrected when they
    change and never because a rate did. `rate` is per hour, in the share's currency, or in `rate_currency` where
    `exchange_rate` (what one unit of that is worth in the share's currency) converts it; None for a copy of another.
    The rate is for work from `rate_from` on, and known since `known_since` (None: always). `premiums` are the parts of
    the whole entry that cost a multiple of it. `percent` of the labor cost is what a burden's share comes to.
    """

    facts: str
    author: str
    rate: Decimal | None
    rate_rule: str
    mapping_version: str
    rules_version: str
    rate_currency: str = ""
    exchange_rate: Decimal | None = None
    exchange_source: str = ""
    rate_from: date | None = None
    known_since: date | None = None
    premiums: tuple[PremiumPart, ...] = ()
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """One worklog's seconds and cents on one coding. `reverses` is `reference/sequence` for a reversal, else empty.

    `burden` names the burden that the share is, empty for labor itself: a burden's shares have money and no hours.
    `rounded` are the seconds that the rounding of time added to those that were logged; negative where it took some.
    """

    worklog_id: str
    issue_id: str
    order: str
    order_line: str
    distribution: str
    entry: Entry
    coding: Coding
    seconds: int
    amount: Money
    posting_date: date
    work_date: date
    basis: Basis
    reverses: str = ""
    burden: str = ""
    rounded: int = 0

    @property
    def part(self) -> tuple[object, ...]:
        """Which part of its entry's cost it is: on one line, no entry has two shares of the same part."""
        return self.coding, self.distribution, self.burden

    def reversed(self, reference: str, sequence: int, posting_date: date) -> Share:
        """The counter-entry: the stored seconds, amount and coding, never computed again."""
        return replace(
            self,
            entry=Entry.REVERSAL,
            seconds=-self.seconds,
            rounded=-self.rounded,
            amount=-self.amount,
            posting_date=posting_date,
            reverses=f"{reference}/{sequence}",
        )


class State(StrEnum):
    """How far a posting has come.

    The first row is the way of a posting; `in_doubt` can strike at each step and remembers which.
    """

    PLANNED = "planned"
    APPROVED = "approved"
    INTENDED = "intended"
    STAGED = "staged"
    VALIDATED = "validated"
    RELEASED = "released"
    POSTED = "posted"
    CONFIRMED = "confirmed"
    IN_DOUBT = "in_doubt"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled_back"
    VANISHED = "vanished"
    REVERSED = "reversed"


class Step(StrEnum):
    """The call whose outcome a posting in doubt is waiting to learn."""

    STAGE = "stage"
    VALIDATE = "validate"
    RELEASE = "release"
    ROLL_BACK = "roll_back"


DROPPED = frozenset({State.ROLLED_BACK})
"""States whose lines never reached the ledger and never will: their worklogs are planned anew."""

IN_LEDGER = frozenset({State.RELEASED, State.POSTED, State.CONFIRMED})
"""States whose lines are in the ERP's ledger for certain: only these are ever reversed."""

OPEN = frozenset(
    {State.APPROVED, State.INTENDED, State.STAGED, State.VALIDATED, State.IN_DOUBT, State.REJECTED},
)
"""States that still have a call to make: taken up again after any stop."""

NEXT: dict[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.APPROVED, State.INTENDED}),
    State.APPROVED: frozenset({State.INTENDED}),
    State.INTENDED: frozenset({State.STAGED, State.IN_DOUBT, State.REJECTED, State.RELEASED}),
    State.STAGED: frozenset({State.VALIDATED, State.IN_DOUBT, State.REJECTED, State.RELEASED}),
    State.VALIDATED: frozenset({State.RELEASED, State.IN_DOUBT, State.REJECTED}),
    State.IN_DOUBT: frozenset(
        {State.INTENDED, State.STAGED, State.VALIDATED, State.RELEASED, State.REJECTED, State.ROLLED_BACK},
    ),
    State.REJECTED: frozenset({State.ROLLED_BACK, State.IN_DOUBT, State.RELEASED}),
    State.ROLLED_BACK: frozenset(),
    State.RELEASED: frozenset({State.POSTED, State.CONFIRMED, State.VANISHED, State.REVERSED}),
    State.POSTED: frozenset({State.CONFIRMED, State.VANISHED, State.REVERSED}),
    State.CONFIRMED: frozenset({State.REVERSED, State.VANISHED}),
    State.VANISHED: frozenset(),
    State.REVERSED: frozenset(),
}
"""Which state may follow which. Anything else is a mistake of ours."""


def check_transition(reference: str, now: State, then: State) -> None:
    """Raises InvariantBroken for a step that is not on the map."""
    if then not in NEXT[now]:
        raise InvariantBroken(f"posting {reference} cannot go from {now} to {then}")


@dataclass(frozen=True, slots=True)
class PostingLine:
    """A journal line and the shares that it sums. The credit line of a journal has none of its own."""

    line: JournalLine
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Posting:
    """A journal on its way. `content` is the hash of its lines; the same reference never has another.

    `result_before` is the highest result id that the ERP showed before the release was sent (None until then);
    `sent_at` is the last moment at which a send was possible, `intended_at` when it was stored. `orphaned` says that a
    worker stopped with the call announced, so that nobody knows whether it will still send it.
    """

    reference: str
    connection: str
    plan: str
    content: str
    entity: str
    currency: str
    state: State
    lines: tuple[PostingLine, ...]
    step: Step | None = None
    result_before: int | None = None
    sent_at: datetime | None = None
    note: str = ""
    orphaned: bool = False
    intended_at: datetime | None = None

    @property
    def journal(self) -> Journal:
        """The lines as they go to the ERP; checks the balance again."""
        return Journal(self.reference, self.entity, self.currency, tuple(part.line for part in self.lines))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A share as our books hold it: where it stands and how far its posting has come.

    `since` is when it was put there, None where nobody tells.
    """

    reference: str
    sequence: int
    state: State
    share: Share
    since: datetime | None = None

    @property
    def address(self) -> str:
        """What a reversal names."""
        return f"{self.reference}/{self.sequence}"


def outstanding(recorded: Iterable[Recorded]) -> tuple[Recorded, ...]:
    """The shares of one worklog that stand: counted in our books and not reversed by a share that counts too.

    Two shares of one worklog can share a line only as different parts of it, so address and part name one share.
    """
    counted = [item for item in recorded if item.state not in DROPPED]
    undone = {(item.share.reverses, item.share.part) for item in counted}
    return tuple(
        item for item in counted if item.share.entry in CHARGES and (item.address, item.share.part) not in undone
    )
