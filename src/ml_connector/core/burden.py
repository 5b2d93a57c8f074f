"""Burdens: fringe, overhead and the like, as a percentage of labor cost on lines of their own.

A burden is taken of the labor's rounded cents, so that anybody can work it out from the ledger; it is rounded once for
each entry and burden, and then split over the entry's codings by largest remainder. Burdens are never taken of each
other. `ROUNDING_POINT` names that choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ml_connector.core.ledger import Share
from ml_connector.core.money import Digits, Money, allocate, round_to_minor
from ml_connector.core.records import Coding, Person

ROUNDING_POINT = "worklog and burden"
WHOLE_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Burden:
    """A percentage of labor cost, from a day of work on, on an account of its own. Empty scope fields match everything.

    `account` and `cost_center` are where it is charged, empty for the labor's own; `labor_account` asks for labor on
    that account. Of one name the most particular scope counts (person, role, labor account, entity, everything), and
    within it the latest that is effective on the day of work; a percentage of 0 ends it.
    """

    name: str
    percent: Decimal
    effective: date
    account: str = ""
    cost_center: str = ""
    person: str = ""
    role: str = ""
    labor_account: str = ""
    entity: str = ""

    @property
    def scope(self) -> int:
        """How particular it is: lower is more so."""
        asked = (self.person, self.role, self.labor_account, self.entity)
        return next((rank for rank, part in enumerate(asked) if part), len(asked))

    def fits(self, person: Person, coding: Coding, day: date) -> bool:
        """Whether it is taken of this person's labor of a day on this coding."""
        return (
            self.effective <= day
            and self.person in ("", person.account_id, person.employee)
            and self.role in ("", person.role)
            and self.labor_account in ("", coding.account)
            and self.entity in ("", coding.entity)
        )

    def coding(self, labor: Coding) -> Coding:
        """Where it is charged: entity, project and dimensions are always the labor's."""
        return replace(labor, account=self.account or labor.account, cost_center=self.cost_center or labor.cost_center)


def burden_shares(labor: Sequence[Share], person: Person, burdens: Sequence[Burden], digits: Digits) -> Iterator[Share]:
    """The burdens of one entry's labor, each part of it beside the share that it is taken of. Parts of nothing are not.

    They carry money and no hours: hours count once.
    """
    for name in dict.fromkeys(burden.name for burden in burdens):
        taken = [(share, _best(name, share, person, burdens)) for share in labor]
        charged = [
            (share, burden) for share, burden in taken if burden is not None and burden.percent and share.amount.minor
        ]
        if charged:
            yield from _split(charged, digits)


def _best(name: str, share: Share, person: Person, burdens: Sequence[Burden]) -> Burden | None:
    fitting = [each for each in burdens if each.name == name and each.fits(person, share.coding, share.work_date)]
    return min(fitting, key=lambda each: (each.scope, -each.effective.toordinal()), default=None)


def _split(charged: Sequence[tuple[Share, Burden]], digits: Digits) -> Iterator[Share]:
    currency = charged[0][0].amount.currency
    exact = [Fraction(share.amount.minor) * Fraction(burden.percent) / WHOLE_PERCENT for share, burden in charged]
    total = round_to_minor(sum(exact) / 10 ** digits(currency), currency, digits(currency))
    for (share, burden), minor in zip(charged, allocate(total.minor, exact), strict=True):
        if minor:
            yield replace(
                share,
                coding=burden.coding(share.coding),
                seconds=0,
                rounded=0,
                amount=Money(minor, currency),
                basis=replace(share.basis, percent=burden.percent),
                burden=burden.name,
            )
