"""The demo's rate card: data that both the connection file and the oracle are made from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CardRate:
    """One rate: whom it is for (`person` counts from 0 among the demo's people), and what an hour costs."""

    amount: str
    currency: str
    person: int | None = None
    role: str = ""
    project: str = ""
    cost_center: str = ""


ROLES = ("developer", "developer", "tester", "analyst", "analyst")
"""What the five people are."""

CARD = (
    CardRate("96.50", "USD", person=0),
    CardRate("88.20", "EUR", person=0),
    CardRate("91.00", "USD", role="developer"),
    CardRate("84.35", "EUR", role="developer"),
    CardRate("77.77", "USD", role="tester"),
    CardRate("101.13", "USD", cost_center="IT-OPS"),
    CardRate("82.00", "USD"),
    CardRate("75.40", "EUR"),
    CardRate("11250", "JPY"),
)
