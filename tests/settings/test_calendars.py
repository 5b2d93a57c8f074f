"""Which days are no working days. Goal: each person's own calendar decides, and one that nobody knows is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connection_files import written
from ml_connector.calendars import day_kind
from ml_connector.core.hours import Cause
from ml_connector.core.records import Person
from ml_connector.policy import cost_policy, slips
from ml_connector.settings import Connection, InvalidSettings, load_connection
from settings.test_mapping_commands import PLAIN

CALENDARS = """
[[calendar]]
name = "bavaria"
country = "DE"
subdivision = "BY"
holidays = [2026-12-24]
working_days = [2026-11-01]

[[calendar]]
name = "gulf"
entities = ["1000"]
weekend = [5, 6]

[[on_call]]
person = "10042"
from = 2026-11-16
to = 2026-11-17
"""
ANNA = Person("712020:0a1b2c3d", "A", "10042", "Engineer", "1000")
WEEKEND, HOLIDAY, ON_CALL = frozenset({Cause.WEEKEND}), frozenset({Cause.HOLIDAY}), frozenset({Cause.ON_CALL})


def loaded(tmp_path: Path, more: str = CALENDARS, own: str = 'entity = "1000"\ncalendar = "bavaria"') -> Connection:
    """A connection whose one person has the first calendar."""
    return load_connection(written(tmp_path, PLAIN.replace('entity = "1000"', own) + more), check=slips)


@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        (date(2026, 10, 3), WEEKEND | HOLIDAY),
        (date(2026, 1, 6), HOLIDAY),
        (date(2026, 11, 1), WEEKEND),
        (date(2026, 12, 24), HOLIDAY),
        (date(2026, 12, 25), HOLIDAY),
        (date(2026, 11, 16), ON_CALL),
        (date(2026, 11, 18), frozenset()),
    ],
)
def test_a_day_is_what_the_persons_calendar_says(tmp_path: Path, day: date, kinds: frozenset[Cause]) -> None:
    """The region's holidays, the company's own, those that are worked all the same, weekends and duties."""
    assert day_kind(loaded(tmp_path))(ANNA, day) == kinds


def test_who_names_no_calendar_has_that_of_their_entity(tmp_path: Path) -> None:
    """A weekend of Friday and Saturday; of another entity, no day is anything."""
    kind_of = day_kind(loaded(tmp_path, own='entity = "1000"'))
    assert kind_of(ANNA, date(2026, 11, 20)) == WEEKEND
    assert kind_of(ANNA, date(2026, 11, 22)) == frozenset()
    assert kind_of(Person("x", "X"), date(2026, 11, 21)) == frozenset()


def test_the_policy_asks_the_calendar(tmp_path: Path) -> None:
    """What is wired is what costs."""
    assert cost_policy(loaded(tmp_path)).time.kind_of(ANNA, date(2026, 12, 25)) == HOLIDAY


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"DE"', '"XX"', r"acme\.toml:\d+: calendar\.country: is no country whose holidays are known"),
        ('"BY"', '"QQ"', r"acme\.toml:\d+: calendar\.subdivision: is no region of that country"),
    ],
)
def test_a_place_that_nobody_knows_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Its holidays would silently be working days."""
    with pytest.raises(InvalidSettings, match=said):
        loaded(tmp_path, CALENDARS.replace(old, new))
