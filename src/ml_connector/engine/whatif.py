"""A past period under other settings, from what we hold already: no vendor is called and nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ml_connector.core.document import Document, coding_document
from ml_connector.core.impact import Changed, ChangedLine, Impact, Side, Within, impact
from ml_connector.core.labor import CostPolicy, hours_text
from ml_connector.core.money import Digits, Money, text_from_money
from ml_connector.core.records import Finding
from ml_connector.engine.lane import Lane
from ml_connector.engine.world import all_keys, load_world


def what_if(lane: Lane, then: CostPolicy, within: Within) -> Document:
    """Everything that would differ by other settings, as JSON: who asks reads no more than what a plan shows."""
    with lane.database.read() as tx:
        world = load_world(tx, lane, all_keys(tx, lane), cooling=False)
    then = replace(then, posts_units=lane.policy.cost.posts_units)
    found = impact(world, lane.policy.cost, then, within)
    return impact_document(found, then.digits, world.issue_keys)


def impact_document(found: Impact, digits: Digits, issue_keys: Mapping[str, str]) -> Document:
    """What would differ: totals by currency, and every entry that changes."""
    return {
        "worklogs": found.worklogs,
        "changed": len(found.changed),
        "totals": {
            currency: {
                "before": text_from_money(Money(total.before, currency), digits(currency)),
                "after": text_from_money(Money(total.after, currency), digits(currency)),
                "difference": text_from_money(Money(total.after - total.before, currency), digits(currency)),
            }
            for currency, total in sorted(found.totals.items())
        },
        "changes": [_changed(each, digits, issue_keys) for each in found.changed],
    }


def _changed(each: Changed, digits: Digits, issue_keys: Mapping[str, str]) -> Document:
    worklog = each.work.worklog
    return {
        "worklog": worklog.id,
        "author": worklog.author,
        "issue": issue_keys.get(worklog.issue_id, worklog.issue_id),
        "order": each.work.order,
        "work_date": each.day.isoformat(),
        "posted": list(each.posted),
        "held_before": _held(each.held_before),
        "held_after": _held(each.held_after),
        "lines": [_line(line, digits(line.currency)) for line in each.lines],
    }


def _held(finding: Finding | None) -> Document | None:
    return None if finding is None else {"code": finding.code, "message": finding.message}


def _line(line: ChangedLine, places: int) -> Document:
    return {
        "order_line": line.order_line,
        **coding_document(line.coding),
        "currency": line.currency,
        "before": _side(line.before, line.currency, places),
        "after": _side(line.after, line.currency, places),
        "difference": text_from_money(line.difference, places),
    }


def _side(side: Side, currency: str, places: int) -> Document:
    return {
        "amount": text_from_money(Money(side.minor, currency), places),
        "hours": hours_text(side.seconds),
        "rate_rule": side.rate_rule,
    }
