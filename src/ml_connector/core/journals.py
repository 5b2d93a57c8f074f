"""From the shares that our books lack to small balanced journals: group, chunk, balance, name."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from ml_connector.core.corrections import content
from ml_connector.core.journal import JournalLine, fingerprint
from ml_connector.core.labor import hours_text
from ml_connector.core.ledger import ACCRUALS, Entry, PostingLine, Recorded, Share
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


class Correction(StrEnum):
    """How the ledger shows that a posted cost changed: as two lines, or as the one line of their difference."""

    REVERSAL = "reversal"
    NET_DELTA = "net_delta"


@dataclass(frozen=True, slots=True)
class Grouping:
    """How lines are grouped and journals cut. `clearing` is the credit side's coding per entity, `burden_clearing` that
    of a burden, by entity and name, where it is another.

    `correction` changes what the ERP sees alone: our books hold every reversal and replacement in full.
    """

    connection: str
    grain: Grain
    lines_max: int
    prefix: str
    clearing: Mapping[str, Coding]
    correction: Correction = Correction.REVERSAL
    accrual: Mapping[str, Coding] = field(default_factory=dict)
    burden_clearing: Mapping[tuple[str, str], Coding] = field(default_factory=dict)

    def for_accruals(self) -> Grouping:
        """The same with the credit side of accruals, by entity, where it is another one."""
        burdens = {key: coding for key, coding in self.burden_clearing.items() if key[0] not in self.accrual}
        return replace(self, clearing={**self.clearing, **self.accrual}, burden_clearing=burdens)

    def credit(self, share: Share) -> Coding:
        """The credit side of a share."""
        entity = share.coding.entity
        return self.burden_clearing.get((entity, share.burden), self.clearing[entity])


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
    groups = _groups(tuple(shares), grouping)
    journals: dict[tuple[str, str, str], list[list[Share]]] = {}
    for key in sorted(groups, key=repr):
        first = groups[key][0]
        journal = (first.coding.entity, first.amount.currency, period_of(first.posting_date))
        journals.setdefault(journal, []).append(groups[key])
    return tuple(
        _draft(entity, currency, chunk, generations, issue_keys, attempts, grouping)
        for (entity, currency, _), lines in sorted(journals.items())
        for chunk in _chunks(lines, grouping)
    )


Credit = tuple[date, Coding]
"""What one credit line stands for: a posting date and a coding of the credit side."""

Groups = dict[tuple[object, ...], list[Share]]
"""The shares of each line, by everything that keeps two shares on different lines."""


def _groups(shares: Sequence[Share], grouping: Grouping) -> Groups:
    """Shares by line. A net line of no amount is no line: what nets to nothing stays reversal and replacement."""
    grain = grouping.grain
    if grouping.correction is Correction.REVERSAL:
        return _gather((_line_key(share, grain, share.reverses), share) for share in shares)
    reversed_at: dict[tuple[object, ...], set[str]] = {}
    for share in shares:
        if share.reverses:
            reversed_at.setdefault(_slot(share, grain), set()).add(share.reverses)
    netted = _gather((_line_key(share, grain, _corrects(share, reversed_at, grain)), share) for share in shares)
    return _gather(
        (key if sum(other.amount.minor for other in line) else _line_key(share, grain, share.reverses), share)
        for key, line in netted.items()
        for share in line
    )


def _gather(keyed: Iterable[tuple[tuple[object, ...], Share]]) -> Groups:
    groups: Groups = {}
    for key, share in keyed:
        groups.setdefault(key, []).append(share)
    return groups


def _slot(share: Share, grain: Grain) -> tuple[object, ...]:
    """Where the reversal and the replacement of one worklog meet."""
    return (share.worklog_id, share.distribution, share.burden, share.posting_date, *group_key(share, grain))


def _corrects(share: Share, reversed_at: Mapping[tuple[object, ...], Collection[str]], grain: Grain) -> str:
    """The one line whose share a reversal takes back, or its replacement corrects; empty where there is no such one."""
    if share.entry is not Entry.REPLACEMENT:
        return share.reverses
    addresses = reversed_at.get(_slot(share, grain), ())
    return next(iter(addresses)) if len(addresses) == 1 else ""


def _line_key(share: Share, grain: Grain, corrects: str) -> tuple[object, ...]:
    """Everything that keeps two shares on different lines, led by what should stand together in a journal."""
    return (share.order, *group_key(share, grain), share.posting_date.isoformat(), not corrects, corrects)


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
    burden = (share.burden,) if share.burden else ()
    return (share.order, share.order_line, share.amount.currency, *by_grain, *coded, *burden)


def _generations(recorded: Mapping[str, Sequence[Recorded]], grain: Grain) -> Mapping[str, int]:
    """How many lines each group has in our books already."""
    addresses: dict[str, set[str]] = {}
    for items in recorded.values():
        for item in items:
            addresses.setdefault(_group(item.share, grain), set()).add(item.address)
    return {group: len(found) for group, found in addresses.items()}


def _group(share: Share, grain: Grain) -> str:
    """What a line's generations are counted in: an estimate that comes and goes is none of its hours' generations."""
    family = ("accrual",) if share.entry in ACCRUALS else ()
    return fingerprint([*family, *group_key(share, grain)])


def _chunks(lines: list[list[Share]], grouping: Grouping) -> Iterator[list[list[Share]]]:
    """As many lines as fit beside one credit line per posting date and coding of the credit side."""
    chunk: list[list[Share]] = []
    credits_: set[Credit] = set()
    for line in lines:
        credit = line[0].posting_date, grouping.credit(line[0])
        if chunk and len(chunk) + 1 + len(credits_ | {credit}) > grouping.lines_max:
            yield chunk
            chunk, credits_ = [], set()
        chunk.append(line)
        credits_.add(credit)
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
    lines = (*labor, *_credit_lines(labor, grouping, currency))
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
    group = _group(first, grouping.grain)
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
        description=_description(shares, issue_key, seconds),
    )
    return PostingLine(
        line, tuple(sorted(shares, key=lambda share: (share.worklog_id, share.distribution, share.burden)))
    )


def _description(shares: Sequence[Share], issue_key: str, seconds: int) -> str:
    """What a reader of the ledger sees. It never names a person, a rate or a percentage."""
    first = shares[0]
    order = first.order.split("/")[1] if "/" in first.order else first.order
    about = f"PO {order}/{first.order_line} {issue_key}"
    reverses = next((share.reverses for share in shares if share.reverses), "")
    if reverses:
        return f"{_counter_entry(shares)} of {reverses}, {about}"[:DESCRIPTION_WIDTH_MAX]
    if first.entry is Entry.ACCRUAL:
        return f"Accrual {about} {first.work_date}"[:DESCRIPTION_WIDTH_MAX]
    if first.burden:
        return f"{first.burden} on {about} {first.work_date}"[:DESCRIPTION_WIDTH_MAX]
    return f"Labor {about} {first.work_date} {hours_text(seconds)} h"[:DESCRIPTION_WIDTH_MAX]


def _counter_entry(shares: Sequence[Share]) -> str:
    if shares[0].entry is Entry.ACCRUAL_RETURN:
        return "Return"
    return "Reversal" if all(share.reverses for share in shares) else "Correction"


def _credit_lines(labor: Sequence[PostingLine], grouping: Grouping, currency: str) -> Iterator[PostingLine]:
    """One line per posting date on each account of the credit side, so that every day of the journal balances."""
    sums: dict[Credit, int] = {}
    for part in labor:
        credit = part.line.posting_date, grouping.credit(part.shares[0])
        sums[credit] = sums.get(credit, 0) + part.line.amount.minor
    owed = [(credit, minor) for credit, minor in sorted(sums.items(), key=repr) if minor]
    for sequence, ((day, coding), minor) in enumerate(owed, len(labor) + 1):
        amount = Money(-minor, currency)
        yield PostingLine(JournalLine(sequence, coding, amount, 0, day, day, "", "", f"Labor clearing {day}"), ())


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
