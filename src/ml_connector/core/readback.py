"""Our postings held against the general ledger as it was read back: the second step of a reconciliation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ml_connector.core.journal import JournalLine, SeenLine
from ml_connector.core.ledger import DROPPED, Posting, PostingLine, State
from ml_connector.core.money import Digits, Money, text_from_money
from ml_connector.core.periods import period_of
from ml_connector.core.reconcile import (
    REMEDIES,
    Difference,
    Discrepancy,
    GlBook,
    GlComparison,
    Leg,
    is_in_flight,
    is_settled,
    line_leg,
)
from ml_connector.core.records import Coding

POSTED = "posted"
"""The status that an adapter gives to a ledger line that finance has posted."""


def compare_gl(
    postings: Iterable[Posting],
    gl: GlBook,
    clearing: Mapping[str, Coding],
    today: date,
    digits: Digits,
    *,
    credited: Collection[Coding] = (),
) -> GlComparison:
    """Hold every posting that should be in the ledger against the lines that are, and name the lines nobody posted.

    `clearing` is the credit side by entity, `credited` are further codings of it.
    """
    found: list[Difference] = []
    shown: list[Leg] = []
    arriving: list[Leg] = []
    sides_of_credit = {(coding.entity, coding.account) for coding in (*clearing.values(), *credited)}
    pages = _Pages(frozenset(sides_of_credit), today, digits)
    known: set[str] = set()
    for posting in postings:
        lines = tuple(gl.lines.get(posting.reference, ()))
        if posting.state in DROPPED:
            continue
        known.add(posting.reference)
        if posting.reference in gl.unread:
            # Nothing is concluded from half a look; the reference is named as unread instead.
            shown += [line_leg(part) for part in posting.lines] if is_settled(posting.state) else []
            continue
        sides = {part.line.sequence: bool(part.shares) for part in posting.lines}
        legs = [_theirs(line, cost=sides.get(line.sequence, pages.is_cost(line))) for line in lines]
        shown += legs
        if is_in_flight(posting.state):
            arriving += legs
        else:
            found += pages.of_posting(posting, lines)
    for reference in sorted(gl.lines.keys() - known):
        for line in gl.lines[reference]:
            shown.append(_theirs(line, cost=pages.is_cost(line)))
            found.append(pages.unknown(reference, line))
    return GlComparison(tuple(shown), tuple(arriving), tuple(found))


def _theirs(line: SeenLine, *, cost: bool, sign: int = 1) -> Leg:
    amount = line.amount
    return Leg(line.coding.entity, amount.currency, period_of(line.posting_date), sign * amount.minor, cost=cost)


@dataclass(frozen=True, slots=True)
class _Pages:
    """Line by line through the GL."""

    credits: frozenset[tuple[str, str]]
    today: date
    digits: Digits

    def is_cost(self, line: SeenLine) -> bool:
        """Whether a line that we do not know is cost, by its account: everything but the credit side is."""
        return (line.coding.entity, line.coding.account) not in self.credits

    def of_posting(self, posting: Posting, seen: Sequence[SeenLine]) -> Iterator[Difference]:
        """What the ledger shows otherwise than one posting released it."""
        if not seen:
            yield self._all_gone(posting)
            return
        by_sequence: dict[int, list[SeenLine]] = {}
        for line in seen:
            by_sequence.setdefault(line.sequence, []).append(line)
        for part in posting.lines:
            yield from self._of_line(posting, part, by_sequence.pop(part.line.sequence, []))
        for strays in by_sequence.values():
            for line in strays:
                yield self.unknown(posting.reference, line)
        unposted = [line for line in seen if line.status not in ("", POSTED)]
        # A person's word that a document was posted stands where no ledger shows it.
        if unposted and posting.state is not State.CONFIRMED:
            yield self._unposted(posting, {line.sequence for line in unposted})

    def _of_line(self, posting: Posting, part: PostingLine, seen: Sequence[SeenLine]) -> Iterator[Difference]:
        address = f"{posting.reference}/{part.line.sequence}"
        if not seen:
            yield self._gone(address, part)
            return
        # The best fit is ours, so that of two lines the copy is the other one.
        mine = min(seen, key=lambda line: len(alterations(part.line, line, self.digits)))
        changes = alterations(part.line, mine, self.digits)
        if changes:
            yield self._altered(address, part, mine, changes)
        copies = list(seen)
        copies.remove(mine)
        for copy in copies:
            yield self._doubled(address, part, copy)

    def _all_gone(self, posting: Posting) -> Difference:
        labor = [part for part in posting.lines if part.shares]
        lines = [part.line for part in labor]
        coding = _common(line.coding for line in lines)
        return self._difference(
            Discrepancy.VANISHED,
            posting.reference,
            coding,
            Money(sum(line.amount.minor for line in lines), posting.currency),
            min(line.posting_date for line in lines),
            f"All {len(posting.lines)} lines that were released are gone from the ledger.",
            tuple(line_leg(part) for part in posting.lines),
            seconds=sum(line.seconds for line in lines),
        )

    def _gone(self, address: str, part: PostingLine) -> Difference:
        line = part.line
        return self._difference(
            Discrepancy.VANISHED,
            address,
            line.coding,
            line.amount,
            line.posting_date,
            "The line was released and is gone from the ledger.",
            (line_leg(part),),
            seconds=line.seconds,
        )

    def _altered(self, address: str, part: PostingLine, seen: SeenLine, changes: Sequence[str]) -> Difference:
        line = part.line
        same = line.amount.currency == seen.amount.currency
        return self._difference(
            Discrepancy.ALTERED_LINE,
            address,
            line.coding,
            line.amount - seen.amount if same else line.amount,
            line.posting_date,
            f"The ledger shows another line than was released: {'; '.join(changes)}.",
            (line_leg(part), _theirs(seen, cost=bool(part.shares), sign=-1)),
            seconds=0 if seen.seconds is None else line.seconds - seen.seconds,
        )

    def _doubled(self, address: str, part: PostingLine, copy: SeenLine) -> Difference:
        return self._difference(
            Discrepancy.DOUBLED_LINE,
            address,
            copy.coding,
            -copy.amount,
            copy.posting_date,
            "The ledger holds the line more often than once; it was released once.",
            (_theirs(copy, cost=bool(part.shares), sign=-1),),
            seconds=-part.line.seconds,
        )

    def unknown(self, reference: str, line: SeenLine) -> Difference:
        """A line under our prefix that no posting of ours holds."""
        return self._difference(
            Discrepancy.UNKNOWN_REFERENCE,
            f"{reference}/{line.sequence}",
            line.coding,
            -line.amount,
            line.posting_date,
            "The ledger holds a line under our prefix that we never posted.",
            (_theirs(line, cost=self.is_cost(line), sign=-1),),
        )

    def _unposted(self, posting: Posting, sequences: set[int]) -> Difference:
        lines = [part.line for part in posting.lines if part.shares and part.line.sequence in sequences]
        coding = _common(line.coding for line in lines) if lines else posting.lines[0].line.coding
        return self._difference(
            Discrepancy.UNPOSTED_RELEASE,
            posting.reference,
            coding,
            Money(sum(line.amount.minor for line in lines), posting.currency),
            min((line.posting_date for line in lines), default=posting.lines[0].line.posting_date),
            "The entry was released, and finance has not posted it yet.",
            (),
            seconds=sum(line.seconds for line in lines),
        )

    def _difference(
        self,
        kind: Discrepancy,
        subject: str,
        coding: Coding,
        amount: Money,
        since: date,
        message: str,
        legs: tuple[Leg, ...],
        *,
        seconds: int = 0,
    ) -> Difference:
        remedy, owner = REMEDIES[kind]
        return Difference(
            type=kind,
            subject=subject,
            entity=coding.entity,
            account=coding.account,
            cost_center=coding.cost_center,
            project=coding.project,
            period=period_of(since),
            amount=amount,
            seconds=seconds,
            since=since,
            age=max((self.today - since).days, 0),
            message=message,
            remedy=remedy,
            owner=owner,
            legs=legs,
            in_gl=True,
        )


def _common(codings: Iterable[Coding]) -> Coding:
    """What all of some codings share; empty where they differ."""
    found = list(codings)

    def shared(values: set[str]) -> str:
        return values.pop() if len(values) == 1 else ""

    return Coding(
        shared({coding.entity for coding in found}),
        shared({coding.account for coding in found}),
        shared({coding.cost_center for coding in found}),
        shared({coding.project for coding in found}),
    )


def alterations(line: JournalLine, seen: SeenLine, digits: Digits) -> tuple[str, ...]:
    """What a line of the ledger shows otherwise than it was released, in words."""
    mine, theirs = line.coding, seen.coding
    pairs = (
        ("amount", _text(line.amount, digits), _text(seen.amount, digits)),
        ("entity", mine.entity, theirs.entity),
        ("account", mine.account, theirs.account),
        ("cost center", mine.cost_center, theirs.cost_center),
        ("project", mine.project, theirs.project),
        ("dimensions", _dimensions(mine), _dimensions(theirs)),
        ("posting date", line.posting_date.isoformat(), seen.posting_date.isoformat()),
        ("document", line.document, line.document if seen.document is None else seen.document),
        ("seconds", str(line.seconds), str(line.seconds if seen.seconds is None else seen.seconds)),
    )
    return tuple(f"{name} {theirs or 'none'}, was {mine or 'none'}" for name, mine, theirs in pairs if mine != theirs)


def _dimensions(coding: Coding) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(coding.dimensions))


def _text(amount: Money, digits: Digits) -> str:
    return f"{text_from_money(amount, digits(amount.currency))} {amount.currency}"
