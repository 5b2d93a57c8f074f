"""Which days are no working days: the calendars of a connection, with the public holidays of a library behind them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache

import holidays

from ml_connector.core.hours import Cause, DayKind
from ml_connector.core.records import Person
from ml_connector.settings import Connection, Slip, WorkCalendar


def day_kind(connection: Connection) -> DayKind:
    """What a day is for a person, by their own calendar or their entity's; a day like any other without one."""
    by_name = {calendar.name: calendar for calendar in connection.calendar}
    by_entity = {entity: calendar for calendar in connection.calendar for entity in calendar.entities}
    own = {person.account_id: by_name[person.calendar] for person in connection.person if person.calendar}
    duties = [(duty.person, duty.begins, duty.ends) for duty in connection.on_call]

    @cache
    def kinds(person: Person, day: date) -> frozenset[Cause]:
        calendar = own.get(person.account_id) or by_entity.get(person.entity)
        found = set(_kinds(calendar, day)) if calendar is not None else set()
        names = {person.account_id, person.employee} - {""}
        if any(whose in names and begins <= day <= ends for whose, begins, ends in duties):
            found.add(Cause.ON_CALL)
        return frozenset(found)

    return kinds


def _kinds(calendar: WorkCalendar, day: date) -> Iterator[Cause]:
    if day.isoweekday() in calendar.weekend:
        yield Cause.WEEKEND
    public = bool(calendar.country) and day in _public(calendar.country, calendar.subdivision)
    if day in calendar.holidays or (public and day not in calendar.working_days):
        yield Cause.HOLIDAY


@cache
def _public(country: str, subdivision: str) -> holidays.HolidayBase:
    """A country's holidays, computed a year at a time as they are asked for. Raises NotImplementedError if unknown."""
    return holidays.country_holidays(country, subdiv=subdivision or None)


def calendar_slips(connection: Connection) -> Iterator[Slip]:
    """Countries and regions that the library does not know."""
    for index, calendar in enumerate(connection.calendar):
        if not calendar.country:
            continue
        try:
            _public(calendar.country, "")
        except NotImplementedError:
            what = "is no country whose holidays are known"
            yield Slip(("calendar", index, "country"), what, 'Write its ISO 3166 code, as in "DE", or list the days.')
            continue
        try:
            _public(calendar.country, calendar.subdivision)
        except NotImplementedError:
            what = "is no region of that country with holidays of its own"
            yield Slip(("calendar", index, "subdivision"), what, "Write its ISO 3166-2 code, or take it out.")
