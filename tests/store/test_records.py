"""The rest of what is remembered: rows, worklogs, bindings, plans, findings, holds, people, runs, the trail."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from ml_connector.core.money import Money
from ml_connector.core.records import Finding, Kind, Row, Severity
from ml_connector.errors import Refused
from ml_connector.store import audit, bindings, erp_rows, findings, holds, plans, principals, runs, worklogs
from ml_connector.store.database import Database
from ml_connector.store.principals import Principal
from worlds import NOW, digits, worklog

LATER = NOW + timedelta(hours=1)


def test_a_row_that_says_the_same_again_is_no_news(database: Database) -> None:
    """Only changed content names its owner."""
    row = Row(Kind.ORDER_LINE, "1000/1/1", "1000/1", {"quantity": "1"})
    with database.begin() as tx:
        assert erp_rows.take(tx, "acme", [row], NOW) == {"1000/1"}
        assert erp_rows.take(tx, "acme", [row], LATER) == set()
        assert erp_rows.take(tx, "acme", [replace(row, fields={"quantity": "2"})], LATER) == {"1000/1"}
        assert erp_rows.take(tx, "acme", [replace(row, fields={"quantity": "2"}, deleted=True)], LATER) == {"1000/1"}
        assert [found.deleted for found in erp_rows.of_owners(tx, "acme", ["1000/1"])] == [True]


def test_an_older_version_of_a_worklog_never_replaces_a_newer_one(database: Database) -> None:
    """Late answers do not turn back time; a moved worklog touches both of its issues."""
    first = worklog("1", "2")
    second = replace(first, issue_id="11", seconds=60, updated=first.updated + timedelta(minutes=5))
    with database.begin() as tx:
        assert worklogs.take(tx, "acme", [second], NOW) == {"11"}
        assert worklogs.take(tx, "acme", [first], NOW) == set()
        assert [item.worklog for item in worklogs.by_ids(tx, "acme", ["1"])] == [second]
        newer = replace(second, issue_id="12", updated=second.updated + timedelta(minutes=5))
        assert worklogs.take(tx, "acme", [newer], NOW) == {"11", "12"}


def test_a_worklog_that_cannot_be_seen_is_not_deleted(database: Database) -> None:
    """Invisible and deleted are told apart, deleted stays deleted, and what is seen again lives."""
    entry = worklog("1", "2")
    with database.begin() as tx:
        worklogs.take(tx, "acme", [entry], NOW)
        assert worklogs.mark_invisible(tx, "acme", ["1"], NOW) == {"10"}
        assert [item.state for item in worklogs.by_ids(tx, "acme", ["1"])] == ["invisible"]
        assert worklogs.mark_deleted(tx, "acme", ["1"], NOW) == {"10"}
        assert worklogs.mark_invisible(tx, "acme", ["1"], NOW) == set()
        assert worklogs.take(tx, "acme", [entry], NOW) == {"10"}
        assert [item.state for item in worklogs.of_issues(tx, "acme", ["10"])] == ["live"]


def test_an_issue_stands_for_one_record_of_a_site(database: Database) -> None:
    """A binding goes from intent to issue, is found from both sides, and an intent that was refused is forgotten."""
    with database.begin() as tx:
        bindings.intend(tx, "acme", "site", Kind.PURCHASE_ORDER, "1000/1", "mlc-1", NOW)
        (intent,) = bindings.by_keys(tx, "acme", [(Kind.PURCHASE_ORDER, "1000/1")])
        assert (intent.issue_id, intent.state, intent.sent_at) == ("", bindings.INTENDED, NOW)
        bindings.bind(
            tx,
            "acme",
            Kind.PURCHASE_ORDER,
            "1000/1",
            issue_id="10",
            issue_key="PROC-1",
            jira_project="PROC",
            issue_type="Task",
            status="To Do",
            written={"summary": "x"},
        )
        bindings.forget(tx, "acme", Kind.PURCHASE_ORDER, "1000/1")
        (bound,) = bindings.by_issue_ids(tx, "acme", ["10"])
        assert (bound.erp_key, bound.state, bound.written) == ("1000/1", bindings.BOUND, {"summary": "x"})
        bindings.gone(tx, "acme", Kind.PURCHASE_ORDER, "1000/1")
        assert [item.state for item in bindings.all_bound(tx, "acme")] == [bindings.GONE]
        bindings.intend(tx, "acme", "site", Kind.PROJECT, "P1", "mlc-2", NOW)
        bindings.forget(tx, "acme", Kind.PROJECT, "P1")
        assert bindings.by_keys(tx, "acme", [(Kind.PROJECT, "P1")]) == []


def test_a_newer_proposal_supersedes_an_older_one(database: Database) -> None:
    """Only the newest proposal waits, the same plan made again is the same proposal, and a prefix must be clear."""
    with database.begin() as tx:
        assert plans.keep(tx, "acme", "aaaaaa1", {"keys": []}, "anna", NOW)
        assert plans.keep(tx, "acme", "aaaaaa2", {"keys": []}, "anna", LATER)
        assert not plans.keep(tx, "acme", "aaaaaa2", {"keys": []}, "anna", LATER)
        assert [plan.hash for plan in plans.by_state(tx, "acme", plans.PROPOSED)] == ["aaaaaa2"]
        with pytest.raises(Refused, match="more than one plan"):
            plans.find(tx, "acme", "aaaaaa")
        plans.approve(tx, "aaaaaa2", "ben", LATER)
        plans.approve(tx, "aaaaaa2", "ben", LATER)
        assert [item.approver for item in plans.approvals(tx, "aaaaaa2")] == ["ben"]
        assert plans.find(tx, "acme", "aaaaaa2").state == plans.APPROVED


def test_a_finding_stays_until_the_work_that_found_it_finds_it_no_more(database: Database) -> None:
    """A look at one subject does not resolve a finding about another; a repeated finding keeps its first day."""
    one = Finding("over_budget", "project P1", "m", "r", Severity.WARN, amount=Money(120, "USD"))
    two = Finding("no_rate", "worklog 7", "m", "r")
    with database.begin() as tx:
        findings.record(tx, "acme", "sync", [one, two], NOW)
        findings.record(tx, "acme", "sync", [], LATER, {"project P2"})
        findings.record(tx, "acme", "sync", [two], LATER, {"project P1", "worklog 7"})
        (left,) = findings.open_findings(tx, "acme")
        assert (left.finding, left.first_seen, left.last_seen) == (two, NOW, LATER)
        findings.record(tx, "acme", "sweep", [one], LATER)
        findings.record(tx, "acme", "sync", [], LATER)
        (swept,) = findings.open_findings(tx, "acme")
        assert swept.document(digits)["amount"] == "1.20"


def test_a_held_worklog_is_held_until_it_is_let_go(database: Database) -> None:
    """A newer refusal takes the place of an older; letting go works once."""
    with database.begin() as tx:
        holds.hold(tx, "acme", "7", "f1", "no such account", "MLC-1", NOW)
        holds.hold(tx, "acme", "7", "f2", "closed period", "MLC-2", LATER)
        assert holds.held(tx, "acme", ["7", "8"])["7"].reason == "closed period"
        assert [item.worklog_id for item in holds.listing(tx, "acme")] == ["7"]
        assert (holds.release(tx, "acme", "7"), holds.release(tx, "acme", "7")) == (True, False)


def test_a_person_is_known_by_their_token_alone(database: Database) -> None:
    """The token is nowhere in the database, another finds nobody, and a name is taken once."""
    with database.begin() as tx:
        anna = Principal("anna", frozenset({"approver", "rates"}), "acc-1")
        token = principals.add(tx, anna)
        assert principals.by_token(tx, token) == anna
        assert principals.by_token(tx, token + "x") is None
        assert principals.listing(tx) == [anna]
        with pytest.raises(Refused, match="anna already"):
            principals.add(tx, anna)
        stored = tx.scalars(text("SELECT token_hash FROM principals")).all()
        assert token not in stored


def test_a_run_is_kept_with_what_came_of_it(database: Database) -> None:
    """A run under way has no end; the newest comes first."""
    with database.begin() as tx:
        runs.end(tx, runs.begin(tx, "acme", NOW), LATER, "done", {"message": ""})
        runs.begin(tx, "acme", LATER)
        newest, oldest = runs.recent(tx, "acme", 5)
        assert (newest.ended, newest.outcome) == (None, "")
        assert (oldest.ended, oldest.outcome) == (LATER, "done")


class Forgotten(Exception):
    """Ends a transaction of which nothing is to be kept."""


UNPROTECTED = {
    "sqlite": ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"),
    "postgresql": ("DROP TRIGGER audit_protected ON audit",),
}
"""What somebody who owns the database can do to the triggers."""


def test_a_change_of_the_past_shows_in_the_trail(database: Database) -> None:
    """The chain holds as written; with the triggers taken off, a changed, removed or added entry is named."""
    with database.begin() as tx:
        for number in range(4):
            audit.append(tx, NOW, "anna", "plan_approved", f"plan {number}", {"n": number})
        assert (audit.verify(tx), audit.count(tx)) == (None, 4)
    tampering = {
        "UPDATE audit SET actor = 'ben' WHERE seq = 2": 2,
        "DELETE FROM audit WHERE seq = 3": 3,
        "UPDATE audit SET hash = previous WHERE seq = 1": 1,
    }
    for statement, first in tampering.items():
        with suppress(Forgotten), database.begin() as tx:
            for command in UNPROTECTED[tx.dialect.name]:
                tx.execute(text(command))
            tx.execute(text(statement))
            assert audit.verify(tx) == first
            raise Forgotten
    with database.read() as tx:
        assert audit.verify(tx) is None
