"""What a connection file says about hours before they are money, and about what is added to it: rounding, calendars,
premiums and burdens. The rates themselves are in `connection.py`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from ml_connector.settings.section import Section
from ml_connector.settings.values import Amount, OptionalText, PositiveAmount, RuleName, Text

MINUTES_MAX = 480


class TimeRounding(Section):
    """Rounding of time before it costs anything."""

    minutes: Annotated[int, Field(ge=0, le=MINUTES_MAX)] = 0
    """Length of a block of time, in minutes; 0 rounds nothing: every second counts."""
    direction: Literal["up", "nearest"] = "nearest"
    """Which way time is rounded to whole blocks; halves go up."""
    per: Literal["entry", "person_day"] = "entry"
    """What is rounded: each entry, or all entries of a person's day together."""


class WorkCalendar(Section):
    """Which days are no working days, for some people."""

    name: RuleName
    """Name by which people refer to it; each once."""
    entities: tuple[Text, ...] = ()
    """Employing entities whose people have it, unless they name another."""
    country: OptionalText = ""
    """Country of the public holidays, by ISO 3166; empty for none."""
    subdivision: OptionalText = ""
    """Region within the country, where it has holidays of its own."""
    weekend: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (6, 7)
    """Days of the week that are weekend: Monday is 1, Sunday 7."""
    holidays: tuple[date, ...] = ()
    """Further holidays, of the company's own."""
    working_days: tuple[date, ...] = ()
    """Days that are worked although they are public holidays."""


class OnCall(Section):
    """Days on which somebody is on call."""

    person: Text
    """Account id or employee number of a person in this file."""
    begins: Annotated[date, Field(alias="from")]
    """First day."""
    ends: Annotated[date, Field(alias="to")]
    """Last day."""


class Premium(Section):
    """A multiple of the rate for some hours: overtime, weekend, holiday, on call."""

    name: RuleName
    """Name of the premium, as ledger lines carry it."""
    cause: Literal["hours_per_day", "hours_per_week", "weekend", "holiday", "on_call"]
    """What it is paid for."""
    over: Amount | None = None
    """Hours of a person's day or week above which it is paid, for those two causes."""
    factor: PositiveAmount
    """What the rate is multiplied by; `"1"` ends a premium."""
    effective: Annotated[date, Field(alias="from")]
    """First day of work that it is for."""
    person: OptionalText = ""
    """Account id or employee number of a person in this file; not together with a role or an entity."""
    role: OptionalText = ""
    """Role of people in this file; not together with an entity."""
    entity: OptionalText = ""
    """Employing entity of people in this file."""


class Burden(Section):
    """A percentage of labor cost on lines of its own: fringe, overhead."""

    name: RuleName
    """Name of the burden, as ledger lines carry it."""
    percent: Amount
    """Percentage of the labor cost; `"0"` ends a burden."""
    effective: Annotated[date, Field(alias="from")]
    """First day of work that it is for."""
    account: OptionalText = ""
    """GL account that is charged; empty takes that of the labor."""
    cost_center: OptionalText = ""
    """Cost center that is charged; empty takes that of the labor."""
    clearing_account: OptionalText = ""
    """GL account that is credited; empty takes the entity's labor clearing."""
    person: OptionalText = ""
    """Account id or employee number of a person in this file."""
    role: OptionalText = ""
    """Role of people in this file."""
    labor_account: OptionalText = ""
    """GL account that the labor is charged to."""
    entity: OptionalText = ""
    """Entity that the labor is charged to."""
