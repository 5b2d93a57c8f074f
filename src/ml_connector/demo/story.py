"""The story, step by step: orders become issues, hours become cost, cost is approved, posted and corrected.

The product does here what the command line does, by the same calls. What it came to is read from the vendors' books.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ml_connector.bootstrap import (
    CLOUDSUITE,
    JIRA,
    Installation,
    create_installation,
    open_installation,
    serve_installation,
)
from ml_connector.clock import SystemClock
from ml_connector.core.document import Document, finding_document, plan_document
from ml_connector.demo import timesheets
from ml_connector.demo.connection import NAME, connection_file
from ml_connector.demo.screen import Screen
from ml_connector.demo.summary import books_table, summarize
from ml_connector.demo.vendors import Vendors, author_of, secret_for, vendors
from ml_connector.engine import proposal
from ml_connector.engine.lane import Lane
from ml_connector.engine.planning import plan_all
from ml_connector.engine.run import recorded, run_lane
from ml_connector.engine.sweep import sweep
from ml_connector.engine.sync import Outcome
from ml_connector.errors import InvariantBroken
from ml_connector.policy import currency_digits
from ml_connector.settings import Home
from ml_connector.store import principals
from ml_connector.store.principals import Principal
from ml_connector.web.tables import HASH_WIDTH, budgets_table, findings_table, plan_view

FEED_LAG_SECONDS = 90
"""Jira's feeds hold the last minute back: the demo moves both clocks past it instead of waiting."""
ANALYST = Principal("analyst", frozenset({"analyst", "rates"}), "")
CONTROLLER = Principal("controller", frozenset({"approver"}), "")
HOST, PORT = "127.0.0.1", 8080
EXTRA_SECONDS = 3600
STORY_LINES_SHOWN = 8


@dataclass(slots=True)
class Story:
    """Where the story plays, and how it is told."""

    directory: Path
    product: str
    screen: Screen
    clock: SystemClock = field(default_factory=SystemClock)
    jira_deployment: str = "cloud"

    @property
    def post_from(self) -> date:
        """The first of the month before this one: the older months are closed in the sandbox."""
        return (self.clock.now().date().replace(day=1) - timedelta(days=1)).replace(day=1)


def tell(story: Story, running: Vendors) -> tuple[Installation, Document]:
    """The whole story. Returns the installation it leaves behind, and the summary from the vendors' books."""
    installed = set_up(story, running)
    with story.screen.step("Reading purchase orders and projects from CloudSuite, creating issues in Jira") as step:
        first = run_lane(installed.lane(NAME, say=step.note), prepared_by=ANALYST.name)
    _show_written(story, first)
    logged = log_hours(story, running)
    with story.screen.step("Reading the hours, costing them, proposing journals") as step:
        outcome = _sync(story, running, installed.lane(NAME, say=step.note))
    _show_proposal(story, installed, outcome)
    _approve_and_post(story, installed, outcome, "Posting: staged, checked, released, read back")
    _finance_posts(story, running, installed)
    correct(story, running, logged)
    with story.screen.step("Reading the corrections, proposing reversals and replacements") as step:
        outcome = _sync(story, running, installed.lane(NAME, say=step.note))
    _show_proposal(story, installed, outcome)
    _approve_and_post(story, installed, outcome, "Posting the corrections")
    _show_budgets(story, installed)
    summary = summarize(running, story.post_from)
    story.screen.show(books_table(summary))
    return installed, summary


def set_up(story: Story, running: Vendors) -> Installation:
    """An installation as `init`, `connect` and `people add` make it, its connection file written for the sandbox."""
    with story.screen.step("Setting up a connection; both sets of credentials are tried, then stored encrypted"):
        home = Home(story.directory)
        create_installation(story.directory, NAME)
        home.connection_file(NAME).write_text(connection_file(running, story.post_from), encoding="utf-8")
        installed = open_installation(story.directory, story.clock)
        ionapi = Path(running.facts["cloudsuite"]["ionapi"]).read_text(encoding="utf-8")
        jira = secret_for(running.facts["jira"])
        installed.try_cloudsuite(NAME, ionapi)
        installed.try_jira(NAME, jira)
        installed.keep_secret(NAME, CLOUDSUITE, {"ionapi": ionapi})
        installed.keep_secret(NAME, JIRA, jira)
        with installed.database.begin() as tx:
            for principal in (ANALYST, CONTROLLER):
                principals.add(tx, principal)
    return installed


def log_hours(story: Story, running: Vendors) -> list[dict[str, Any]]:
    """Five people log three weeks of hours on the issues of open orders."""
    issues = [
        issue["key"] for issue in running.books("issues") if issue["project"] == "PROC" and issue["status"] != "Done"
    ]
    people = running.facts["jira"]["people"]
    entries = timesheets.plan_entries(people, sorted(issues), story.clock.now().date())
    with story.screen.step("Five people log three weeks of hours in Jira", len(entries)) as step:
        logged = timesheets.log(running, entries, step.tick)
        timesheets.start_work(running, sorted(issues)[:3], people[0])
    return logged


def correct(story: Story, running: Vendors, logged: list[dict[str, Any]]) -> None:
    """One entry that was posted is edited, another is deleted."""
    posted = {line["issue_reference"] for line in running.books("gl")}
    keys = {issue["id"]: issue["key"] for issue in running.books("issues")}
    edited, deleted = [entry for entry in logged if keys[entry["issueId"]] in posted][:2]
    people = {person["account_id"]: person for person in running.facts["jira"]["people"]}
    with story.screen.step("One person corrects an entry by an hour, another deletes one"):
        author = people[author_of(edited)]
        timesheets.edit(running, edited, edited["timeSpentSeconds"] + EXTRA_SECONDS, author)
        timesheets.delete(running, deleted, people[author_of(deleted)])


def _sync(story: Story, running: Vendors, lane: Lane) -> Outcome:
    story.clock.advance(FEED_LAG_SECONDS)
    running.control("POST", "/clock", {"advance_seconds": FEED_LAG_SECONDS})
    return run_lane(lane, prepared_by=ANALYST.name)


def _approve_and_post(story: Story, installed: Installation, outcome: Outcome, title: str) -> None:
    if not outcome.proposal:
        raise InvariantBroken("the demo's hours led to no proposal")
    with story.screen.step(f"The controller approves plan {outcome.proposal[:HASH_WIDTH]}"):
        proposal.approve(installed.lane(NAME), outcome.proposal, CONTROLLER)
    with story.screen.step(title) as step:
        lane = installed.lane(NAME, say=step.note)
        recorded(lane, lambda: proposal.apply(lane, outcome.proposal))
        run_lane(lane, prepared_by=ANALYST.name)


def _finance_posts(story: Story, running: Vendors, installed: Installation) -> None:
    with story.screen.step("Finance posts the released entries in CloudSuite; they are read back") as step:
        running.control("POST", "/cloudsuite/post")
        lane = installed.lane(NAME, say=step.note)
        recorded(lane, lambda: sweep(lane))


def _show_written(story: Story, outcome: Outcome) -> None:
    created, written = outcome.written.get("CreateIssue", 0), outcome.written.get("WriteFields", 0)
    story.screen.show(
        f"  {created} issues created; {written} records in CloudSuite now carry their issue key and what is left.\n"
    )


def _show_proposal(story: Story, installed: Installation, outcome: Outcome) -> None:
    document = plan_document(plan_all(installed.lane(NAME)), currency_digits)
    journals = [item for item in _operations(document) if item["operation"] == "post_journal"]
    for journal in journals:
        journal["lines"], journal["shown"] = _excerpt(journal["lines"])
    story.screen.show(plan_view({**document, "operations": journals, "findings": []}))
    if outcome.findings:
        story.screen.show(findings_table([finding_document(item, currency_digits) for item in outcome.findings]))


def _operations(document: Document) -> list[dict[str, Any]]:
    operations = document["operations"]
    assert isinstance(operations, list)
    return operations


def _excerpt(lines: list[Any]) -> tuple[list[Any], str]:
    """The first lines and the last, which is a credit, and words that say so."""
    if len(lines) <= STORY_LINES_SHOWN:
        return lines, ""
    words = f": the first {STORY_LINES_SHOWN - 1} and the last of {len(lines)} lines"
    return [*lines[: STORY_LINES_SHOWN - 1], lines[-1]], words


def _show_budgets(story: Story, installed: Installation) -> None:
    document = plan_document(plan_all(installed.lane(NAME)), currency_digits)
    budgets = document["budgets"]
    assert isinstance(budgets, list)
    touched = [line for line in budgets if line["pending"].strip("0.") or line["actual"].strip("0.")]
    as_of = installed.last_read(NAME)
    story.screen.show(budgets_table(touched[: 2 * STORY_LINES_SHOWN], as_of[:19].replace("T", " ")))


def tell_next(story: Story) -> None:
    """What to try next."""
    story.screen.show(
        "\nTry next:",
        "\n  make dev                      the same, kept running, with pages to log hours on",
        "\n  ml-connector demo --dir x     keep the installation; then: ledger, explain, budget, findings --dir x",
        "\n  ml-connector sandbox --dir y  only the vendors, for clients of your own",
        "\n  README.md                     connect your own systems",
    )


def play(story: Story, *, stay: bool) -> Document:
    """Start the vendors and tell the story; then, where asked, keep all of it running until Ctrl-C."""
    with vendors(story.directory / "sandbox", story.product, jira_deployment=story.jira_deployment) as running:
        installed, summary = tell(story, running)
        tell_next(story)
        if stay:
            story.screen.show(f"\nJira: {running.jira_url}   CloudSuite: {running.cloudsuite_url}   Ctrl-C ends it.")
            serve_installation(installed, HOST, PORT)
    return summary
