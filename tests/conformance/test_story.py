"""The same story on every product line: the same issues, the same costs, the same books, all equal to the oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

import pytest

from conformance.lines import BOOKS, LINES, WORDS
from conformance.trial import ORDER_FIELD, Trial, issues_of_orders, key_of
from engine.acme import START, Acme, build
from ml_connector.core.ledger import State
from ml_connector.core.reconcile import Discrepancy
from ml_connector.demo.connection import CLEARING_ACCOUNT, NAME
from ml_connector.demo.oracle import Books, Bucket, expected
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded
from ml_connector.errors import ConnectorError
from ml_connector.store import postings

POST_FROM = (START.date().replace(day=1) - timedelta(days=1)).replace(day=1)
PLAIN = "fsm"
"""The line that the others are held against."""
CYCLES = 6


def oracle(trial: Trial) -> Counter[Bucket]:
    """Hours times rates by the vendors' books alone, for the orders as this line can show them."""
    acme = trial.acme
    issues = issues_of_orders(acme)
    dimensions = acme.control("GET", "/books/dimensions")
    judged = trial.line.judged

    def codes(name: str) -> frozenset[str]:
        return frozenset(item["code"] for item in dimensions[name] if item["active"] or not judged)

    orders = [
        {**order, "fields": {ORDER_FIELD: issues[key_of(order)]["key"]}}
        for order in trial.shown_orders()
        if key_of(order) in issues
    ]
    people = [person["account_id"] for person in acme.people]
    books = Books(
        orders=orders,
        worklogs=acme.control("GET", "/books/worklogs"),
        people=people,
        active_cost_centers=codes("cost_centers"),
        active_accounts=codes("accounts"),
        post_from=POST_FROM,
        zone=UTC,
    )
    return expected(books)


def labor(trial: Trial) -> Counter[Bucket]:
    """What the books charge, by the same buckets."""
    sums: Counter[Bucket] = Counter()
    for line in trial.ledger():
        if line["account"] != CLEARING_ACCOUNT:
            where = tuple(line[name] for name in ("entity", "account", "cost_center", "project"))
            sums[(*where, line["posting_date"][:7], line["currency"])] += line["amount_minor"]
    return Counter({bucket: minor for bucket, minor in sums.items() if minor})


def remaining(trial: Trial) -> dict[str, Any]:
    """What each project's issue shows as remaining. The ERP converts labor in other currencies: these are left out."""
    currency = {each["project"]: each["currency"] for each in trial.acme.control("GET", "/books/projects")}
    mixed = {line["project"] for line in trial.ledger() if line["currency"] != currency.get(line["project"])}
    fields = [issue["fields"] for issue in trial.acme.control("GET", "/books/issues") if issue["type"] == "Epic"]
    shown = {each["ERP Project"]: each.get("Budget Remaining") for each in fields}
    return {project: amount for project, amount in shown.items() if project not in mixed}


def check_books(trial: Trial) -> None:
    """Nothing twice, everything balanced, and labor as the oracle has it."""
    lines = trial.ledger()
    twice = Counter((line["reference"], line["sequence"]) for line in lines)
    assert set(twice.values()) <= {1}
    sums: Counter[tuple[str, str, str]] = Counter()
    for line in lines:
        sums[line["reference"], line["entity"], line["currency"]] += line["amount_minor"]
    assert not any(sums.values())
    assert labor(trial) == oracle(trial)


def log_hours(acme: Acme) -> list[tuple[str, dict[str, Any]]]:
    """Three people log on the issue of every open order; returns the entries with their issues."""
    issues = issues_of_orders(acme)
    entries = []
    for place, order in enumerate(acme.orders(closed=False)):
        key = issues[key_of(order)]["key"]
        for person in range(3):
            seconds = 600 + (place * 3 + person) * 777 % 20000
            entries.append((key, acme.log(key, seconds, _day(place), person)))
    return entries


def _day(place: int) -> date:
    return START.date() - timedelta(days=1 + place % 15)


def post(acme: Acme) -> None:
    """Cycles and approvals until nothing is proposed any more."""
    for _ in range(CYCLES):
        if not acme.post().proposal:
            return
    raise AssertionError("there is always something left to post")


def correct(acme: Acme, entries: list[tuple[str, dict[str, Any]]], charged: set[str]) -> None:
    """One posted entry is edited, another is deleted."""
    ours = [(key, entry) for key, entry in entries if key in charged]
    (edited, first), (deleted, second) = ours[0], ours[4]
    person = {person["account_id"]: person for person in acme.people}
    body = {"timeSpentSeconds": first["timeSpentSeconds"] + 3600}
    path = f"/issue/{edited}/worklog/{first['id']}"
    acme.as_person(person[first["author"]["accountId"]], "PUT", path, body)
    acme.as_person(person[second["author"]["accountId"]], "DELETE", f"/issue/{deleted}/worklog/{second['id']}")


def read_back(trial: Trial) -> None:
    """Finance posts what waits for it, and the product reads that."""
    trial.acme.control("POST", "/cloudsuite/post")
    for sweeping in (False, True, False):
        trial.acme.sync(sweeping=sweeping)


def tell(trial: Trial) -> None:
    """Orders become issues, hours become cost, cost is approved, posted, corrected and tied out."""
    acme = trial.acme
    acme.sync()
    entries = log_hours(acme)
    post(acme)
    check_books(trial)
    before = list(trial.ledger())
    assert before
    acme.control("POST", "/cloudsuite/post")
    acme.sync(sweeping=True)
    correct(acme, entries, {line["issue_reference"] for line in before})
    post(acme)
    check_books(trial)
    now = {(line["reference"], line["sequence"]): line for line in trial.ledger()}
    for line in before:
        assert {**now[line["reference"], line["sequence"]], "status": line["status"]} == line


@dataclass(frozen=True, slots=True)
class End:
    """How the story ended on one line, without ids and references of its own."""

    issues: list[Mapping[str, Any]]
    costs: Counter[Bucket]
    books: Counter[tuple[str, ...]]


def end(trial: Trial) -> End:
    """Issues by what they stand for and show; costs; every ledger line by what it says."""
    shown = ("project", "type", "summary", "description", "status", "priority", "fields", "seconds_logged")
    issues = [
        {name: issue[name] for name in shown}
        for issue in trial.acme.control("GET", "/books/issues")
        if not issue["deleted"]
    ]
    coding = ("entity", "account", "cost_center", "project", "dimensions")
    says = (*coding, "amount_minor", "currency", "posting_date", "issue_reference")
    books = Counter(tuple(str(line[name]) for name in says) for line in trial.ledger())
    return End(sorted(issues, key=lambda issue: str(issue["summary"]) + str(issue["description"])), labor(trial), books)


def without_words(issues: list[Mapping[str, Any]]) -> list[str]:
    """Issues of orders by what they show, without the order's number and what is written about it."""
    shown = ("type", "status", "priority", "seconds_logged")
    return sorted(
        repr([*(issue[name] for name in shown), {**issue["fields"], "PO Number": ""}])
        for issue in issues
        if issue["project"] == "PROC"
    )


@pytest.fixture(scope="session")
def plain_end(tmp_path_factory: pytest.TempPathFactory) -> End:
    """How the story ends on the line that the others are held against."""
    trial = Trial(build(tmp_path_factory.mktemp(PLAIN), product=PLAIN), PLAIN)
    tell(trial)
    read_back(trial)
    found = end(trial)
    trial.acme.installed.database.close()
    return found


def test_the_story_ends_as_the_oracle_says_and_as_on_every_other_line(trial: Trial, plain_end: End) -> None:
    """Orders, hours, approval, posting, an edit, a deletion: to the cent, and to the word on the issues."""
    tell(trial)
    read_back(trial)
    found = end(trial)
    if BOOKS in LINES[trial.product].limits:
        assert len(found.issues) == len(plain_end.issues)
        assert labor(trial) == oracle(trial) != {}
        return
    if WORDS in LINES[trial.product].limits:
        assert without_words(found.issues) == without_words(plain_end.issues)
    else:
        assert found.issues == plain_end.issues
    assert found.costs == plain_end.costs
    assert found.books == plain_end.books


def test_the_three_books_agree_in_the_end(trial: Trial) -> None:
    """Jira's hours, our ledger and what CloudSuite shows tie out; left are hours of orders that cannot be charged."""
    tell(trial)
    lane = trial.acme.installed.lane(NAME)
    found = recorded(lane, lambda: reconcile(lane))
    assert found.foots
    assert found.unread == ()
    assert {each.type for each in found.differences} <= {Discrepancy.HELD}
    assert [row.gl_difference.minor for row in found.rows if row.gl_difference.minor] == []
    assert any(row.gl.minor for row in found.rows)


def test_the_line_says_in_the_books_which_issue_an_order_is(trial: Trial) -> None:
    """Where it writes, every order shows its issue's key; where it does not, no order shows any."""
    trial.acme.sync()
    issues = issues_of_orders(trial.acme)
    assert len(issues) == len(trial.acme.orders())
    shown = {key_of(order): order["fields"][ORDER_FIELD] for order in trial.acme.orders()}
    writes = trial.erp.capabilities.writes_fields
    assert shown == {order: issues[order]["key"] if writes else "" for order in shown}


def test_labor_that_finance_posted_is_counted_once(trial: Trial) -> None:
    """It is in the ERP's actuals, and neither on its way nor committed any more: budgets remain as before any hours."""
    trial.acme.sync()
    before = remaining(trial)
    log_hours(trial.acme)
    post(trial.acme)
    read_back(trial)
    found = remaining(trial)
    assert found == {project: before[project] for project in found}
    assert any(found.values()) == trial.erp.capabilities.tells_budgets


FAULTS = ("gateway_timeout_after_commit", "lost_answer", "server_error_after_commit", "lost_request")


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["stage", "validate", "release"])
def test_a_lost_answer_at_any_write_ends_in_the_same_books(trial: Trial, step: str, fault: str) -> None:
    """The service goes on by itself after the settle time, and nothing is in the books twice."""
    call = LINES[trial.product].calls.get(step)
    if call is None:
        able = trial.erp.capabilities
        assert not able.posts_journals or able.finance_posts or step == "validate"
        return
    acme = trial.acme
    acme.sync()
    log_hours(acme)
    proposal = acme.sync().proposal
    trial.strike(fault, call)
    try:
        acme.approve_and_apply(proposal)
    except ConnectorError:
        acme.restart()
    assert trial.struck(), "the fault never struck"
    for _ in range(CYCLES):
        trial.settle(trial.erp)
        post(acme)
    check_books(trial)
    assert labor(trial) != {}
    with acme.installed.database.read() as tx:
        assert not postings.by_states(tx, NAME, {State.IN_DOUBT})


def test_a_run_that_finds_nothing_new_writes_nothing(trial: Trial) -> None:
    """After the story, further cycles leave issues and books as they are."""
    tell(trial)
    read_back(trial)
    before = end(trial)
    trial.acme.clock.advance(timedelta(hours=1).total_seconds())
    assert trial.acme.sync(sweeping=True).written == {}
    assert not trial.acme.sync().proposal
    assert end(trial) == before
