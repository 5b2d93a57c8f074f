"""What the keys about premiums, calendars and burdens must say together: see `relations.py`."""

from __future__ import annotations

from collections.abc import Iterator

from ml_connector.settings.connection import Person
from ml_connector.settings.costing import Burden, OnCall, Premium, WorkCalendar
from ml_connector.settings.lines import Path
from ml_connector.settings.raw import Raw, items_at, tables_at, texts_at
from ml_connector.settings.wording import Flaw

BY_HOURS = ("hours_per_day", "hours_per_week")


def people_exist(raw: Raw) -> Iterator[Flaw]:
    """A premium, burden or duty for a person is for a person in the file: a misspelled one would silently not count."""
    people = [person for _, person in tables_at(raw, "person")]
    named = [person.get(key) for person in people for key in ("account_id", "employee")]
    known = {name for name in named if isinstance(name, str)}
    for key in ("premium", "burden", "on_call"):
        for index, table in tables_at(raw, key):
            person = table.get("person")
            if person and isinstance(person, str) and person not in known:
                remedy = "Use the account_id or employee of a [[person]] in this file, or add that person."
                yield (key, index, "person"), "names nobody in this file", remedy


def scopes_are_single(raw: Raw) -> Iterator[Flaw]:
    """A premium or burden is for one kind of thing, so that one precedence decides."""
    for key, parts in (
        ("premium", ("person", "role", "entity")),
        ("burden", ("person", "role", "labor_account", "entity")),
    ):
        for index, table in tables_at(raw, key):
            named = [part for part in parts if table.get(part)]
            if len(named) > 1:
                what = f"stands beside {named[0]}, and a {key} is for one of them"
                yield (key, index, named[1]), what, "Take one of them out."


def thresholds_fit_causes(raw: Raw) -> Iterator[Flaw]:
    """Hours above which a premium is paid belong to premiums on hours, and to no others."""
    for index, premium in items_at(raw, "premium", Premium).items():
        if premium.cause in BY_HOURS and premium.over is None:
            yield ("premium", index, "over"), "is missing", f"Say above how many hours {premium.cause} begins."
        if premium.cause not in BY_HOURS and premium.over is not None:
            what = f"does not go together with {premium.cause}, which is for the whole day"
            yield ("premium", index, "over"), what, "Take it out, or name another cause."


def names_are_of_one_cause(raw: Raw) -> Iterator[Flaw]:
    """Premiums of one name are one premium for different people or days."""
    causes: dict[str, str] = {}
    for index, premium in items_at(raw, "premium", Premium).items():
        if causes.setdefault(premium.name, premium.cause) != premium.cause:
            what = "is another than that of an earlier premium of the same name"
            yield ("premium", index, "cause"), what, "Give the premium a name of its own."


def nothing_is_said_twice(raw: Raw) -> Iterator[Flaw]:
    """Two for the same scope and day would leave the cost to their order in the file."""
    yield from _twice(
        "premium",
        {i: (p.name, p.person, p.role, p.entity, p.effective) for i, p in items_at(raw, "premium", Premium).items()},
    )
    yield from _twice(
        "burden",
        {
            i: (b.name, b.person, b.role, b.labor_account, b.entity, b.effective)
            for i, b in items_at(raw, "burden", Burden).items()
        },
    )


def _twice(key: str, marks: dict[int, tuple[object, ...]]) -> Iterator[Flaw]:
    seen: set[tuple[object, ...]] = set()
    for index, mark in marks.items():
        if mark in seen:
            yield (key, index), "is for the same name, scope and day as an earlier one", "Keep one of them."
        seen.add(mark)


def clearings_agree(raw: Raw) -> Iterator[Flaw]:
    """A burden is credited to one account, whoever it is for: a reversal goes where the original went."""
    accounts: dict[str, str] = {}
    for index, burden in items_at(raw, "burden", Burden).items():
        if accounts.setdefault(burden.name, burden.clearing_account) != burden.clearing_account:
            what = "is another than that of an earlier burden of the same name"
            yield ("burden", index, "clearing_account"), what, "Write the same, or give the burden a name of its own."


def calendars_exist(raw: Raw) -> Iterator[Flaw]:
    """People work by a calendar that there is, and an entity has one calendar."""
    calendars = items_at(raw, "calendar", WorkCalendar)
    for index, person in items_at(raw, "person", Person).items():
        if person.calendar and person.calendar not in {calendar.name for calendar in calendars.values()}:
            yield (
                ("person", index, "calendar"),
                "names no [[calendar]] of this file",
                "Correct it, or add the calendar.",
            )
    for path, what in (*_repeated_names(calendars), *_shared_entities(raw)):
        yield path, what, "Keep one of them."


def _repeated_names(calendars: dict[int, WorkCalendar]) -> Iterator[tuple[Path, str]]:
    seen: set[str] = set()
    for index, calendar in calendars.items():
        if calendar.name in seen:
            yield ("calendar", index, "name"), "is the name of an earlier calendar"
        seen.add(calendar.name)


def _shared_entities(raw: Raw) -> Iterator[tuple[Path, str]]:
    seen: set[str] = set()
    for index, calendar in tables_at(raw, "calendar"):
        for place, entity in texts_at(calendar, "entities"):
            if entity in seen:
                yield ("calendar", index, "entities", place), "has a calendar already"
            seen.add(entity)


def subdivisions_have_countries(raw: Raw) -> Iterator[Flaw]:
    """A region lies in a country."""
    for index, calendar in items_at(raw, "calendar", WorkCalendar).items():
        if calendar.subdivision and not calendar.country:
            yield ("calendar", index, "subdivision"), "needs a country beside it", 'Name the country, as in "DE".'


def duties_end(raw: Raw) -> Iterator[Flaw]:
    """Nobody is on call backwards."""
    for index, duty in items_at(raw, "on_call", OnCall).items():
        if duty.ends < duty.begins:
            yield ("on_call", index, "to"), "lies before from", "Correct one of the two days."


COSTING_RELATIONS = (
    people_exist,
    scopes_are_single,
    thresholds_fit_causes,
    names_are_of_one_cause,
    nothing_is_said_twice,
    clearings_agree,
    calendars_exist,
    subdivisions_have_countries,
    duties_end,
)
