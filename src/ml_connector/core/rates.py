"""Labor rates: effective-dated, and found by a stated precedence that every share records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ml_connector.core.records import Person


@dataclass(frozen=True, slots=True)
class Rate:
    """Cost of one hour in one currency, from a day on. Empty scope fields match everything.

    `person` is a Jira account id or an employee number. `known_since` is the day the rate was entered, for the record.
    """

    amount: Decimal
    currency: str
    effective: date
    person: str = ""
    project: str = ""
    role: str = ""
    cost_center: str = ""
    known_since: date | None = None

    @property
    def rule(self) -> str:
        """The scope in words, as `explain` shows it: `person × project`, …, `default`."""
        named = [name for name in ("person", "role", "cost_center", "project") if getattr(self, name)]
        return " × ".join(named).replace("_", " ") or "default"


PRECEDENCE: tuple[frozenset[str], ...] = (
    frozenset({"person", "project"}),
    frozenset({"role", "project"}),
    frozenset({"person"}),
    frozenset({"role"}),
    frozenset({"cost_center"}),
    frozenset(),
)
"""The most particular scope wins; within a scope the latest rate that is effective on the day of work."""


def find_rate(
    rates: Iterable[Rate], person: Person, project: str, cost_center: str, currency: str, day: date
) -> Rate | None:
    """The rate of an hour that this person worked that day for this project and cost center, None where none fits."""
    fitting = [rate for rate in rates if rate.currency == currency and _fits(rate, person, project, cost_center, day)]
    for scope in PRECEDENCE:
        found = [rate for rate in fitting if _scope(rate) == scope]
        if found:
            return max(found, key=lambda rate: rate.effective)
    return None


def _scope(rate: Rate) -> frozenset[str]:
    return frozenset(name for name in ("person", "project", "role", "cost_center") if getattr(rate, name))


def _fits(rate: Rate, person: Person, project: str, cost_center: str, day: date) -> bool:
    return (
        rate.effective <= day
        and rate.person in ("", person.account_id, person.employee)
        and rate.project in ("", project)
        and rate.role in ("", person.role)
        and rate.cost_center in ("", cost_center)
    )
