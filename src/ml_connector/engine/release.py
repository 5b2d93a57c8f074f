"""Letting an entry pass the rules that hold it: a person answers for these very hours, until they change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Connection as Transaction

from ml_connector.core.labor import facts_of
from ml_connector.core.records import Severity
from ml_connector.errors import Refused
from ml_connector.store import audit, findings, lineage, releases, worklogs

RULE = "rule:"
"""How the code of a finding begins that a customer's rule made."""


@dataclass(frozen=True, slots=True)
class RuleHold:
    """A worklog that a rule holds, and the finding's words."""

    worklog_id: str
    rule: str
    reason: str


def held_by_rules(tx: Transaction, connection: str) -> list[RuleHold]:
    """Every worklog that waits because of a rule, as the last run left it."""
    found = []
    for item in findings.open_findings(tx, connection):
        finding = item.finding
        kind, _, worklog_id = finding.subject.partition(" ")
        if finding.code.startswith(RULE) and finding.severity is Severity.HOLD and kind == "worklog":
            found.append(RuleHold(worklog_id, finding.code.removeprefix(RULE), finding.message))
    return found


def release(
    tx: Transaction,
    connection: str,
    worklog_id: str,
    releasable: Collection[str],
    zone: tzinfo,
    actor: str,
    at: datetime,
) -> tuple[str, ...]:
    """Let a worklog pass the rules that hold it now; returns their names, none where no rule does.

    `releasable` are the rules that hold. Raises Refused for one that rejects: those hours have to be changed.
    """
    rules = sorted({each.rule for each in held_by_rules(tx, connection) if each.worklog_id == worklog_id})
    for rule in rules:
        if rule not in releasable:
            raise Refused(
                f"Rule {rule} rejects worklog {worklog_id}, and nobody can release it.",
                remedy="Have the entry corrected in Jira, or change the rule in the connection.",
            )
    found = worklogs.by_ids(tx, connection, [worklog_id])
    if not rules or not found:
        return ()
    worklog = found[0].worklog
    found_on = lineage.standing(tx, connection, [worklog.issue_id]).get(worklog.issue_id)
    place = found_on.binding.erp_key if found_on is not None and found_on.binding.order else ""
    facts = facts_of(worklog, place, zone)
    releases.release(tx, connection, worklog_id, rules, facts, actor, at)
    audit.append(tx, at, actor, "rule_released", f"worklog {worklog_id}", {"rules": rules})
    return tuple(rules)
