"""A plan as a JSON document: what is shown, kept, approved and compared. Rates are left out unless asked for."""

from __future__ import annotations

from collections.abc import Mapping

from ml_connector.core.budget import Budget
from ml_connector.core.journal import fingerprint
from ml_connector.core.labor import hours_text
from ml_connector.core.ledger import PostingLine, Share
from ml_connector.core.money import Digits, Money, text_from_money
from ml_connector.core.plan import (
    CreateIssue,
    EditIssue,
    MoveIssue,
    Operation,
    Plan,
    PostJournal,
    RemarkChange,
    WriteFields,
    operation_content,
)
from ml_connector.core.records import Coding, Finding

Document = dict[str, object]


def plan_document(plan: Plan, digits: Digits, *, rates: bool = False) -> Document:
    """The whole plan. `keys`, `worklogs` and the content hashes are what makes it comparable with a later one."""
    return {
        "hash": plan.hash,
        "connection": plan.connection,
        "operations": [operation_document(operation, digits, rates=rates) for operation in plan.operations],
        "contents": contents(plan),
        "keys": sorted(keys_of(plan)),
        "worklogs": sorted(plan.worklogs),
        "recost": sorted(plan.recost & plan.worklogs),
        "routed": sorted(plan.routed & plan.worklogs),
        "accrue": {entity: day.isoformat() for entity, day in sorted(plan.accrue.items())},
        "authors": sorted({share.basis.author for posting in plan.postings for share in posting.draft.shares}),
        "totals": totals(plan, digits),
        "budgets": [
            {"kind": line.kind.value, "key": line.erp_key, **budget_document(line.budget, digits)}
            for line in plan.budgets
        ],
        "findings": [finding_document(finding, digits) for finding in plan.findings],
    }


def contents(plan: Plan) -> dict[str, str]:
    """A content hash for every operation, by its key."""
    return {operation.key: fingerprint(operation_content(operation)) for operation in plan.operations}


def keys_of(plan: Plan) -> set[str]:
    """The orders and projects that the plan's operations are about, as the work queue names them."""
    keys: set[str] = set()
    for operation in plan.operations:
        match operation:
            case CreateIssue():
                keys.add(f"{operation.issue.kind.value}:{operation.issue.erp_key}")
            case EditIssue() | RemarkChange() | MoveIssue() | WriteFields():
                keys.add(f"{operation.kind.value}:{operation.erp_key}")
            case PostJournal():
                keys |= {f"purchase_order:{share.order}" for share in operation.draft.shares}
    return keys


def totals(plan: Plan, digits: Digits) -> dict[str, dict[str, str]]:
    """Gross and net labor by currency, over all journals of the plan."""
    found: dict[str, tuple[int, int]] = {}
    for posting in plan.postings:
        gross, net = posting.draft.gross, posting.draft.net
        before = found.get(gross.currency, (0, 0))
        found[gross.currency] = (before[0] + gross.minor, before[1] + net.minor)
    return {
        currency: {
            "gross": text_from_money(Money(gross, currency), digits(currency)),
            "net": text_from_money(Money(net, currency), digits(currency)),
        }
        for currency, (gross, net) in sorted(found.items())
    }


def operation_document(operation: Operation, digits: Digits, *, rates: bool) -> Document:
    """One operation."""
    match operation:
        case CreateIssue():
            issue = operation.issue
            return {
                "operation": "create_issue",
                "key": operation.key,
                "kind": issue.kind.value,
                "erp_key": issue.erp_key,
                "project": issue.project,
                "type": issue.type,
                "marker": issue.marker,
                "content": dict(operation.content),
            }
        case EditIssue():
            return {**_about("edit_issue", operation), "issue": operation.issue_key, "changes": dict(operation.changes)}
        case RemarkChange():
            return {**_about("remark", operation), "issue": operation.issue_key, "text": operation.text}
        case MoveIssue():
            return {**_about("move_issue", operation), "issue": operation.issue_key, "status": operation.status}
        case WriteFields():
            return {**_about("write_fields", operation), "values": dict(operation.values)}
        case PostJournal():
            return _journal_document(operation, digits, rates=rates)


def _about(name: str, operation: EditIssue | RemarkChange | MoveIssue | WriteFields) -> Document:
    return {"operation": name, "key": operation.key, "kind": operation.kind.value, "erp_key": operation.erp_key}


def _journal_document(operation: PostJournal, digits: Digits, *, rates: bool) -> Document:
    draft = operation.draft
    places = digits(draft.currency)
    return {
        "operation": "post_journal",
        "key": operation.key,
        "reference": draft.reference,
        "entity": draft.entity,
        "currency": draft.currency,
        "gross": text_from_money(draft.gross, places),
        "net": text_from_money(draft.net, places),
        "lines": [line_document(part, places, rates=rates) for part in draft.lines],
    }


def line_document(part: PostingLine, places: int, *, rates: bool) -> Document:
    """One GL line with the worklogs behind it."""
    line = part.line
    return {
        "sequence": line.sequence,
        **coding_document(line.coding),
        "amount": text_from_money(line.amount, places),
        "amount_minor": line.amount.minor,
        "hours": hours_text(line.seconds),
        "posting_date": line.posting_date.isoformat(),
        "work_date": line.work_date.isoformat(),
        "document": line.document,
        "issue": line.issue_key,
        "description": line.description,
        "shares": [share_document(share, places, rates=rates) for share in part.shares],
    }


def share_document(share: Share, places: int, *, rates: bool) -> Document:
    """One worklog's part of a line. The rate only for those who may see rates."""
    document: Document = {
        "worklog": share.worklog_id,
        "issue_id": share.issue_id,
        "order": share.order,
        "order_line": share.order_line,
        "entry": share.entry.value,
        "seconds": share.seconds,
        "amount": text_from_money(share.amount, places),
        "work_date": share.work_date.isoformat(),
        "author": share.basis.author,
        "rate_rule": share.basis.rate_rule,
        "mapping_version": share.basis.mapping_version,
        "rules_version": share.basis.rules_version,
        "reverses": share.reverses,
        **_made_of(share),
    }
    basis = share.basis
    if basis.exchange_rate is not None:
        exchange = {"from": basis.rate_currency, "rate": str(basis.exchange_rate), "source": basis.exchange_source}
        document["exchange"] = exchange
    return {**document, "rate": None if basis.rate is None else str(basis.rate)} if rates else document


def _made_of(share: Share) -> Document:
    """What a share's cost is made of besides hours and rate, where anything is. None of it tells what anybody earns."""
    basis, found = share.basis, Document()
    if basis.rate_from is not None:
        found["rate_from"] = basis.rate_from.isoformat()
    if basis.known_since is not None:
        found["rate_known_since"] = basis.known_since.isoformat()
    if basis.premiums:
        found["premiums"] = [
            {"premium": part.name, "seconds": part.seconds, "factor": str(part.factor)} for part in basis.premiums
        ]
    if share.rounded:
        found["rounded_seconds"] = share.rounded
    if share.burden:
        found |= {"burden": share.burden, "percent": str(basis.percent)}
    return found


def coding_document(coding: Coding) -> Document:
    """A coding by its parts."""
    parts: Document = {
        "entity": coding.entity,
        "account": coding.account,
        "cost_center": coding.cost_center,
        "project": coding.project,
    }
    return {**parts, "dimensions": dict(coding.dimensions)} if coding.dimensions else parts


def budget_document(budget: Budget, digits: Digits) -> dict[str, str]:
    """A budget's figures as text, with their currency and what consumes it."""
    currency = budget.authorized.currency
    figures: Mapping[str, Money] = {
        name: getattr(budget, name) for name in ("authorized", "committed", "pending", "actual", "remaining")
    }
    return {
        "currency": currency,
        **{name: text_from_money(figure, digits(currency)) for name, figure in figures.items()},
        "consumed_by": budget.consumed_by.value,
    }


def finding_document(finding: Finding, digits: Digits) -> Document:
    """A finding with its money at stake, where it is known."""
    amount = finding.amount
    return {
        "code": finding.code,
        "subject": finding.subject,
        "severity": finding.severity.value,
        "message": finding.message,
        "remedy": finding.remedy,
        "owner": finding.owner,
        "amount": None if amount is None else text_from_money(amount, digits(amount.currency)),
        "currency": None if amount is None else amount.currency,
    }
