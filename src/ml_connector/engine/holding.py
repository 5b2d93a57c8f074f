"""The hold queue: everything that waits for a person, why, since when, and how much money waits with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection as Transaction

from ml_connector.core.document import Document, finding_document
from ml_connector.core.labor import hours_text
from ml_connector.core.money import Digits
from ml_connector.core.records import Finding, Severity
from ml_connector.store import findings, holds, worklogs

WORKLOG = "worklog "
"""How the subject of a finding about one entry begins."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work that waits. `seconds` are the hours of the entry that it is about, None where it is about something else."""

    finding: Finding
    since: datetime
    seconds: int | None = None
    reference: str = ""

    def document(self, digits: Digits, now: datetime) -> Document:
        """As JSON takes it."""
        worklog = self.finding.subject.removeprefix(WORKLOG) if self.seconds is not None else ""
        return {
            **finding_document(self.finding, digits),
            "worklog": worklog,
            "hours": None if self.seconds is None else hours_text(self.seconds),
            "reference": self.reference,
            "since": self.since.isoformat(),
            "age_days": max((now - self.since).days, 0),
        }


def queue(tx: Transaction, connection: str) -> list[Waiting]:
    """Everything that waits, oldest first, as the last run left it; what CloudSuite has refused since, too."""
    refused = {f"{WORKLOG}{hold.worklog_id}": hold for hold in holds.listing(tx, connection)}
    found = [item for item in findings.open_findings(tx, connection) if item.finding.severity is Severity.HOLD]
    seconds = _seconds(tx, connection, [item.finding.subject for item in found] + list(refused))
    waiting = [
        Waiting(
            item.finding,
            item.first_seen,
            seconds.get(item.finding.subject),
            refused[item.finding.subject].reference if item.finding.subject in refused else "",
        )
        for item in found
    ]
    told = {item.finding.subject for item in found}
    waiting += [
        Waiting(_refusal(subject, hold), hold.held_at, seconds.get(subject), hold.reference)
        for subject, hold in refused.items()
        if subject not in told
    ]
    return sorted(waiting, key=lambda item: (item.since, item.finding.subject))


def _seconds(tx: Transaction, connection: str, subjects: list[str]) -> dict[str, int]:
    ids = {subject.removeprefix(WORKLOG) for subject in subjects if subject.startswith(WORKLOG)}
    held = worklogs.by_ids(tx, connection, ids)
    return {f"{WORKLOG}{item.worklog.id}": item.worklog.seconds for item in held}


def _refusal(subject: str, hold: holds.Hold) -> Finding:
    return Finding(
        "refused_by_erp",
        subject,
        f"CloudSuite refused its line: {hold.reason}.",
        f"Correct the cause, then release it with `ml-connector holds release {hold.worklog_id}`.",
        owner="finance analyst",
    )
