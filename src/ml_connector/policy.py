"""From a connection's settings to the core's values: the translation that `bootstrap` hands to a lane."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision, list_currencies

from ml_connector.calendars import calendar_slips, day_kind
from ml_connector.core.burden import Burden
from ml_connector.core.dimensions import Recode
from ml_connector.core.hours import Cause, Direction, Per, Premium, TimeRounding, TimeRules
from ml_connector.core.journals import Correction, Grain, Grouping
from ml_connector.core.labor import CostPolicy
from ml_connector.core.mapping import IssueMapping, OrderMapping, PriorityRule, ProjectMapping, StatusBack
from ml_connector.core.money import money_from_text
from ml_connector.core.ownership import Owner
from ml_connector.core.periods import ClosedPeriod, Period, PeriodPolicy
from ml_connector.core.rates import ExchangeRate, Rate
from ml_connector.core.records import Coding, Kind, Person
from ml_connector.engine.lane import LanePolicy
from ml_connector.erp.port import Capabilities
from ml_connector.errors import Misconfigured
from ml_connector.rules import rulebook, rules_version
from ml_connector.rules import slips as rule_slips
from ml_connector.settings import Connection, Slip, mapping_version

CURRENCIES = frozenset(list_currencies())


def currency_digits(currency: str) -> int:
    """Minor digits of an ISO 4217 currency. Raises ValueError for a code that does not exist."""
    if currency not in CURRENCIES:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency")
    return get_currency_precision(currency)


def lane_policy(connection: Connection) -> LanePolicy:
    """All that a connection's settings decide. Raises Misconfigured for a currency that does not exist."""
    _check_currencies(connection)
    fields = {name: value for name, value in connection.jira.fields.model_dump().items() if value}
    return LanePolicy(
        mapping=issue_mapping(connection),
        cost=cost_policy(connection),
        grouping=grouping(connection),
        field_names=fields,
        automatic_below=connection.posting.approval.automatic_below,
        entities=connection.cloudsuite.entities,
        erp_settle=timedelta(seconds=connection.cloudsuite.settle_seconds),
        jira_settle=timedelta(seconds=connection.jira.settle_seconds),
        cadence=timedelta(seconds=connection.posting.cadence_seconds),
        cooling_off=timedelta(seconds=connection.posting.cooling_off_seconds),
        attestation=connection.posting.attestation,
        inherit=connection.jira.orders.inherit,
    )


def as_the_erp_can(policy: LanePolicy, can: Capabilities) -> LanePolicy:
    """The same without what this product line cannot do: fields are not planned to be written where none can be, and
    an issue shows no budget of a project that nobody tells, and hours without money stay here where none are taken.
    """
    mapping = policy.mapping
    if not can.writes_fields:
        mapping = replace(mapping, key_fields={}, remaining_fields={}, status_back=())
    cost = replace(policy.cost, posts_units=can.takes_units_alone)
    return replace(policy, mapping=replace(mapping, project_budgets=can.tells_budgets), cost=cost)


def _check_currencies(connection: Connection) -> None:
    named = {rate.currency for rate in connection.rate}
    named |= {currency for each in connection.exchange_rate for currency in (each.base, each.quote)}
    named |= {step.currency for step in connection.jira.orders.priorities}
    unknown = sorted(named - CURRENCIES)
    if unknown:
        raise Misconfigured(
            f"Connection {connection.name} names {', '.join(unknown)}, which ISO 4217 does not know.",
            remedy="Correct the currency of the rate, exchange rate or priority step.",
        )


def cost_policy(connection: Connection) -> CostPolicy:
    """How hours are costed."""
    posting = connection.posting
    return CostPolicy(
        judge=rulebook(connection),
        rules_version=rules_version(connection),
        post_from=connection.post_from,
        zone=ZoneInfo(connection.time_zone),
        people={
            person.account_id: Person(
                person.account_id, person.name, person.employee, person.role, person.entity, person.left
            )
            for person in connection.person
        },
        rates=rates_of(connection),
        exchanges=tuple(
            ExchangeRate(each.base, each.quote, each.rate, each.effective, each.source)
            for each in connection.exchange_rate
        ),
        recodes=tuple(Recode(each.part, each.code, each.becomes, each.effective) for each in connection.recode),
        periods=PeriodPolicy(ClosedPeriod(posting.closed_period), dict(posting.earliest), calendar(connection)),
        digits=currency_digits,
        mapping_version=mapping_version(connection),
        clearing=clearing(connection),
        hours_per_day_max=posting.hours_per_day_max,
        default_project=connection.default_project if connection.unprojected == "default_project" else None,
        time=time_rules(connection),
        burdens=tuple(
            Burden(
                name=each.name,
                percent=each.percent,
                effective=each.effective,
                account=each.account,
                cost_center=each.cost_center,
                person=each.person,
                role=each.role,
                labor_account=each.labor_account,
                entity=each.entity,
            )
            for each in connection.burden
        ),
        burden_clearing=burden_clearing(connection),
        vendor_spend=frozenset(each.code for each in connection.order_type if each.budget == "vendor_spend"),
    )


def rates_of(connection: Connection) -> tuple[Rate, ...]:
    """All rates, those of the CSV file behind those of the connection file."""
    return tuple(
        Rate(
            amount=rate.amount,
            currency=rate.currency,
            effective=rate.effective,
            person=rate.person,
            project=rate.project,
            role=rate.role,
            cost_center=rate.cost_center,
            known_since=rate.known_since,
        )
        for rate in connection.rate
    )


def time_rules(connection: Connection) -> TimeRules:
    """How time becomes hours that cost."""
    asked = connection.posting.time_rounding
    return TimeRules(
        TimeRounding(asked.minutes, Direction(asked.direction), Per(asked.per)) if asked.minutes else None,
        tuple(
            Premium(
                name=each.name,
                cause=Cause(each.cause),
                factor=each.factor,
                effective=each.effective,
                over=each.over or Decimal(0),
                person=each.person,
                role=each.role,
                entity=each.entity,
            )
            for each in connection.premium
        ),
        day_kind(connection),
    )


def burden_clearing(connection: Connection) -> dict[tuple[str, str], Coding]:
    """The credit side of burdens that have one of their own, by entity and name."""
    return {
        (entity, burden.name): replace(side, account=burden.clearing_account)
        for entity, side in clearing(connection).items()
        for burden in connection.burden
        if burden.clearing_account
    }


def slips(connection: Connection) -> Iterator[Slip]:
    """What only those know who compile rules and keep calendars."""
    yield from rule_slips(connection)
    yield from calendar_slips(connection)


def calendar(connection: Connection) -> dict[str, tuple[Period, ...]]:
    """The fiscal periods that the connection declares, by entity."""
    declared: dict[str, list[Period]] = {}
    for each in connection.period:
        period = Period(each.entity, each.name, each.begins, each.ends, not each.closed)
        declared.setdefault(each.entity, []).append(period)
    return {entity: tuple(periods) for entity, periods in declared.items()}


def clearing(connection: Connection) -> dict[str, Coding]:
    """The credit side of labor, by entity."""
    return {
        entity: Coding(entity, side.account, side.cost_center, side.project)
        for entity, side in connection.clearing.items()
    }


def grouping(connection: Connection) -> Grouping:
    """How journals are cut."""
    posting = connection.posting
    return Grouping(
        connection=connection.name,
        grain=Grain(posting.grain),
        lines_max=posting.lines_max,
        prefix=posting.reference_prefix,
        clearing=clearing(connection),
        correction=Correction(posting.correction),
        accrual={
            entity: Coding(entity, side.accrual_account, side.cost_center, side.project)
            for entity, side in connection.clearing.items()
            if side.accrual_account
        },
        burden_clearing=burden_clearing(connection),
    )


def issue_mapping(connection: Connection) -> IssueMapping:
    """What becomes what."""
    jira, erp = connection.jira, connection.cloudsuite
    key_fields = {Kind.PURCHASE_ORDER: erp.key_field, Kind.PROJECT: erp.project_key_field}
    remaining = {Kind.PURCHASE_ORDER: erp.remaining_field, Kind.PROJECT: erp.project_remaining_field}
    return IssueMapping(
        connection=connection.name,
        orders=OrderMapping(
            project=jira.orders.project,
            issue_type=jira.orders.issue_type,
            projects_by_entity=jira.orders.projects_by_entity,
            priority=jira.orders.priority,
            priorities=tuple(
                PriorityRule(
                    money_from_text(str(step.authorized_from), step.currency, currency_digits(step.currency)),
                    step.priority,
                )
                for step in jira.orders.priorities
            ),
            closed_status=jira.orders.closed_status,
            line_issue_type=jira.orders.line_issue_type,
            tell_changes=jira.orders.tell_changes,
            under_project=jira.orders.under_project,
        ),
        projects=ProjectMapping(
            project=jira.projects.project,
            issue_type=jira.projects.issue_type,
            types=jira.projects.types,
            closed_status=jira.projects.closed_status,
            statuses=jira.projects.statuses,
        ),
        fields=frozenset(name for name, value in jira.fields.model_dump().items() if value),
        key_fields=key_fields,
        remaining_fields={kind: field for kind, field in remaining.items() if field},
        status_back=tuple(StatusBack(Kind(back.kind), back.field, back.values) for back in connection.status_back),
        digits=currency_digits,
        opened_from=connection.post_from,
        owners=owners(connection),
        authorization_property=jira.orders.authorization_property,
    )


def owners(connection: Connection) -> dict[str, Owner]:
    """Who decides what each part of an issue reads, by our own names."""
    named = connection.jira.ownership.model_dump()
    return {"text" if name == "description" else name: Owner(owner) for name, owner in named.items()}
