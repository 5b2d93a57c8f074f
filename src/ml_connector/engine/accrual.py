"""Before a period closes: accrue the hours that are not posted yet, as a plan for a second person to approve."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection, Sequence
from datetime import date

from ml_connector.core.labor import CostPolicy
from ml_connector.core.periods import Period
from ml_connector.core.plan import Plan
from ml_connector.engine.lane import Lane
from ml_connector.engine.planning import plan_accrual
from ml_connector.engine.poll import poll
from ml_connector.engine.proposal import keep
from ml_connector.engine.receive import receive
from ml_connector.engine.world import erp_facts
from ml_connector.errors import Refused

MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


def accrue(lane: Lane, period: str, entities: Collection[str], actor: str) -> Plan:
    """Read both sides, and keep the plan of the accruals that a period lacks in some entities, or in all.

    `period` is a name of the fiscal calendar, or a month as YYYY-MM. Raises Refused for a period or an entity that
    nobody knows, and for one that is closed or over before the cut-over date.
    """
    receive(lane)
    poll(lane)
    facts = erp_facts(lane)
    unknown = sorted(set(entities) - set(lane.policy.entities))
    if unknown:
        known = ", ".join(lane.policy.entities)
        raise Refused(f"{unknown[0]} is no entity of connection {lane.name}.", remedy=f"Known: {known}.")
    ends = {entity: _last_day(entity, period, facts) for entity in entities or lane.policy.entities}
    _check_accounts(lane, ends, facts)
    plan = plan_accrual(lane, ends)
    if plan.operations:
        keep(lane, plan, actor)
    return plan


def _last_day(entity: str, name: str, facts: CostPolicy) -> date:
    """The last day of a period that still takes postings."""
    calendar = facts.periods.calendar.get(entity, ())
    day = _ends(name, calendar)
    if day is None:
        names = ", ".join(period.name for period in calendar[-3:]) or "none"
        raise Refused(
            f"Entity {entity} has no period called {name!r}.",
            remedy=f"Name a month as YYYY-MM, or a period of its fiscal calendar, which ends in: {names}.",
        )
    if facts.post_from is None or day < facts.post_from:
        raise Refused(
            f"{name} lies before the cut-over date, or there is none.",
            remedy="Nothing is posted for it; see post_from in the connection.",
        )
    if facts.periods.next_open(entity, day) != day:
        raise Refused(
            f"{name} takes no postings of entity {entity} any more.",
            remedy="Accruals come before the close: reopen the period, or name another one.",
        )
    return day


def _ends(name: str, calendar: Sequence[Period]) -> date | None:
    named = next((period.ends for period in calendar if period.name == name), None)
    month = MONTH.fullmatch(name)
    if named is not None or month is None:
        return named
    year, number = int(month[1]), int(month[2])
    return date(year, number, monthrange(year, number)[1])


def _check_accounts(lane: Lane, ends: Collection[str], facts: CostPolicy) -> None:
    credit = lane.policy.grouping.for_accruals().clearing
    for entity in ends:
        account = credit[entity].account
        if facts.accounts is not None and account not in facts.accounts:
            raise Refused(
                f"Account {account}, which accruals of entity {entity} are credited to, does not exist or is closed.",
                remedy=f'Correct accrual_account in [clearing."{entity}"] of the connection.',
            )
