"""A newcomer's way on every product line: discover, configure, check, fit, and a first posting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from typer.testing import CliRunner

from conformance.lines import LINES
from conformance.trial import ORDER_FIELD, Trial, issues_of_orders, key_of
from engine.acme import JIRA_URL, START, build
from ml_connector.cli import app, discovery, fitting, onboard
from ml_connector.demo.connection import CLEARING_ACCOUNT, NAME
from ml_connector.engine.checkup import check
from ml_connector.settings import sample

CLOSED = "LEGACY"
"""The cost center of the books that takes no entries."""
YES = ("--yes", "--set", "rates=85.00 USD, 78.00 EUR, 11000 JPY")
UNTOLD = tuple(
    part
    for answer in ("entities=1000, 2000", f"clearing_account={CLEARING_ACCOUNT}", f"post_from={START:%Y-%m}-01")
    for part in ("--set", answer)
)
"""What a line has to be given that lists neither entities nor accounts nor periods."""


@pytest.fixture
def fresh(product: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    """Credentials, and a file that is the sample but for the product line's own tables."""
    line = LINES[product]

    def change(demo: str) -> str:
        file = tomlkit.parse(sample(NAME, jira_url=JIRA_URL, entities=("1000", "2000")))
        file["cloudsuite"] = tomlkit.parse(line.edit(demo))["cloudsuite"]
        return tomlkit.dumps(file)

    acme = build(tmp_path, product=line.product or product, change=change)
    acme.control("PUT", "/switches", line.switches)
    for command in (discovery, fitting, onboard):
        monkeypatch.setattr(command, "installation", lambda _directory: acme.installed)
    yield Trial(acme, product)
    acme.installed.database.close()


def told(*words: str) -> str:
    """What a command prints, once it has gone well."""
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    return found.output


def untouched(trial: Trial) -> bool:
    """Whether neither system's books have changed since they were seeded."""
    plain = {order["fields"][ORDER_FIELD] for order in trial.acme.orders()} == {""}
    return plain and not trial.ledger() and not trial.acme.control("GET", "/books/issues")


def configured(trial: Trial) -> None:
    """Everything is taken as it is proposed."""
    told("configure", *YES, *(() if trial.erp.entities() else UNTOLD))
    trial.acme.restart()


def _whole(line: Mapping[str, Any], *, judged: bool) -> bool:
    """Whether hours on a line of an order can be costed: `judged` where it is told that a cost center is closed."""
    parts = line["distributions"]
    return bool(parts) and all(part["project"] and not (judged and part["cost_center"] == CLOSED) for part in parts)


def test_what_is_proposed_passes_the_doctor_and_posts(fresh: Trial) -> None:
    """Nobody answers anything but the rates and what the line does not tell; an hour reaches the books."""
    acme = fresh.acme
    configured(fresh)
    lane, observed = acme.installed.watched_lane(NAME)
    assert [each for each in check(lane, observed) if not each.ok] == []
    assert untouched(fresh)
    acme.sync()
    place = next(
        key_of(order)
        for order in fresh.shown_orders()
        if (order["company"], order["currency"], order["closed"]) == ("1000", "USD", False)
        and all(_whole(line, judged=True) for line in order["lines"])
    )
    acme.log(issues_of_orders(acme)[place]["key"], 3600, START.date() - timedelta(days=1))
    acme.post()
    assert sum(line["amount_minor"] for line in fresh.ledger() if line["account"] != CLEARING_ACCOUNT) == 8500


def test_what_would_not_fit_is_told_before_anything_is_written(fresh: Trial) -> None:
    """The report counts the orders of the books that are open, and those of them that no hours can be costed on."""
    configured(fresh)
    told("discover")
    report = told("fit")
    tells = fresh.erp.capabilities.tells_dimensions
    orders = [order for order in fresh.shown_orders() if not order["closed"]]
    unfit = [order for order in orders if not all(_whole(line, judged=tells) for line in order["lines"])]
    assert f"{len(unfit)} of {len(orders)} open purchase orders unmapped" in report
    assert untouched(fresh)


def test_only_a_line_with_enterprise_groups_is_asked_for_one(fresh: Trial) -> None:
    """Where there is none, an answer to it is a mistake, and told as one."""
    found = CliRunner().invoke(app, ["configure", *YES, *UNTOLD, "--set", "enterprise_group=ACME"])
    assert found.exit_code == (0 if fresh.product == "fsm" else 2), found.output
    assert ("has none" in found.output) == (fresh.product != "fsm")
