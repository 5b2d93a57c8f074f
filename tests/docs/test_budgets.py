"""The worked examples on the page about budgets are what the product computes."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ml_connector.core.budget import Budget, LaborSum, budget_of_order, budget_of_project
from ml_connector.core.ledger import State
from ml_connector.core.money import Money, text_from_money
from ml_connector.core.records import OrderLine, Project, PurchaseOrder

PAGE = Path(__file__).parents[2] / "docs" / "operating" / "budgets.md"
BLOCKS = [tomllib.loads(block) for block in re.findall(r"(?s)```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"))]
EXAMPLES = [block for block in BLOCKS if "figures" in block]
FIGURES = ("committed", "pending", "actual", "remaining")
VENDOR = "SVC"
LABOR = "STD"


def money(text: str) -> Money:
    """Dollars of the page."""
    return Money(int(Decimal(text).scaleb(2)), "USD")


def order_of(given: dict[str, Any]) -> PurchaseOrder:
    """The order of an example."""
    line = OrderLine("1", "Work", Decimal(1), money(given["authorized"]))
    return PurchaseOrder(
        key="1000/1",
        entity="1000",
        number="1",
        vendor="",
        buyer="",
        description="",
        currency="USD",
        ordered=None,
        closed=given.get("closed", False),
        lines=(line,),
        type=VENDOR if given["budget"] == "vendor_spend" else LABOR,
        invoiced=money(given["invoiced"]) if "invoiced" in given else None,
    )


def labor_of(given: dict[str, Any]) -> list[LaborSum]:
    """The labor of an example: `proposed` is what no posting carries yet."""
    return [
        LaborSum("1000/1", "P-1", None if state == "proposed" else State(state), money(amount))
        for state, amount in given.get("labor", {}).items()
    ]


def budget_of(example: dict[str, Any]) -> Budget:
    """The figures as the product computes them."""
    order, labor = order_of(example["order"]), labor_of(example["order"])
    if "project" not in example:
        return budget_of_order(order, labor, {VENDOR})
    told = {name: money(amount) for name, amount in example["project"].items()}
    project = Project(
        key="G/P-1",
        number="P-1",
        description="",
        status="",
        type="",
        active=True,
        currency="USD",
        begins=None,
        ends=None,
        budget=told["budget"],
        actual=told["actual"],
        commitment=told["commitment"],
    )
    holds = {} if order.type == VENDOR else {order.key: order.authorized}
    return budget_of_project(project, labor, holds)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(1, len(EXAMPLES) + 1))
def test_an_example_of_the_page_is_what_is_computed(example: dict[str, Any]) -> None:
    """Each figure to the cent, and what consumes it."""
    found = budget_of(example)
    figures = {name: text_from_money(getattr(found, name), 2) for name in FIGURES}
    expected = {name: text for name, text in example["figures"].items() if name != "also_invoiced"}
    assert {**figures, "consumed_by": found.consumed_by.value} == expected


@pytest.mark.parametrize("example", EXAMPLES, ids=range(1, len(EXAMPLES) + 1))
def test_no_amount_of_an_example_stands_in_two_figures(example: dict[str, Any]) -> None:
    """Committed, pending and actual make up the whole, unless it is closed or overdrawn."""
    found = budget_of(example)
    if not example["order"].get("closed") and found.remaining.minor >= 0 and "project" not in example:
        assert found.committed + found.pending + found.actual == found.authorized


def test_the_page_has_examples_of_both_kinds() -> None:
    """The examples are found, and cover both declarations for orders and projects."""
    kinds = {(example["order"]["budget"], "project" in example) for example in EXAMPLES}
    assert kinds == {(budget, project) for budget in ("labor", "vendor_spend") for project in (False, True)}
