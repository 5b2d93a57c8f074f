"""What the ledger must hold, computed a second time from the vendors' books and the rate card alone.

It shares no code with what it checks: hours times rate, rounded once per entry, split by the order's coding. Where the
product and this page disagree, one of them is wrong.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from fractions import Fraction
from typing import Any

from ml_connector.demo.rates import CARD, ROLES

Bucket = tuple[str, str, str, str, str, str]
"""Entity, account, cost center, project, period (`2026-11`) and currency."""

KEY_FIELD = "PurchaseOrderUserField5"
"""Where CloudSuite shows the issue key of an order."""
FRIDAY = 5
WITHOUT_CENTS = frozenset({"JPY"})


@dataclass(frozen=True, slots=True)
class Extras:
    """Blocks of `block` seconds that each entry is rounded to, weekends at a multiple, and a burden on labor."""

    block: int
    up: bool
    weekend: Fraction
    percent: Fraction
    account: str


@dataclass(frozen=True, slots=True)
class Books:
    """The vendors' books that the oracle reads, and what finance decided."""

    orders: list[dict[str, Any]]
    worklogs: list[dict[str, Any]]
    people: list[str]
    active_cost_centers: frozenset[str]
    active_accounts: frozenset[str]
    post_from: date
    zone: tzinfo = UTC
    raised: int = 1
    """How many times the rate card's amounts an hour costs by now."""
    extras: Extras | None = None
    """What else makes cost of hours, where anything does."""


@dataclass(frozen=True, slots=True)
class Part:
    """One distribution of an order with its weight: its amount in the order, as parts of the order's whole."""

    account: str
    cost_center: str
    project: str
    weight: Fraction


def expected(books: Books) -> Counter[Bucket]:
    """Labor in minor units by bucket, for every entry that can be costed."""
    by_issue = {order["fields"][KEY_FIELD]: order for order in books.orders if order["fields"].get(KEY_FIELD)}
    totals: Counter[Bucket] = Counter()
    for worklog in books.worklogs:
        order = by_issue.get(worklog["issue_key"])
        day = datetime.fromisoformat(worklog["started"]).astimezone(books.zone).date()
        if order is None or worklog["deleted"] or not worklog["seconds"] or day < books.post_from:
            continue
        parts = weights(order, books)
        cents = _cents(worklog, order, parts, books, day)
        for part, minor, burden in zip(parts, cents, _burdens(cents, books.extras), strict=True):
            for account, amount in ((part.account, minor), (books.extras and books.extras.account, burden)):
                where = (order["company"], str(account), part.cost_center, part.project)
                totals[(*where, f"{day:%Y-%m}", order["currency"])] += amount
    return Counter({bucket: minor for bucket, minor in totals.items() if minor})


def weights(order: dict[str, Any], books: Books) -> list[Part]:
    """Where an order's labor goes; nowhere if it is closed, or any open line cannot be charged."""
    lines = [line for line in order["lines"] if not line["closed"]] or order["lines"]
    if order["closed"] or not lines:
        return []
    parts: list[Part] = []
    for line in lines:
        amount = Fraction(line["quantity"]) * Fraction(line["unit_cost"])
        found = [_part(distribution, line, amount) for distribution in line["distributions"]]
        if not found or any(not _chargeable(part, books) for part in found):
            return []
        whole = sum(part.weight for part in found)
        parts += [Part(p.account, p.cost_center, p.project, amount * p.weight / whole) for p in found]
    return parts


def _part(distribution: dict[str, Any], line: dict[str, Any], amount: Fraction) -> Part:
    """The weight is the distribution's amount where one is told, else its percent or quantity of the line."""
    by_amount = Fraction(distribution["amount"] or 0)
    by_percent = Fraction(distribution["percent"] or 0) * amount / 100
    by_quantity = Fraction(distribution["quantity"] or 0) * Fraction(line["unit_cost"])
    weight = by_amount or by_percent or by_quantity or amount
    return Part(distribution["account"], distribution["cost_center"], distribution["project"], weight)


def _chargeable(part: Part, books: Books) -> bool:
    known_center = not part.cost_center or part.cost_center in books.active_cost_centers
    return bool(part.project) and known_center and part.account in books.active_accounts


def _hours(seconds: int, day: date, extras: Extras | None) -> Fraction:
    """Hours as they cost: rounded entry by entry first, then at a multiple on weekends."""
    if extras is None:
        return Fraction(seconds, 3600)
    blocks = Fraction(seconds, extras.block)
    whole = math.ceil(blocks) if extras.up else math.floor(blocks + Fraction(1, 2))
    return Fraction(whole * extras.block, 3600) * (extras.weekend if day.isoweekday() > FRIDAY else 1)


def _burdens(cents: list[int], extras: Extras | None) -> list[int]:
    """The burden of each part's cents: rounded once for the entry, and split like labor."""
    if extras is None or not sum(cents):
        return [0 for _ in cents]
    return _split([minor * extras.percent / 100 for minor in cents])


def _cents(worklog: dict[str, Any], order: dict[str, Any], parts: list[Part], books: Books, day: date) -> list[int]:
    """Hours times rate over all parts, rounded once; that sum is then split, the largest remainders first."""
    if not parts:
        return []
    person = books.people.index(worklog["author"])
    whole = sum(part.weight for part in parts)
    scale = (1 if order["currency"] in WITHOUT_CENTS else 100) * books.raised
    hours = _hours(worklog["seconds"], day, books.extras)
    exact = [hours * part.weight / whole * hourly(person, order["currency"], part) * scale for part in parts]
    return _split(exact) if hours else [0 for _ in parts]


def _split(exact: list[Fraction]) -> list[int]:
    """A sum rounded once, halves up, and split by largest remainder, ties to the first."""
    total = math.floor(sum(exact) + Fraction(1, 2))
    split = [total * amount / sum(exact) for amount in exact]
    cents = [math.floor(amount) for amount in split]
    ranked = sorted(range(len(split)), key=lambda place: (cents[place] - split[place], place))
    for place in ranked[: total - sum(cents)]:
        cents[place] += 1
    return cents


def hourly(person: int, currency: str, part: Part) -> Fraction:
    """The card's rate: a person's own before their role's, then the cost center's, then the general one."""
    fitting = [rate for rate in CARD if rate.currency == currency]
    choices = (
        [rate for rate in fitting if rate.person == person],
        [rate for rate in fitting if rate.role and rate.role == ROLES[person]],
        [rate for rate in fitting if rate.cost_center and rate.cost_center == part.cost_center],
        [rate for rate in fitting if rate.person is None and not rate.role and not rate.cost_center],
    )
    return Fraction(next(rates[0].amount for rates in choices if rates))
