"""What an issue says, for machines, that its order authorizes. Goal: the ERP's own words, and no others."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from ml_connector.core.mapping import authorization, issue_of_line, issue_of_order, issue_of_project
from ml_connector.core.money import Money
from ml_connector.core.plan import issue_content
from ml_connector.core.records import Project
from worlds import digits, mapping, order

PAGE = Path(__file__).parents[2] / "docs" / "operating" / "costing.md"
SAYING = replace(mapping(), authorization_property="ml-connector.authorization")
TOLD = replace(order(amount=123_456), hours=Decimal("40.50"), begins=date(2026, 10, 1), ends=date(2026, 12, 31))


def test_an_order_says_money_hours_days_and_status() -> None:
    """As text with all decimals, so that no reader loses a digit."""
    assert authorization(TOLD, digits) == {
        "version": 1,
        "order": "1000/4500",
        "entity": "1000",
        "number": "4500",
        "line": None,
        "status": "open",
        "currency": "USD",
        "authorized": "1234.56",
        "hours": "40.50",
        "from": "2026-10-01",
        "to": "2026-12-31",
    }
    assert authorization(replace(TOLD, closed=True), digits)["status"] == "closed"


def test_a_line_says_its_own_amount_and_nothing_of_hours() -> None:
    """The ERP tells hours for the order alone."""
    line = replace(TOLD.lines[0], closed=True)
    said = authorization(TOLD, digits, line)
    assert (said["line"], said["status"], said["authorized"], said["hours"]) == ("1", "closed", "1234.56", None)


def test_the_page_lists_exactly_what_is_said() -> None:
    """Whoever reads the property finds each key explained."""
    text = PAGE.read_text(encoding="utf-8").split("## Work authorization")[1]
    assert re.findall(r"(?m)^\| `(\w+)` \|", text) == list(authorization(TOLD, digits))


def test_it_is_said_where_the_connection_asks_for_it_and_of_orders_alone() -> None:
    """Part of an issue's content, as JSON takes it: it is written again when it changes, and only then."""
    money = Money(0, "USD")
    issue = issue_of_order(TOLD, money, SAYING)
    said = issue_content(issue, SAYING)["authorization"]
    assert said == json.loads(json.dumps(said)) == authorization(TOLD, digits)
    assert issue_of_line(TOLD, TOLD.lines[0], "10", SAYING).authorization["line"] == "1"
    project = Project("1000/P", "P", "", "", "", True, "USD", None, None, money, money, money)  # noqa: FBT003 - active
    for other in (issue_of_order(TOLD, money, mapping()), issue_of_project(project, money, SAYING)):
        assert "authorization" not in issue_content(other, SAYING)
