"""Conditions of rules. Goal: a wrong one is told at its character, and a hostile one ends within its bound."""

from __future__ import annotations

import tracemalloc

import pytest

from ml_connector.core.rules import FACTS
from ml_connector.rules.cel import Unreadable, asked, compiled, plain
from ml_connector.rules.text import reads

EMPTY = {name: plain(fact.empty) for name, fact in FACTS.items()}
LONG = "x" * 2_000


def mistakes(when: str) -> list[tuple[int | None, str, str]]:
    """What is wrong with a condition."""
    with pytest.raises(Unreadable) as caught:
        compiled(when)
    return caught.value.mistakes


@pytest.mark.parametrize(
    ("when", "at", "word"),
    [
        ("worklog.hours > 8", 14, "decimal number"),
        ("worklog.hourz > 8.0", 7, "worklog.hourz"),
        ('order.vendor == "V1" &&\n  order.closes', 31, "order.closes"),
        ("worklog.hours > 8.0 &&", 21, "read on"),
        ('"é" + worklog.weekday == ""', 4, "text"),
        ("worklog.hours + 1.0", 0, "no condition"),
        ("[1, 2].exists(x, x > 1)", 13, "exists"),
        ('order.vendor.matches("a{100}")', 23, "counted"),
        ("order.vendor.matches(order.buyer)", 0, "in quotes"),
        ('matches(order.vendor, "a")', 0, "in quotes"),
        (r'order.vendor.matches("a\x7b100}")', 23, "counted"),
    ],
)
def test_a_mistake_is_told_at_its_character(when: str, at: int, word: str) -> None:
    """Where it stands, and what it is."""
    found = mistakes(when)
    assert any(place == at and word in what for place, what, _ in found), found


def test_a_misspelled_fact_is_set_right() -> None:
    """The remedy names the fact that was meant."""
    assert "worklog.hours" in mistakes("worklog.hour > 8.0")[0][2]


@pytest.mark.parametrize(
    "when",
    [
        "(" * 400 + "true" + ")" * 400,
        "[" * 400 + "]" * 400 + " == []",
        "true ? " * 100 + "true" + " : false" * 100,
        " + ".join(["order.vendor"] * 60) + ' == ""',
        "[1].map(a, [1].map(b, [1].map(c, c)))[0] == 1",
        'order.vendor.matches("' + "(a?)" * 50 + '")',
        r'order.vendor.matches("\\pL\\pN")',
        "order.vendor == '\ud800'",
        "",
        " \n ",
        "1.0 / 0.0",
        'string(1) == "1"',
        'timestamp("2026-01-01T00:00:00Z") == timestamp("2026-01-01T00:00:00Z")',
    ],
)
def test_what_could_be_dear_is_refused_at_reading(when: str) -> None:
    """Depth, loops, dear patterns and functions outside the list never reach an entry."""
    assert mistakes(when)


@pytest.mark.parametrize(
    "when",
    [
        "!" * 900 + "true",
        " && ".join(["worklog.hours > 0.0"] * 45),
        " + ".join(["order.vendor"] * 30) + ' == ""',
        'order.vendor.matches("(x+x+)+y") || order.vendor.matches("(x|xx|xxx)*y")',
        'order.vendor.matches("' + "x?" * 30 + "x" * 30 + '")',
        'order.vendor.contains("xxxxxxxxxxxxxxxxxxxxxxy")',
        "9223372036854775807 + worklog.weekday > 0",
        "worklog.weekday % 0 == 0",
    ],
)
def test_a_hostile_condition_ends_with_an_answer_in_little_memory(when: str) -> None:
    """The largest work that the bounds let pass takes no memory to speak of, and never an exception."""
    condition = compiled(when)
    facts = EMPTY | {"order.vendor": LONG, "worklog.weekday": 1, "worklog.hours": 1.0}
    tracemalloc.start()
    for _ in range(20):
        assert asked(condition, facts) in (True, False) or isinstance(asked(condition, facts), str)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_condition_reads_what_it_names_and_not_what_it_quotes() -> None:
    """Facts in quotes and remarks are text; a function of a fact reads it."""
    when = 'order.vendor.startsWith("order.buyer") // worklog.id\n || worklog . day < "2026"'
    assert reads(when) == ("worklog.day", "order.vendor")


def test_amounts_compare_to_the_last_digit() -> None:
    """A fact and a number that are written alike are alike, whatever binary fractions do."""
    condition = compiled("order.used_percent >= 90.1")
    assert asked(condition, EMPTY | {"order.used_percent": 90.1}) is True
    assert asked(condition, EMPTY | {"order.used_percent": 90.0999999}) is False
