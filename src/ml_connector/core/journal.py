"""A sub-journal: the small balanced unit that is approved and posted, and what the ERP shows of it.

One entity and one currency, a capped number of lines, a reference of our own that the ERP can be searched by.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ml_connector.core.money import Money
from ml_connector.core.records import Coding
from ml_connector.errors import InvariantBroken

CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
"""One text for one content, whatever the order in which its keys were given."""


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line as it goes to the ERP. Debits are positive, credits negative; `seconds` are the hours behind it.

    `document` is the line's own reference (group key and generation, hashed); `issue_key` and `description` are for
    people who read the ledger. Neither ever holds a rate.
    """

    sequence: int
    coding: Coding
    amount: Money
    seconds: int
    posting_date: date
    work_date: date
    document: str
    issue_key: str
    description: str


@dataclass(frozen=True, slots=True)
class Journal:
    """A sub-journal under one reference. Raises InvariantBroken where it does not balance or mixes entities."""

    reference: str
    entity: str
    currency: str
    lines: tuple[JournalLine, ...]

    def __post_init__(self) -> None:
        check_balanced(self.reference, self.entity, self.currency, self.lines)

    @property
    def gross(self) -> Money:
        """The sum of the debit side's absolute amounts: what approval thresholds count."""
        return Money(sum(abs(line.amount.minor) for line in self.lines) // 2, self.currency)


def check_balanced(reference: str, entity: str, currency: str, lines: Sequence[JournalLine]) -> None:
    """A journal balances per entity and currency; checked when built, when stored and when loaded."""
    if not reference:
        raise InvariantBroken("a journal without a reference was built")
    if not lines:
        raise InvariantBroken(f"journal {reference} has no lines")
    if any(line.coding.entity != entity or line.amount.currency != currency for line in lines):
        raise InvariantBroken(f"journal {reference} mixes entities or currencies")
    total = sum(line.amount.minor for line in lines)
    if total:
        raise InvariantBroken(f"journal {reference} is out of balance by {total} minor units of {currency}")
    if len({line.sequence for line in lines}) != len(lines):
        raise InvariantBroken(f"journal {reference} repeats a sequence number")


@dataclass(frozen=True, slots=True)
class SeenLine:
    """A line as the ERP shows it under our reference, in staging or in the ledger. `error` is the ERP's own text.

    `seconds` are the hours behind it, None where the ERP does not show any.
    """

    sequence: int
    coding: Coding
    amount: Money
    posting_date: date
    document: str
    status: str = ""
    error: str = ""
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """What the ERP recorded of one interface run. Ids rise."""

    id: int
    complete: bool
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """All that the ERP shows under one reference. `conclusive` is False where a part could not be read.

    `working` tells that the ERP says it is still at work on it: what it shows may be half, and is not conclusive.
    """

    staged: tuple[SeenLine, ...] = ()
    ledger: tuple[SeenLine, ...] = ()
    results: tuple[RunResult, ...] = ()
    conclusive: bool = True
    working: bool = False

    @property
    def newest_result(self) -> int:
        """The highest result id, 0 where there is none."""
        return max((result.id for result in self.results), default=0)


class Presence(StrEnum):
    """What a look-up says about our lines."""

    ABSENT = "absent"
    PARTIAL = "partial"
    DIFFERS = "differs"
    COMPLETE = "complete"
    UNKNOWN = "unknown"


def presence(lines: Sequence[JournalLine], seen: Sequence[SeenLine], *, conclusive: bool = True) -> Presence:
    """Hold what the ERP shows against the stored intent, line by line.

    Only `complete` may be released. A line that is there twice, or with another amount or coding, differs.
    """
    if not conclusive:
        return Presence.UNKNOWN
    wanted = Counter(_as_written(line) for line in lines)
    found = Counter(_as_written(line) for line in seen)
    if found - wanted:
        return Presence.DIFFERS
    if not found:
        return Presence.ABSENT
    return Presence.COMPLETE if found == wanted else Presence.PARTIAL


def _as_written(line: JournalLine | SeenLine) -> tuple[int, Coding, Money, date, str]:
    return line.sequence, line.coding, line.amount, line.posting_date, line.document


def missing_sequences(lines: Sequence[JournalLine], seen: Sequence[SeenLine]) -> tuple[int, ...]:
    """The sequence numbers of our lines that the ERP does not show yet."""
    there = {line.sequence for line in seen}
    return tuple(line.sequence for line in lines if line.sequence not in there)


def fingerprint(value: object) -> str:
    """A content hash: SHA-256 over canonical JSON. The same content gives the same hash on every machine."""
    return hashlib.sha256(CANONICAL.encode(value).encode()).hexdigest()
