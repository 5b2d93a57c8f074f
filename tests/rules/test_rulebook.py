"""The rules of a connection. Goal: a file whose rules do not do what they say is never in force."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connection_files import FULL, written
from ml_connector.core.corrections import Books, lacking
from ml_connector.core.labor import cost
from ml_connector.core.records import Distribution
from ml_connector.core.rules import FACTS, Case, Used
from ml_connector.rules import Rulebook, rules_version, slips
from ml_connector.rules.book import BUILT_IN, pack
from ml_connector.settings import Connection, InvalidSettings, Rule, load_connection
from worlds import ANNA, coding, digits, logged, order, policy, worklog

PAGE = Path(__file__).parents[2] / "docs" / "operating" / "rules.md"
FIRST = FULL.index("[[rule]]")
"""Where the sample's own rule begins."""


def loaded(tmp_path: Path, rules: str = "") -> Connection:
    """The sample with these rules."""
    return load_connection(written(tmp_path, FULL[:FIRST] + rules), check=slips)


def refused(tmp_path: Path, rules: str) -> list[str]:
    """What is said about these rules, without the name of the file, and the text where it points."""
    with pytest.raises(InvalidSettings) as caught:
        loaded(tmp_path, rules)
    text = (FULL[:FIRST] + rules).splitlines()
    return [
        f"{text[each.line - 1][max(each.column - 1, 0) :]} <- {each.key}: {each.what}. {each.remedy}"
        for each in caught.value.problems
    ]


def rule(when: str, then: str = "hold", name: str = "mine") -> str:
    """A rule as the file says it; `when` with its quotes."""
    return f'[[rule]]\nname = "{name}"\nwhen = {when}\nthen = "{then}"\nmessage = "Odd"\nremedy = "Look"\n'


@pytest.mark.parametrize(
    ("when", "at"),
    [
        ('"worklog.hour > 8.0"', ".hour > 8.0"),
        ("'worklog.hours > 8'", "> 8'"),
        ("'''\nworklog.hours > 8.0 &&\n  nothing'''", "nothing'''"),
        ('"""\nworklog.author == \\"a\\" && nothing"""', "nothing"),
        ('"order.vendor == \\"\\u00e9\\" && nothing"', "nothing"),
        ('"""order.closed \\\n    || nothing"""', ".closed"),
    ],
)
def test_a_mistake_is_told_at_its_line_and_column(tmp_path: Path, when: str, at: str) -> None:
    """However the text is quoted, the place is the file's."""
    assert any(line.startswith(at) for line in refused(tmp_path, rule(when))), refused(tmp_path, rule(when))


def test_a_file_without_a_column_tells_the_line(tmp_path: Path) -> None:
    """What is nested too deeply is wrong as a whole."""
    with pytest.raises(InvalidSettings, match=r"acme\.toml:\d+: rule\.when: is nested too deeply"):
        loaded(tmp_path, rule(f'"{"(" * 99}true{")" * 99}"'))


def test_an_example_that_tells_otherwise_is_refused(tmp_path: Path) -> None:
    """The file is not read, and the line of the example is named."""
    text = rule('"worklog.hours > 8.0"') + "[[rule.example]]\ngiven = {{ worklog = {{ hours = {0} }} }}\nfires = true\n"
    assert loaded(tmp_path, text.format("8.5")).rule[0].name == "mine"
    (line,) = refused(tmp_path, text.format(8))
    assert line.startswith("fires = true <- rule.example.fires: says otherwise: the rule does not fire")


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("{ worklog = { hourz = 1 } }", "names a fact that rules do not know"),
        ('{ worklog = { hours = "1" } }', "must be a number"),
        ("{ worklog = { weekday = true } }", "must be a whole number"),
        ("{ order = { number = 4500 } }", "must be text"),
    ],
)
def test_an_example_gives_facts_as_they_are(tmp_path: Path, given: str, what: str) -> None:
    """A misspelled fact would make any example hold."""
    text = rule('"worklog.hours > 8.0"') + f"[[rule.example]]\ngiven = {given}\nfires = false\n"
    assert what in refused(tmp_path, text)[0]


def test_a_rule_reads_comments_only_where_they_are_read(tmp_path: Path) -> None:
    """A rule on what is never there would silently never fire."""
    text = FULL[:FIRST].replace("comments = false", "comments = true")
    with_comments = text + rule("'worklog.comment == \"\"'")
    assert load_connection(written(tmp_path, with_comments), check=slips).rule
    assert "comments = true" in refused(tmp_path, rule("'worklog.comment == \"\"'"))[0]


def test_only_rules_of_the_pack_can_be_switched_off(tmp_path: Path) -> None:
    """A misspelled name would leave the rule in force."""
    with pytest.raises(InvalidSettings, match=r"rules\.off: is no rule of the default pack"):
        load_connection(written(tmp_path, FULL.replace('off = ["weekend"]', 'off = ["weekends"]')), check=slips)


def test_the_examples_of_the_pack_hold(tmp_path: Path) -> None:
    """Each rule that comes with the product is tried on records where it fires and where it does not."""
    base = loaded(tmp_path)
    assert [each.name for each in pack()] == sorted({each.name for each in pack()}, key=[e.name for e in pack()].index)
    for each in pack():
        assert {example.fires for example in each.example} == {True, False}, each.name
    assert not list(slips(base.model_copy(update={"rule": pack()})))


def test_the_version_changes_with_what_rules_decide(tmp_path: Path) -> None:
    """Words and examples decide nothing."""
    plain = loaded(tmp_path).model_copy(update={"rules": type(loaded(tmp_path).rules)()})
    assert rules_version(plain) == BUILT_IN
    mine = Rule.model_validate({"name": "a", "when": "true", "then": "hold", "message": "m", "remedy": "r"})
    version = rules_version(plain.model_copy(update={"rule": (mine,)}))
    assert version != BUILT_IN
    assert rules_version(plain.model_copy(update={"rule": (mine.model_copy(update={"message": "n"}),)})) == version
    assert rules_version(plain.model_copy(update={"rule": (mine.model_copy(update={"when": "false"}),)})) != version


def stated(when: str, then: str = "hold") -> Rule:
    """A rule as a value."""
    return Rule.model_validate({"name": "mine", "when": when, "then": then, "message": "m", "remedy": "r"})


def test_a_rule_on_coding_is_asked_of_every_coding() -> None:
    """An order on two cost centers is held for the second one too, once."""
    parts = (Distribution("1", coding("CC-1")), Distribution("2", coding("CC-2")))
    two = order(parts=tuple(Distribution(p.sequence, p.coding, percent=None, quantity=None) for p in parts))
    amounts = order().lines[0].amount
    halves = tuple(Distribution(p.sequence, p.coding, amount=type(amounts)(amounts.minor // 2, "USD")) for p in parts)
    two = order(parts=halves)
    for center, count in (("CC-1", 1), ("CC-2", 1), ("CC-3", 0)):
        judge = Rulebook([stated(f'coding.cost_center == "{center}"')])
        books = Books({"1000/4500": two}, {}, policy(judge=judge), date(2026, 10, 31))
        assert len(lacking([logged(worklog())], books).findings) == count, center


def test_every_fact_can_be_read() -> None:
    """Each is there, and of the kind that conditions are checked against."""
    rules = policy()
    shares = cost(worklog(), order(), rules)
    assert isinstance(shares, tuple)
    case = Case(worklog(), ANNA, order(), "", shares, Used(), rules.zone, digits, date(2026, 10, 31))
    for name, fact in FACTS.items():
        assert type(fact.read(case, shares[0])) is type(fact.empty), name
    read = {name: fact.read(case, shares[0]) for name, fact in FACTS.items()}
    assert (read["worklog.hours"], read["worklog.weekday"], read["worklog.day"]) == (2, 1, "2026-10-05")
    assert (read["order.authorized"], read["order.used"], read["order.used_percent"]) == (10_000, 200, 2)


def test_the_page_of_rules_lists_facts_and_pack() -> None:
    """An author of rules finds each fact and each rule there, and no others."""
    text = PAGE.read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| `") and line.count("|") == 4]
    listed = {name.strip().strip("`"): meaning.strip() for name, meaning in rows}
    assert {name: meaning for name, meaning in listed.items() if name in FACTS or "." in name} == {
        name: fact.meaning for name, fact in FACTS.items()
    }
    for each in pack():
        assert f"| the pack: `{each.name}` | {each.then} |" in text, each.name
