"""Customer rules on a whole installation. Goal: what a rule stops is not in the ledger, and everybody knows why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from engine.acme import START, Acme
from engine.ledger_oracle import owed
from ml_connector.cli import app
from ml_connector.demo.connection import NAME
from ml_connector.engine.planning import plan_all
from ml_connector.engine.run import recorded
from ml_connector.store import findings as finding_store

YESTERDAY = START.date() - timedelta(days=1)
RULE = """
[[rule]]
name = "long-entry"
when = "worklog.hours > 3.0"
then = "{then}"
message = "An entry of more than three hours"
remedy = "Split it"
"""


def ruled(then: str) -> Callable[[str], str]:
    """A connection with one rule."""
    return lambda text: text + RULE.format(then=then)


def issue(acme: Acme) -> str:
    """The issue of an order that can be charged."""
    order = acme.chargeable()
    return acme.issue_of(f"{order['company']}/{order['number']}")


def logged(made: Acme, hours: int = 4) -> str:
    """An entry of so many hours, yesterday; its id."""
    made.sync()
    return str(made.log(issue(made), hours * 3600, YESTERDAY)["id"])


def test_held_hours_stay_out_of_the_ledger_until_somebody_releases_them(make_acme: Callable[..., Acme]) -> None:
    """The finding has the money at stake; a release lets these very hours pass, and no others."""
    acme = make_acme(change=ruled("hold"))
    worklog = logged(acme)
    acme.post()
    assert not acme.labor()
    with acme.installed.database.read() as tx:
        (found,) = [item.finding for item in finding_store.open_findings(tx, NAME) if item.finding.code[:5] == "rule:"]
    assert (found.code, found.subject) == ("rule:long-entry", f"worklog {worklog}")
    assert found.amount is not None
    assert found.amount.minor > 0
    listed = CliRunner().invoke(app, ["holds", "list", "--dir", str(acme.directory)])
    assert worklog in listed.output
    done = CliRunner().invoke(app, ["holds", "release", worklog, "--dir", str(acme.directory)])
    assert done.exit_code == 0, done.output
    acme.post()
    assert acme.labor() == owed(acme) != {}
    assert "rule:long-entry" not in acme.findings().values()


def test_a_release_ends_when_the_hours_change(make_acme: Callable[..., Acme]) -> None:
    """Who answered for four hours did not answer for five."""
    acme = make_acme(change=ruled("hold"))
    worklog = logged(acme)
    acme.post()
    CliRunner().invoke(app, ["holds", "release", worklog, "--dir", str(acme.directory)])
    acme.as_person(acme.people[0], "PUT", f"/issue/{issue(acme)}/worklog/{worklog}", {"timeSpentSeconds": 5 * 3600})
    acme.post()
    assert not acme.labor()


def test_nobody_releases_what_a_rule_rejects(make_acme: Callable[..., Acme]) -> None:
    """The hours have to be changed; then they are posted."""
    acme = make_acme(change=ruled("reject"))
    worklog = logged(acme)
    acme.post()
    done = CliRunner().invoke(app, ["holds", "release", worklog, "--dir", str(acme.directory)])
    assert done.exit_code == 4
    acme.as_person(acme.people[0], "PUT", f"/issue/{issue(acme)}/worklog/{worklog}", {"timeSpentSeconds": 2 * 3600})
    acme.post()
    assert acme.labor() == owed(acme) != {}


@pytest.mark.parametrize("then", ["warn", "route"])
def test_routed_hours_never_pass_without_a_person(make_acme: Callable[..., Acme], then: str) -> None:
    """Under a threshold that lets the sum through, a warning passes and a routed entry waits for its approval."""
    acme = make_acme(change=lambda text: ruled(then)(text) + '\n[posting.approval]\nautomatic_below = "9999.00"\n')
    logged(acme)
    outcome = acme.sync()
    assert bool(acme.labor()) is (then == "warn")
    assert "rule:long-entry" in acme.findings().values()
    if then == "route":
        acme.approve_and_apply(outcome.proposal)
        assert acme.labor() == owed(acme) != {}


def test_comments_are_read_only_where_the_connection_says_so(make_acme: Callable[..., Acme]) -> None:
    """A rule can hold entries by their words; without the switch our database holds none."""
    of_comment = RULE.format(then="hold").replace("worklog.hours > 3.0", 'worklog.comment == \\"Work\\"')
    reading = make_acme(change=lambda text: text.replace("[jira]\n", "[jira]\ncomments = true\n", 1) + of_comment)
    logged(reading)
    reading.post()
    assert "rule:long-entry" in reading.findings().values()
    silent = make_acme()
    logged(silent)
    silent.sync()
    lane = silent.installed.lane(NAME)
    assert recorded(lane, lambda: plan_all(lane)).postings
    with silent.installed.database.read() as tx:
        assert tx.exec_driver_sql("select distinct comment from worklogs").scalars().all() == [""]


def test_the_default_pack_holds_hours_of_people_who_left(make_acme: Callable[..., Acme]) -> None:
    """Their last day counts, the day after it does not."""
    left = (YESTERDAY - timedelta(days=1)).isoformat()
    acme = make_acme(change=lambda text: text.replace("[[person]]\n", f"[[person]]\nleft = {left}\n"))
    logged(acme)
    acme.log(issue(acme), 7200, YESTERDAY - timedelta(days=1))
    acme.post()
    assert "rule:left-employee" in acme.findings().values()
    assert sum(Decimal(line["units"]) for line in acme.gl() if line["account"] != "219900") == 2
