"""Projects with their budget: found by POS100MI, their money from POS111MI, division by division."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ml_connector.core.money import decimal_from_text
from ml_connector.core.records import Kind, Row
from ml_connector.erp.m3.answers import Transaction, Values
from ml_connector.erp.m3.orders import custom_fields, order_key
from ml_connector.erp.m3.setup import Setup
from ml_connector.errors import Malformed

EVERYTHING = "*"
"""The query that every project fulfils. How M3's search spells it was never seen."""
ACTUAL, BUDGET = "OUAT", "BUAT"


def totals_of(project: Values, division: str) -> Transaction:
    """The transaction that lists a project's money by element and budget item."""
    fields = {"DIVI": division, "PROJ": project.get("PROJ", ""), "VERS": project.get("VERS", "")}
    return "LstTotal1", fields


def project_row(
    project: Values, totals: Sequence[Values], custom: Mapping[str, str], entity: str, currency: str, setup: Setup
) -> Row:
    """One project. Raises Malformed without its number, and where an amount is none."""
    number = project.get("PROJ", "")
    if not number:
        raise Malformed("M3 sent a project without its number.")
    items = _of_the_whole(project, totals)
    committed = [item for item in items if setup.commitment_item and item.get("IDEN") == setup.commitment_item]
    money = [item for item in items if item not in committed]
    key = order_key(entity, number)
    fields = {
        "number": number,
        "description": project.get("TX40", ""),
        "status": project.get("STAT", ""),
        "type": project.get("POTK", ""),
        "active": "false" if project.get("STAT", "") >= setup.closed_project_status else "true",
        "currency": currency,
        "begins": "",
        "ends": "",
        "budget": _sum(money, BUDGET, setup),
        "actual": _sum(money, ACTUAL, setup),
        "commitment": _sum(committed, ACTUAL, setup),
        "person": project.get("MPLE", ""),
    }
    return Row(Kind.PROJECT, key, key, {**fields, **custom_fields(custom)})


def _of_the_whole(project: Values, totals: Sequence[Values]) -> list[Values]:
    """The totals of the project's own element, which sums those below it; all of them where it has none."""
    own = [item for item in totals if item.get("ELNO") in (project.get("ELNO"), project.get("PROJ"))]
    return own or list(totals)


def _sum(items: Sequence[Values], name: str, setup: Setup) -> str:
    try:
        amounts = [decimal_from_text(setup.number(item.get(name, "")) or "0") for item in items]
    except ValueError:
        raise Malformed(f"M3 sent a budget total whose {name} is no number.") from None
    return format(sum(amounts, Decimal(0)), "f")
