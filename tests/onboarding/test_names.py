"""Proposals by names: alike is proposed, ambiguous is not, and everything proposed was offered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.records import Issue
from ml_connector.onboarding.examples import best_by_example, field_hits
from ml_connector.onboarding.names import FIELD_NAMES, Employee, best, match_people, plain, project_of_entity

NAMES = st.text(st.characters(codec="utf-8"), max_size=20)


@given(st.dictionaries(NAMES, NAMES, max_size=6), st.lists(NAMES, max_size=4))
def test_what_is_proposed_was_offered(offered: dict[str, str], wanted: list[str]) -> None:
    """Or nothing is."""
    assert best(wanted, offered) in {*offered, ""}


@given(NAMES)
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    """Case, accents and punctuation are gone after the first time."""
    assert plain(plain(name)) == plain(name)


def test_fields_are_found_by_what_customers_call_them() -> None:
    """British and American spelling, punctuation, and none where nothing is alike."""
    offered = {"1": "PO Number", "2": "Cost Centre", "3": "G/L Account", "4": "Supplier", "5": "Story Points"}
    found = {ours: best(names, offered) for ours, names in FIELD_NAMES.items()}
    assert (found["po_number"], found["cost_center"], found["vendor"], found["remaining"]) == ("1", "2", "4", "")


def test_people_are_matched_by_name_whatever_its_order_and_accents() -> None:
    """A name that two employees or two accounts share matches nobody."""
    accounts = {"a": "Zoë Krüger", "b": "Ødegård, Ingrid", "c": "Kim Lee", "d": "Jan Novak", "e": "Jan Novák"}
    employees = [
        Employee("1", "KRUEGER ZOE"),
        Employee("2", "Kruger Zoe"),
        Employee("3", "Ingrid Odegard", "engineer"),
        Employee("4", "Kim Lee"),
        Employee("5", "Lee Kim"),
        Employee("6", "Jan Novak"),
    ]
    found = match_people(accounts, employees)
    assert {account: each.employee for account, each in found.employees.items()} == {"a": "2", "b": "3"}
    assert found.strangers == ("c", "d", "e")


@given(st.dictionaries(st.text(min_size=1), NAMES), st.lists(st.builds(Employee, NAMES, NAMES)))
def test_everybody_is_matched_once_or_a_stranger(accounts: dict[str, str], employees: list[Employee]) -> None:
    """Nobody gets lost, and no employee stands for two accounts."""
    found = match_people(accounts, employees)
    assert {*found.employees, *found.strangers} == set(accounts)
    assert not set(found.employees) & set(found.strangers)


def test_a_jira_project_is_an_entitys_only_where_it_alone_is_named_after_it() -> None:
    """By its code, or by the entity's whole name."""
    projects = {"PROC": "Procurement", "EU2000": "Europe 2000", "P3": "Acme Japan KK orders"}
    assert project_of_entity("2000", "", projects) == "EU2000"
    assert project_of_entity("3000", "Acme Japan KK", projects) == "P3"
    assert project_of_entity("1000", "", projects) == ""
    assert project_of_entity("2000", "", {**projects, "B": "2000 again"}) == ""


def test_a_field_is_proposed_by_what_issues_hold() -> None:
    """The field that held order numbers most often; not by a few hits, and not where two are equal."""
    issues = [
        Issue(str(number), f"P-{number}", "P", "Task", "Open", (), {"f1": f" 4500{number}", "f2": "4500", "f3": number})
        for number in range(4)
    ]
    hits = field_hits(issues, {"po_number": {"45000", "45001", "45002", "45003"}, "vendor": {"4500"}})
    assert (hits["po_number"], best_by_example(hits["po_number"])) == ({"f1": 4}, "f1")
    assert best_by_example(hits["vendor"]) == "f2"
    assert best_by_example({"f1": 2}) == best_by_example({"f1": 4, "f2": 4}) == best_by_example({}) == ""
