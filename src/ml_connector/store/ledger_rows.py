"""Lines and shares as rows, and rows as lines and shares."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from ml_connector.core.journal import JournalLine
from ml_connector.core.ledger import Basis, Entry, Posting, PostingLine, PremiumPart, Share
from ml_connector.core.money import Money
from ml_connector.core.records import Coding

Values = dict[str, Any]


def _coding_values(coding: Coding) -> Values:
    return {
        "entity": coding.entity,
        "account": coding.account,
        "cost_center": coding.cost_center,
        "project": coding.project,
        "dimensions": [list(pair) for pair in coding.dimensions],
    }


def _coding(row: Row[Any]) -> Coding:
    dimensions = tuple((name, value) for name, value in row.dimensions)
    return Coding(row.entity, row.account, row.cost_center, row.project, dimensions)


def line_values(reference: str, line: JournalLine) -> Values:
    """A journal line as a row."""
    return {
        "reference": reference,
        "sequence": line.sequence,
        **_coding_values(line.coding),
        "amount_minor": line.amount.minor,
        "currency": line.amount.currency,
        "seconds": line.seconds,
        "posting_date": line.posting_date.isoformat(),
        "work_date": line.work_date.isoformat(),
        "document": line.document,
        "issue_key": line.issue_key,
        "description": line.description,
    }


def line(row: Row[Any]) -> JournalLine:
    """A row as the journal line it was."""
    return JournalLine(
        sequence=row.sequence,
        coding=_coding(row),
        amount=Money(row.amount_minor, row.currency),
        seconds=row.seconds,
        posting_date=date.fromisoformat(row.posting_date),
        work_date=date.fromisoformat(row.work_date),
        document=row.document,
        issue_key=row.issue_key,
        description=row.description,
    )


def share_values(posting: Posting, part: PostingLine) -> Iterator[Values]:
    """The shares of a line as rows."""
    for position, item in enumerate(part.shares, 1):
        yield {
            "reference": posting.reference,
            "sequence": part.line.sequence,
            "position": position,
            "connection": posting.connection,
            "worklog_id": item.worklog_id,
            "issue_id": item.issue_id,
            "order_key": item.order,
            "order_line": item.order_line,
            "distribution": item.distribution,
            "entry": item.entry.value,
            **_coding_values(item.coding),
            "seconds": item.seconds,
            "amount_minor": item.amount.minor,
            "currency": item.amount.currency,
            "posting_date": item.posting_date.isoformat(),
            "work_date": item.work_date.isoformat(),
            "facts": item.basis.facts,
            "author": item.basis.author,
            "rate": _decimal_text(item.basis.rate),
            "rate_rule": item.basis.rate_rule,
            "mapping_version": item.basis.mapping_version,
            "rules_version": item.basis.rules_version,
            "reverses": item.reverses,
            "rate_currency": item.basis.rate_currency,
            "exchange_rate": _decimal_text(item.basis.exchange_rate),
            "exchange_source": item.basis.exchange_source,
            "rate_from": _day_text(item.basis.rate_from),
            "known_since": _day_text(item.basis.known_since),
            "premiums": [[part.name, part.seconds, _decimal_text(part.factor)] for part in item.basis.premiums],
            "burden": item.burden,
            "percent": _decimal_text(item.basis.percent),
            "rounded": item.rounded,
        }


def _decimal_text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def share(row: Row[Any]) -> Share:
    """A row as the share it was."""
    basis = Basis(
        facts=row.facts,
        author=row.author,
        rate=None if row.rate is None else Decimal(row.rate),
        rate_rule=row.rate_rule,
        mapping_version=row.mapping_version,
        rules_version=row.rules_version,
        rate_currency=row.rate_currency,
        exchange_rate=None if row.exchange_rate is None else Decimal(row.exchange_rate),
        exchange_source=row.exchange_source,
        rate_from=_day(row.rate_from),
        known_since=_day(row.known_since),
        premiums=tuple(PremiumPart(name, seconds, Decimal(factor)) for name, seconds, factor in row.premiums),
        percent=None if row.percent is None else Decimal(row.percent),
    )
    return Share(
        worklog_id=row.worklog_id,
        issue_id=row.issue_id,
        order=row.order_key,
        order_line=row.order_line,
        distribution=row.distribution,
        entry=Entry(row.entry),
        coding=_coding(row),
        seconds=row.seconds,
        amount=Money(row.amount_minor, row.currency),
        posting_date=date.fromisoformat(row.posting_date),
        work_date=date.fromisoformat(row.work_date),
        basis=basis,
        reverses=row.reverses,
        burden=row.burden,
        rounded=row.rounded,
    )
