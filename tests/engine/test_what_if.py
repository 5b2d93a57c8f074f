"""A past period under other settings. Goal: each difference to the cent, and not a byte written anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from engine.acme import START, Acme
from ml_connector.cli import app
from ml_connector.demo.connection import NAME
from ml_connector.store.tables import metadata

YESTERDAY = START.date() - timedelta(days=1)
MONTH = f"{YESTERDAY:%Y-%m}"


@pytest.fixture
def logged(acme: Acme) -> Acme:
    """Three hours posted and one hour waiting, on one order; one hour a month ago."""
    acme.sync()
    order = acme.chargeable()
    issue = acme.issue_of(f"{order['company']}/{order['number']}")
    acme.log(issue, 3 * 3600, YESTERDAY)
    acme.post()
    acme.log(issue, 3600, YESTERDAY)
    acme.log(issue, 3600, YESTERDAY - timedelta(days=31))
    acme.sync()
    return acme


def rates_of(acme: Acme) -> list[str]:
    """The rates of the connection as its file says them, one text each."""
    text = acme.installed.home.connection_file(NAME).read_text(encoding="utf-8")
    return [f"[[rate]]{part.split('[[')[0]}" for part in text.split("[[rate]]")[1:]]


def card(acme: Acme, amount: str) -> Path:
    """A file with nothing but the rates, at another amount."""
    lines = "\n".join(rates_of(acme)).splitlines()
    raised = [f'amount = "{amount}"' if line.startswith("amount = ") else line for line in lines]
    file = acme.directory / "card.toml"
    file.write_text("\n".join(raised), encoding="utf-8")
    return file


def asked(acme: Acme, file: Path, *options: str) -> dict[str, Any]:
    """What the command answers."""
    done = CliRunner().invoke(app, ["plan", "--dir", str(acme.directory), "--with", str(file), "--json", *options])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def everything(acme: Acme) -> object:
    """All that the store holds and all that the vendors hold."""
    with acme.installed.database.read() as tx:
        rows = {table.name: [tuple(row) for row in tx.execute(table.select())] for table in metadata.sorted_tables}
    books = {name: acme.control("GET", f"/books/{name}") for name in ("gl", "issues", "worklogs", "orders")}
    return rows, books


def test_a_raised_rate_shows_on_every_line_and_in_the_total(logged: Acme) -> None:
    """Posted and waiting hours alike: five hours at 999.00 beside what they cost now."""
    found = asked(logged, card(logged, "999.00"))
    (total,) = found["totals"].values()
    assert (found["worklogs"], found["changed"]) == (3, 3)
    assert total["after"] == "4995.00"
    before = sum(float(line["before"]["amount"]) for each in found["changes"] for line in each["lines"])
    assert f"{before:.2f}" == total["before"]
    posted = [each for each in found["changes"] if each["posted"]]
    assert [line["after"]["amount"] for each in posted for line in each["lines"]] == ["2997.00"]


@pytest.mark.parametrize("options", [("--period", MONTH), ("--from", YESTERDAY.isoformat())])
def test_only_the_period_that_is_asked_about_counts(logged: Acme, options: tuple[str, ...]) -> None:
    """The hour of a month ago is left out."""
    assert asked(logged, card(logged, "999.00"), *options)["worklogs"] == 2


def test_the_same_settings_change_nothing(logged: Acme) -> None:
    """The connection's own file as the other mapping: no line, no difference."""
    found = asked(logged, logged.installed.home.connection_file(NAME))
    (total,) = found["totals"].values()
    assert (found["changed"], total["difference"]) == (0, "0.00")
    assert found["mapping_version"]["before"] == found["mapping_version"]["after"]


def test_nothing_is_written_and_no_vendor_is_called(logged: Acme) -> None:
    """The store and both vendors are what they were, row by row, and nobody was asked anything."""
    file = card(logged, "999.00")
    before = everything(logged)
    logged.calls()
    asked(logged, file)
    calls = logged.calls()
    assert (calls["jira"], calls["cloudsuite"]) == ({}, {})
    assert everything(logged) == before


def test_a_rule_that_would_hold_hours_takes_their_cost_out(logged: Acme) -> None:
    """What the new rule would have stopped is named with it."""
    file = logged.directory / "rules.toml"
    rule = 'name = "short"\nwhen = "worklog.hours > 2.0"\nthen = "hold"\nmessage = "Long"\nremedy = "Split it"\n'
    file.write_text(f"[[rule]]\n{rule}", encoding="utf-8")
    (only,) = asked(logged, file)["changes"]
    assert only["held_after"]["code"] == "rule:short"
    assert [line["after"]["amount"] for line in only["lines"]] == ["0.00"]


def test_a_mistake_in_the_other_file_is_told_of_that_file(logged: Acme) -> None:
    """Its line, and exit code 2."""
    file = logged.directory / "wrong.toml"
    file.write_text('[[rate]]\namount = 85.5\ncurrency = "USD"\nfrom = 2026-01-01\n', encoding="utf-8")
    done = CliRunner().invoke(app, ["plan", "--dir", str(logged.directory), "--with", str(file)])
    assert done.exit_code == 2
    assert "wrong.toml:2: rate.amount: is a bare number" in done.stderr.replace("\n", "")


def test_people_see_a_table(logged: Acme) -> None:
    """The total difference stands below the lines."""
    done = CliRunner().invoke(
        app, ["plan", "--dir", str(logged.directory), "--with", str(card(logged, "999.00"))], terminal_width=200
    )
    assert "difference" in done.stdout
    assert "3 of 3 entries" in done.stdout


def test_a_period_that_nobody_declared_is_refused(make_acme: Callable[..., Acme]) -> None:
    """A misspelled period would show no difference at all."""
    acme = make_acme()
    file = acme.installed.home.connection_file(NAME)
    done = CliRunner().invoke(app, ["plan", "--dir", str(acme.directory), "--with", str(file), "--period", "P13"])
    assert done.exit_code == 4
