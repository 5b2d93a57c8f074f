"""The age of credentials. Goal: a person hears of their end a month before it, whoever knows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from ml_connector.core.signing import SignIn, ending

STORED = datetime(2026, 1, 10, 12, tzinfo=UTC)
TOKEN = SignIn("an API token", again="`ml-connector connect jira`", stored=STORED, lives=timedelta(days=365))


def told(sign_in: SignIn, day: date) -> str:
    """What is told on a day; empty where nothing is."""
    found = ending(sign_in, datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
    return found.message if found else ""


def test_a_token_lives_a_year_at_most_from_the_day_it_was_stored() -> None:
    """Told from 30 days before on, and otherwise once it has ended."""
    assert told(TOKEN, date(2026, 12, 10)) == ""
    assert "ends by 2027-01-10) end:" in told(TOKEN, date(2026, 12, 11))
    assert "should have ended" in told(TOKEN, date(2027, 1, 11))


def test_the_end_that_a_person_told_counts() -> None:
    """Whether it is sooner or later than a year."""
    sooner, later = replace(TOKEN, expires=date(2026, 3, 1)), replace(TOKEN, expires=date(2028, 3, 1))
    assert "ends on 2026-03-01" in told(sooner, date(2026, 2, 1))
    assert told(later, date(2027, 6, 1)) == ""


def test_nothing_is_told_of_what_nobody_knows() -> None:
    """Credentials without a known end, and those stored before their day was noted."""
    assert told(replace(TOKEN, lives=None), date(2030, 1, 1)) == ""
    assert told(replace(TOKEN, stored=None), date(2030, 1, 1)) == ""
    assert "nobody knows when" in replace(TOKEN, stored=None).age
