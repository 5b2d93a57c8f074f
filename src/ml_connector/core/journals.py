"""From the shares that our books lack to small balanced journals: group, chunk, balance, name."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ml_connector.core.corrections import content
from ml_connector.core.journal import JournalLine, fingerprint
from ml_connector.core.labor import hours_text
from ml_connector.core.ledger import Entry, PostingLine, Recorded, Share
from ml_connector.core.money import Money
from ml_connector.core.periods import period_of
from ml_connector.core.records import Coding

REFERENCE_HASH_WIDTH = 11
"""Base-32 characters: 55 bits, so that a million references collide with a chance below 2 in 100,000.
With a prefix of up to three letters and a dash the whole is 15 characters, the width of M3's KEY1."""
DOCUMENT_HASH_WIDTH = 8
DESCRIPTION_WIDTH_MAX = 60


class Grain(StrEnum):
    """What one GL line sums."""

    WORKLOG = "worklog"
    PERSON_DAY = "person-day"
    ISSUE_DAY = "issue-day"
    PO_PERIOD = "po-period"


@dataclass(frozen=True, slots=True)
class Grouping:
    """How lines are grouped and journals cut. `clearing` is the credit side's coding per entity."""

    connection: str
    grain: Grain
    lines_max: int
    prefix: str
    clearing: Mapping[str, Coding]


@dataclass(frozen=True, slots=True)
class Draft:
    """A journal as proposed: its reference, its lines with their shares, and the hash of its content."""

    reference: str
    entity: str
    currency: str
    content: str
    lines: tuple[PostingLine, ...]

    @property
    def gross(self) -> Money:
        """The labor side's absolute amounts: what approval thresholds count."""
        return Money(sum(abs(part.line.amount.minor) for part in self.lines if part.shares), self.currency)

    @property
    def net(self) -> Money:
        """What the labor side adds to cost."""
        return Money(sum(part.line.amount.minor for part in self.lines if part.shares), self.currency)

    @property
    def shares(self) -> tuple[Share, ...]:
        """All shares of all lines."""
        return tuple(share for part in self.lines for share in part.shares)


def drafts(
    shares: Iterable[Share],
    recorded: Mapping[str, Sequence[Recorded]],
    issue_keys: Mapping[str, str],
    attempts: Mapping[str, int],
    grouping: Grouping,
) -> tuple[Draft, ...]:
    """Cut shares into journals: one entity, one currency, one posting month, a capped number of lines each.

    `recorded` are our books by worklog (for generations), `attempts` how often this very content was dropped before:
    a journal that was rejected and rolled back comes again under a new reference, and only then.
    """
    generations = _generations(recorded, grouping.grain)
    groups: dict[tuple[object, ...], list[Share]] = {}
    for share in shares:
        groups.setdefault(_sort_key(share, grouping.grain), []).append(share)
    journals: dict[tuple[str, str, str], list[list[Share]]] = {}
    for key in sorted(groups, key=repr):
        first = groups[key][0]
        journal = (first.coding.entity, first.amount.currency, period_of(first.posting_date))
        journals.setdefault(journal, []).append(groups[key])
    return tuple(
        _draft(entity, currency, chunk, generations, issue_keys, attempts, grouping)
        for (entity, currency, _), lines in sorted(journals.items())
        for chunk in _chunks(lines, grouping.lines_max)
    )


def _sort_key(share: Share, grain: Grain) -> tuple[object, ...]:
    """Everything that keeps two shares on different lines, led by what should stand together in a journal."""
    return (
        share.order,
        *group_key(share, grain),
        share.posting_date.isoformat(),
        share.entry is not Entry.REVERSAL,
        share.reverses,
    )


def group_key(share: Share, grain: Grain) -> tuple[str, ...]:
    """What one line sums, whatever its generation."""
    coding = share.coding
    coded = (coding.entity, coding.account, coding.cost_center, coding.project, repr(coding.dimensions))
    by_grain = {
        Grain.WORKLOG: (share.worklog_id,),
        Grain.PERSON_DAY: (share.issue_id, share.basis.author, share.work_date.isoformat()),
        Grain.ISSUE_DAY: (share.issue_id, share.work_date.isoformat()),
        Grain.PO_PERIOD: (period_of(share.posting_date),),
    }[grain]
    return (share.order, share.order_line, share.amount.currency, *by_grain, *coded)


def _generations(recorded: Mapping[str, Sequence[Recorded]], grain: Grain) -> Mapping[str, int]:
    """How many lines each group has in our books already."""
    addresses: dict[str, set[str]] = {}
    for items in recorded.values():
        for item in items:
            addresses.setdefault(fingerprint(group_key(item.share, grain)), set()).add(item.address)
    return {group: len(found) for group, found in addresses.items()}


def _chunks(lines: list[list[Share]], lines_max: int) -> Iterator[list[list[Share]]]:
    """As many lines as fit beside one credit line per posting date."""
    chunk: list[list[Share]] = []
    dates: set[date] = set()
    for line in lines:
        day = line[0].posting_date
        if chunk and len(chunk) + 1 + len(dates | {day}) > lines_max:
            yield chunk
            chunk, dates = [], set()
        chunk.append(line)
        dates.add(day)
    if chunk:
        yield chunk


def _draft(
    entity: str,
    currency: str,
    chunk: list[list[Share]],
    generations: Mapping[str, int],
    issue_keys: Mapping[str, str],
    attempts: Mapping[str, int],
    grouping: Grouping,
) -> Draft:
    labor = [
        _labor_line(sequence, shares, generations, issue_keys, grouping) for sequence, shares in enumerate(chunk, 1)
    ]
    lines = (*labor, *_credit_lines(labor, grouping.clearing[entity], currency))
    digest = fingerprint(
        [grouping.connection, [[line_content(part.line), [content(share) for share in part.shares]] for part in lines]]
    )
    return Draft(_reference(grouping.prefix, digest, attempts.get(digest, 0)), entity, currency, digest, lines)


def _labor_line(
    sequence: int,
    shares: list[Share],
    generations: Mapping[str, int],
    issue_keys: Mapping[str, str],
    grouping: Grouping,
) -> PostingLine:
    first = shares[0]
    group = fingerprint(group_key(first, grouping.grain))
    seconds = sum(share.seconds for share in shares)
    issue_key = issue_keys.get(first.issue_id, "")
    line = JournalLine(
        sequence=sequence,
        coding=first.coding,
        amount=Money(sum(share.amount.minor for share in shares), first.amount.currency),
        seconds=seconds,
        posting_date=first.posting_date,
        work_date=max(share.work_date for share in shares),
        document=f"{_short(group, DOCUMENT_HASH_WIDTH)}-{generations.get(group, 0) + 1}",
        issue_key=issue_key,
        description=_description(first, issue_key, seconds),
    )
    return PostingLine(line, tuple(sorted(shares, key=lambda share: (share.worklog_id, share.distribution))))


def _description(share: Share, issue_key: str, seconds: int) -> str:
    """What a reader of the ledger sees. It never names a person or a rate."""
    order = share.order.split("/")[1] if "/" in share.order else share.order
    about = f"PO {order}/{share.order_line} {issue_key}"
    if share.reverses:
        return f"Reversal of {share.reverses}, {about}"[:DESCRIPTION_WIDTH_MAX]
    return f"Labor {about} {share.work_date} {hours_text(seconds)} h"[:DESCRIPTION_WIDTH_MAX]


def _credit_lines(labor: Sequence[PostingLine], clearing: Coding, currency: str) -> Iterator[PostingLine]:
    """One line per posting date on the labor clearing account, so that every day of the journal balances."""
    by_day: dict[date, int] = {}
    for part in labor:
        by_day[part.line.posting_date] = by_day.get(part.line.posting_date, 0) + part.line.amount.minor
    owed = [(day, minor) for day, minor in sorted(by_day.items()) if minor]
    for sequence, (day, minor) in enumerate(owed, len(labor) + 1):
        amount = Money(-minor, currency)
        yield PostingLine(JournalLine(sequence, clearing, amount, 0, day, day, "", "", f"Labor clearing {day}"), ())


def line_content(line: JournalLine) -> list[object]:
    """A line as canonical JSON values."""
    coding = line.coding
    return [
        line.sequence, coding.entity, coding.account, coding.cost_center, coding.project,
        [list(pair) for pair in coding.dimensions], line.amount.minor, line.amount.currency, line.seconds,
        line.posting_date.isoformat(), line.work_date.isoformat(), line.document, line.issue_key, line.description,
    ]  # fmt: skip


def _reference(prefix: str, digest: str, attempt: int) -> str:
    """Deterministic: the same content at the same attempt has the same reference on every machine."""
    return f"{prefix}-{_short(fingerprint([digest, attempt]), REFERENCE_HASH_WIDTH)}"


def _short(digest: str, width: int) -> str:
    raw = hashlib.sha256(digest.encode()).digest()
    return base64.b32encode(raw).decode()[:width]
