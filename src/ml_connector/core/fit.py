"""How much of what both vendors hold maps today: each misfit with its remedy and the money that it stands for.

Money of an order is what its open lines authorize; money of hours is what they would cost. Where no rate says what they
would cost, the highest rate in the order's currency does, and the figure is marked as an upper bound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ml_connector.core.corrections import lacking
from ml_connector.core.hours_fit import HoursFit, hours_misfits, hours_records, rule_outcomes
from ml_connector.core.misfits import Fit, Misfit, Part, coverage
from ml_connector.core.order_fit import OrderFit, dimension_misfits, order_misfits, project_misfits, records_of
from ml_connector.core.plan import Plan, books_of


def fit(about: OrderFit, plan: Plan) -> Fit:
    """Hold everything that both vendors told against the mapping. `plan` is what a sync would write now."""
    hours = HoursFit(about.world, about.policy, lacking(about.world.work, books_of(about.world, about.policy)))
    misfits = _each_once(
        (*order_misfits(about, plan), *project_misfits(about), *dimension_misfits(about), *hours_misfits(hours))
    )
    records = (*records_of(about, plan), *hours_records(hours))
    return Fit(
        coverage=tuple(coverage(part, records, misfits) for part in Part),
        misfits=misfits,
        rules=rule_outcomes(hours),
        writes=Counter(type(operation).__name__ for operation in plan.operations),
        labor=_labor(plan),
    )


def _each_once(misfits: tuple[Misfit, ...]) -> tuple[Misfit, ...]:
    """The largest sums first; what was found in two ways, for one kind of record, stands once."""
    found = {(misfit.kind, misfit.part, misfit.subject, _currency(misfit)): misfit for misfit in misfits}
    order = list(Part)
    return tuple(sorted(found.values(), key=lambda each: (order.index(each.part), -_minor(each), each.subject)))


def _currency(misfit: Misfit) -> str:
    return misfit.worth.amount.currency if misfit.worth.amount else ""


def _minor(misfit: Misfit) -> int:
    return abs(misfit.worth.amount.minor) if misfit.worth.amount else 0


def _labor(plan: Plan) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for posting in plan.postings:
        sums[posting.draft.gross.currency] += posting.draft.gross.minor
    return dict(sums)
