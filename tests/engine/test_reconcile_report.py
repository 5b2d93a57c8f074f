"""The report of a tie-out: what people, spreadsheets and scripts get, and the exit code that a script waits for."""

from __future__ import annotations

import csv
import io
import json
import threading
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from engine.acme import START, Acme
from ml_connector.bootstrap import embedded_loop
from ml_connector.cli import app, closing
from ml_connector.demo.connection import NAME
from ml_connector.engine.loop import Due
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded
from ml_connector.policy import currency_digits
from ml_connector.store import postings, runs
from ml_connector.web.reconciliation import differences_csv, reconciliation_document, reconciliation_page

YESTERDAY = START.date() - timedelta(days=1)


@pytest.fixture
def command(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line on the installation of the test."""
    monkeypatch.setattr(closing, "installation", lambda _directory: acme.installed)
    return CliRunner()


def with_missing_hours(acme: Acme) -> str:
    """One worklog that is owed and not posted; its id."""
    acme.sync()
    order = acme.chargeable()
    worklog = acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
    acme.clock.advance(90)
    return str(worklog["id"])


def test_the_exit_code_tells_whether_the_books_agree(acme: Acme, command: CliRunner) -> None:
    """0 where they agree, 1 where they differ, 4 for a period that is none."""
    acme.sync()
    agreed = command.invoke(app, ["reconcile"])
    assert (agreed.exit_code, "The books agree." in agreed.stdout) == (0, True), agreed.output
    with_missing_hours(acme)
    differs = command.invoke(app, ["reconcile"])
    assert (differs.exit_code, "1 differences" in differs.stdout) == (1, True), differs.output
    assert command.invoke(app, ["reconcile", "--period", "2026-10"]).exit_code == 0
    assert command.invoke(app, ["reconcile", "--period", "2026-13"]).exit_code == 4


def test_machines_get_every_difference_with_its_figures(acme: Acme, command: CliRunner) -> None:
    """JSON on standard output, and the same lines in the CSV file."""
    worklog = with_missing_hours(acme)
    file = acme.directory / "differences.csv"
    answer = command.invoke(app, ["reconcile", "--json", "--csv", str(file)])
    document = json.loads(answer.stdout)
    (item,) = document["differences"]
    assert (item["type"], item["subject"], item["amount"], item["currency"], item["seconds"], item["age_days"]) == (
        "missing_posting",
        f"worklog {worklog}",
        "96.50",
        "USD",
        3600,
        0,
    )
    assert [(row["owed"], row["ledger"], row["gl"], row["difference"]) for row in document["totals"]] == [
        ("96.50", "0.00", "0.00", "96.50")
    ]
    (line,) = csv.DictReader(io.StringIO(file.read_text()))
    assert (line["type"], line["subject"], line["amount"], line["seconds"]) == (
        "missing_posting",
        f"worklog {worklog}",
        "96.50",
        "3600",
    )


def test_the_page_stands_alone_and_prints(acme: Acme, command: CliRunner) -> None:
    """Title, as-of time, totals and differences; rules for print; nothing loaded from anywhere."""
    worklog = with_missing_hours(acme)
    file = acme.directory / "close.html"
    command.invoke(app, ["reconcile", "--period", "2026-11", "--html", str(file)])
    page = file.read_text()
    assert page.startswith("<!doctype html>")
    for part in (
        "<title>Reconciliation of demo 2026-11</title>",
        "as of 2026-11-18 ",
        "@media print",
        worklog,
        "96.50",
    ):
        assert part in page, part
    tags = Tags()
    tags.feed(page)
    assert not tags.loaded
    assert not tags.open


class Tags(HTMLParser):
    """What a page loads, and what it leaves open."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what is opened."""
        self.loaded += [tag for name, _ in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note what is closed."""
        assert self.open.pop() == tag


def test_what_the_erp_says_is_text_on_the_page_and_no_formula_in_the_file(acme: Acme) -> None:
    """A coding that somebody made up as markup or as a formula stays what it is: text."""
    with_missing_hours(acme)
    acme.post()
    acme.world.cloudsuite.ledger._lines[0].fields["RunGroup"] = "MLC-<b>x"
    acme.world.cloudsuite.ledger._lines[0].fields["AccountingUnit"] = "=1+1"
    lane = acme.installed.lane(NAME)
    document = reconciliation_document(recorded(lane, lambda: reconcile(lane)), currency_digits)
    page = reconciliation_page(document)
    assert "MLC-&lt;b&gt;x" in page
    assert "<b>" not in page
    cells = [cell for row in csv.reader(io.StringIO(differences_csv(document))) for cell in row]
    assert "'=1+1" in cells
    assert not any(cell.startswith("=") for cell in cells)


def test_postings_of_another_connection_are_not_unknown(acme: Acme) -> None:
    """Two connections of one installation may share the prefix: each knows its own lines, and neither reports both."""
    with_missing_hours(acme)
    acme.post()
    acme.control("POST", "/cloudsuite/post")
    with acme.installed.database.read() as tx:
        references = {posting.reference for posting in postings.everything(tx, NAME)}
        assert postings.of_others(tx, "neighbour", references) == references != set()
        assert postings.of_others(tx, NAME, references) == set()


def test_the_schedule_reconciles_when_it_is_due_and_only_then(acme: Acme) -> None:
    """A run beside a tie-out once a day, a run alone in between."""
    loop = embedded_loop(acme.installed, threading.Event())
    now = acme.clock.now()
    for tied_out in (True, False):
        due = loop.due.setdefault(NAME, Due(now, now, now))
        before = finished(acme)
        due.cycle = acme.clock.now()
        loop.start_due()
        for thread in loop.threads:
            thread.join()
        assert finished(acme) - before == (2 if tied_out else 1)
        assert due.reconcile == now + timedelta(days=1)
        acme.clock.advance(60)


def finished(acme: Acme) -> int:
    """How many runs of the lane went well."""
    with acme.installed.database.read() as tx:
        return sum(run.outcome == "done" for run in runs.recent(tx, NAME, 100))
