"""Projects and their budget: what is budgeted, committed, spent and left, in the project's own currency."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ml_connector_sandbox.cloudsuite.classes import Row, Table

# What the books call the amounts that matter.
AMOUNT_FIELDS = (
    ("budget", "ProjectBudgetAmount"),
    ("actual", "ProjectActualAmount"),
    ("committed", "ProjectCommitmentAmount"),
    ("remaining", "RemainingBudget"),
)


def amounts(budget: Decimal, actual: Decimal, commitment: Decimal) -> dict[str, str]:
    """Every amount field of a project. What remains is the budget less actuals and commitments, even below zero."""
    remaining = budget - actual - commitment
    return {
        "BudgetAmount": str(budget),
        "ProjectBudgetAmount": str(budget),
        "ProjectOriginalBudgetAmount": str(budget),
        "ProjectActualAmount": str(actual),
        "ProjectCommitmentAmount": str(commitment),
        "ProjectEncumbranceAmount": str(Decimal(0)),
        "TotalObligations": str(actual + commitment),
        "RemainingBudget": str(remaining),
        "DerivedProjectBudgetRemaining": str(remaining),
        "ProjectBudgetVariance": str(budget - actual),
    }


def spend(table: Table, row: Row, amount: Decimal, now: datetime) -> None:
    """Move a posted amount, positive or negative, into the project's actuals."""
    values = row.fields
    budget, actual, commitment = (
        Decimal(values[name]) for name in ("ProjectBudgetAmount", "ProjectActualAmount", "ProjectCommitmentAmount")
    )
    changed = amounts(budget, actual + amount, commitment)
    changed["ProjectOriginalBudgetAmount"] = values["ProjectOriginalBudgetAmount"]
    table.change(row, changed, now)
