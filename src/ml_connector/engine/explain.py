"""What is this amount? From a GL line to rate, rule, plan, approver, hours, issue and order; from a worklog back."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection as Transaction

from ml_connector.core.document import Document, line_document
from ml_connector.core.ledger import DROPPED, Posting, PostingLine, Recorded
from ml_connector.core.money import Digits, Money, text_from_money
from ml_connector.errors import Refused
from ml_connector.store import lineage, plans, postings, worklogs


def explain(
    tx: Transaction, connection: str, subject: str, digits: Digits, names: Mapping[str, str], *, rates: bool
) -> Document:
    """Explain a reference, one line of it (`MLC-…/3`), or a worklog id. Raises Refused where we know no such thing."""
    reference, _, sequence = subject.partition("/")
    posting = postings.find(tx, connection, reference)
    if posting is not None:
        return _named(_posting(tx, connection, posting, sequence, digits, rates=rates), names)
    if worklogs.by_ids(tx, connection, [subject]) or postings.recorded_of_worklogs(tx, connection, [subject]):
        return _named(_worklog(tx, connection, subject, digits, rates=rates), names)
    raise Refused(
        f"Connection {connection} knows no posting and no worklog called {subject}.",
        remedy="Give a reference from the ledger (`MLC-…`, or `MLC-…/3` for a line), or the id of a worklog.",
    )


def _named(document: Document, names: Mapping[str, str]) -> Document:
    """The same with people's names beside their accounts, wherever an author stands."""
    named: Document = {}
    for key, value in document.items():
        if isinstance(value, list):
            named[key] = [_named(item, names) if isinstance(item, dict) else item for item in value]
        else:
            named[key] = value
        if key == "author" and names.get(str(value)):
            named["person"] = names[str(value)]
    return named


def _posting(
    tx: Transaction, connection: str, posting: Posting, sequence: str, digits: Digits, *, rates: bool
) -> Document:
    lines = [part for part in posting.lines if sequence in ("", str(part.line.sequence))]
    if not lines:
        raise Refused(f"{posting.reference} has no line {sequence}.", remedy=f"It has {len(posting.lines)} lines.")
    return {
        "reference": posting.reference,
        "state": posting.state.value,
        "note": posting.note,
        "entity": posting.entity,
        "currency": posting.currency,
        **_approval(tx, connection, posting.plan),
        "lines": [_line(tx, connection, part, digits(posting.currency), rates=rates) for part in lines],
    }


def _approval(tx: Transaction, connection: str, plan: str) -> Document:
    kept = plans.find(tx, connection, plan)
    return {
        "plan": plan,
        "prepared_by": kept.prepared_by,
        "approved_by": [approval.approver for approval in plans.approvals(tx, plan)],
    }


def _line(tx: Transaction, connection: str, part: PostingLine, places: int, *, rates: bool) -> Document:
    document = line_document(part, places, rates=rates)
    issues = lineage.standing(tx, connection, _issue_ids(part))
    shares = document["shares"]
    assert isinstance(shares, list)
    for share in shares:
        found = issues.get(share["issue_id"])
        share["issue"] = found.issue_key if found else ""
    return document


def _issue_ids(part: PostingLine) -> list[str]:
    return list({share.issue_id for share in part.shares})


def _worklog(tx: Transaction, connection: str, worklog_id: str, digits: Digits, *, rates: bool) -> Document:
    recorded = postings.recorded_of_worklogs(tx, connection, [worklog_id]).get(worklog_id, ())
    held = worklogs.by_ids(tx, connection, [worklog_id])
    document: Document = {"worklog": worklog_id, "charged": _charged(recorded, digits)}
    for item in held:
        worklog = item.worklog
        found = lineage.standing(tx, connection, [worklog.issue_id]).get(worklog.issue_id)
        document |= {
            "state": item.state,
            "author": worklog.author,
            "started": worklog.started.isoformat(),
            "seconds": worklog.seconds,
            "issue": found.issue_key if found else worklog.issue_id,
            "by_way_of": list(found.path[1:]) if found else [],
            "order": found.binding.order if found else "",
        }
    addresses = list(dict.fromkeys(item.reference for item in recorded))
    document["postings"] = [
        _mine(_posting(tx, connection, postings.load(tx, connection, reference), "", digits, rates=rates), worklog_id)
        for reference in addresses
    ]
    return document


def _charged(recorded: tuple[Recorded, ...], digits: Digits) -> dict[str, str]:
    """What our books charge for a worklog now, by currency: reversals taken off."""
    sums: dict[str, int] = {}
    for item in recorded:
        if item.state not in DROPPED:
            amount = item.share.amount
            sums[amount.currency] = sums.get(amount.currency, 0) + amount.minor
    return {currency: text_from_money(Money(minor, currency), digits(currency)) for currency, minor in sums.items()}


def _mine(posting: Document, worklog_id: str) -> Document:
    """A posting with only the lines, and on them only the shares, of one worklog."""
    lines = posting["lines"]
    assert isinstance(lines, list)
    kept = []
    for line in lines:
        shares = [share for share in line["shares"] if share["worklog"] == worklog_id]
        if shares:
            kept.append({**line, "shares": shares})
    return {**posting, "lines": kept}
