"""The fit report finds every misfit planted in the vendors' books, with its price, and leaves both as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.acme import Acme
from engine.misfit_world import RULE_HELD, Books, changed, plant_hours, plant_orders
from ml_connector.cli import app, fitting
from ml_connector.demo.connection import NAME
from ml_connector.engine.fit import find_fit
from ml_connector.engine.run import recorded
from ml_connector.policy import currency_digits
from ml_connector.web.fit import fit_document, price

PLANTED_MIN = 20


@pytest.fixture
def command(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line on the installation of the test."""
    monkeypatch.setattr(fitting, "installation", lambda _directory: acme.installed)
    return CliRunner()


def report(acme: Acme) -> dict[str, object]:
    """The report as machines get it."""
    lane = acme.installed.lane(NAME)
    return fit_document(recorded(lane, lambda: find_fit(lane)), NAME, acme.clock.now(), currency_digits)


def test_every_planted_misfit_is_found_with_its_price(make_acme: Callable[..., Acme]) -> None:
    """More than twenty, each of its own kind, and none that was not planted."""
    acme = make_acme(empty=True, change=changed)
    books = Books(acme)
    planted = [*plant_orders(books), *plant_hours(acme, books)]
    document = report(acme)
    found = {(item["kind"], item["subject"]): price(item) for item in document["misfits"]}  # type: ignore[attr-defined]
    dimensions = {("unknown_account", "GL account 699999"), ("inactive_cost_center", "cost center LEGACY")}
    assert {key: found.get(key) for key in found.keys() - dimensions} == {
        (each.kind, each.subject): each.price for each in planted
    }
    assert len({each.kind for each in planted}) >= PLANTED_MIN
    rules = [(each["rule"], each["outcome"], each["amounts"]["USD"]) for each in document["rules"]]  # type: ignore[attr-defined]
    assert RULE_HELD in rules


def test_the_report_writes_to_neither_vendor(acme: Acme) -> None:
    """Everything that the sandbox counted reads, but for the sign-in."""
    acme.sync()
    acme.calls()
    report(acme)
    assert acme.writes() == []


def test_coverage_is_told_in_records_and_in_money(acme: Acme, command: CliRunner) -> None:
    """The unmapped orders of the seed, as the vendor's own books add them up."""
    answer = command.invoke(app, ["fit", "--json"])
    assert answer.exit_code == 0, answer.output
    row = json.loads(answer.stdout)["coverage"][0]
    held = [item for item in acme.orders(closed=False, company="1000") if _unmapped(item)]
    worth = sum(
        (Decimal(line["quantity"]) * Decimal(line["unit_cost"]) for item in held for line in item["lines"]), Decimal(0)
    )
    assert (row["total"], row["unmapped"]) == (len(acme.orders(closed=False)), len(held))
    assert Decimal(row["amounts"]["USD"]["unmapped"]) == worth


def _unmapped(order: dict[str, object]) -> bool:
    parts = [line["distributions"] for line in order["lines"]]  # type: ignore[attr-defined]
    each = [part for distributions in parts for part in distributions]
    return not all(parts) or any(not part["project"] or part["cost_center"] == "LEGACY" for part in each)


def test_the_gate_fails_a_build_where_too_much_is_unmapped(acme: Acme, command: CliRunner) -> None:
    """0 within the allowance, 1 beyond it, 4 for what is no percentage."""
    del acme
    for gate, code in (("100", 0), ("5", 1), ("x", 4), ("101", 4)):
        assert command.invoke(app, ["fit", "--gate", gate]).exit_code == code


def test_the_page_stands_alone_and_holds_every_misfit(acme: Acme, command: CliRunner, tmp_path: Path) -> None:
    """Rules for print, nothing loaded from anywhere."""
    file = tmp_path / "fit.html"
    answer = command.invoke(app, ["fit", "--html", str(file)])
    page = file.read_text(encoding="utf-8")
    assert answer.exit_code == 0
    assert "@media print" in page
    assert " src=" not in page
    assert " href=" not in page
    for subject in ("GL", f"Fit of {NAME}", *(item["subject"] for item in report(acme)["misfits"])):  # type: ignore[attr-defined]
        assert subject in page
