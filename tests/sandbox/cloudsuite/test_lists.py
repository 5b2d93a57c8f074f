"""The list service answers as Landmark's does: filters, pages, sort sets and delta windows."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.cloudsuite.fsm import lists
from ml_connector_sandbox.cloudsuite.seed import seed
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.wire import Request

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def switches() -> dict[str, object]:
    """The switches of the tenant under test."""
    return {}


@pytest.fixture
def tenant(switches: dict[str, object]) -> Tenant:
    """A seeded tenant whose clock stands still."""
    return new_tenant(switches)


def new_tenant(switches: dict[str, object]) -> Tenant:
    """A seeded tenant whose clock stands still."""
    tenant = Tenant(StillClock(NOW), random.Random(7), switches)
    seed(tenant)
    return tenant


def ask(tenant: Tenant, class_name: str, list_name: str = "_generic", **query: str) -> list[dict[str, Any]]:
    """The answer of a list, element 0 and all."""
    request = Request.to("GET", f"/lists/{list_name}?{urlencode(query)}")
    answer: list[dict[str, Any]] = lists.answer(tenant, request, class_name, list_name).json()
    return answer


def records(tenant: Tenant, class_name: str, list_name: str = "_generic", **query: str) -> list[dict[str, str]]:
    """The fields of every record of one page."""
    return [each["_fields"] for each in ask(tenant, class_name, list_name, **query)[1:]]


def pages(tenant: Tenant, class_name: str, **query: str) -> list[list[dict[str, str]]]:
    """All pages, followed by their next links."""
    found = []
    url = f"../lists/_generic?{urlencode({**query, '_links': 'true'})}"
    while url:
        answer = lists.answer(tenant, Request.to("GET", url), class_name, "_generic").json()
        found.append([each["_fields"] for each in answer[1:]])
        url = next((each["href"] for each in answer[0].get("_links", ()) if each["rel"] == "next"), "")
    return found


def stamp(at: datetime) -> str:
    """An instant as `_fts` and `_tts` take it."""
    return f"{at:%Y%m%d%H%M%S}{at.microsecond // 10_000:02d}"


def test_five_rows_without_a_limit(tenant: Tenant) -> None:
    """Who names no limit gets five rows, and element 0 counts them."""
    answer = ask(tenant, "PurchaseOrder", _fields="PurchaseOrder")
    assert answer[0]["_count"] == 5
    assert len(answer) == 6


def test_every_value_is_text(tenant: Tenant) -> None:
    """Numbers, dates and booleans all come as strings."""
    for name in ("PurchaseOrderLine", "Project", "AccountingEntityPeriod"):
        for record in records(tenant, name, _fields="_all", _limit="100"):
            assert all(isinstance(value, str) for value in record.values())


@settings(max_examples=25, deadline=None)
@given(limit=st.integers(1, 30), set_name=st.sampled_from(["", "ByPurchaseOrderDate", "ByPurchaseOrder"]))
def test_pages_hold_every_order_once(limit: int, set_name: str) -> None:
    """Following the links visits every order exactly once, whatever the page size and the sort set with its ties."""
    tenant = new_tenant({})
    for row in tenant.tables["PurchaseOrder"].rows.values():
        row.fields["PurchaseOrderDate"] = "20261101"
    query = {"_fields": "Company,PurchaseOrder", "_limit": str(limit), **({"_setName": set_name} if set_name else {})}
    found = pages(tenant, "PurchaseOrder", **query)
    keys = [(record["Company"], record["PurchaseOrder"]) for page in found for record in page]
    assert len(keys) == len(set(keys)) == 25
    assert all(len(page) == limit for page in found[:-1])


def test_a_row_added_between_pages_moves_nothing(tenant: Tenant) -> None:
    """A record that appears behind the page just read neither repeats nor hides another one."""
    first = ask(tenant, "Project", _fields="Project", _limit="4", _links="true")
    tenant.add("Project", NOW, Project="AAA-1")
    href = first[0]["_links"][0]["href"]
    second = lists.answer(tenant, Request.to("GET", href), "Project", "_generic").json()
    names = [each["_fields"]["Project"] for each in (*first[1:], *second[1:])]
    assert len(set(names)) == 8
    assert "AAA-1" not in names


def test_numeric_keys_sort_by_value(tenant: Tenant) -> None:
    """Period 10 comes after period 9, not after period 1."""
    found = records(tenant, "GeneralLedgerClosePeriod", "PeriodList", _fields="PeriodNumber", _limit="12")
    assert [each["PeriodNumber"] for each in found] == [str(number) for number in range(1, 13)]


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ('Company = "2000"', 10),
        ('(Company = "2000")', 10),
        ('Company <> "2000"', 15),
        ('PurchaseOrder like "*45015"', 2),
        ('PurchaseOrder >= "00045020"', 5),
        ("Closed = true", 1),
        ('Vendor = "nobody"', 0),
    ],
)
def test_one_condition(tenant: Tenant, filter_: str, expected: int) -> None:
    """An expression of one condition selects what it says."""
    assert len(records(tenant, "PurchaseOrder", _fields="_all", _limit="100", _lplFilter=filter_)) == expected


def test_amounts_compare_as_numbers(tenant: Tenant) -> None:
    """A remaining budget below zero is found as a number, not as text."""
    found = records(tenant, "Project", _fields="Project", _lplFilter="RemainingBudget < 0")
    assert found == [{"Project": "IT-2042"}]


@pytest.mark.parametrize("joined", ['Company = "1000" and Closed = false', 'Company = "2000" or Closed = true'])
def test_compound_expressions_are_refused_until_switched_on(
    tenant: Tenant, switches: dict[str, object], joined: str
) -> None:
    """Two conditions are refused by default, and mean what they say once a tenant takes them."""
    with pytest.raises(Refused, match="ConditionNode tree failed"):
        ask(tenant, "PurchaseOrder", _fields="PurchaseOrder", _lplFilter=joined)
    switches["fsm_compound_filters"] = True
    found = records(tenant, "PurchaseOrder", _fields="Company,Closed", _limit="100", _lplFilter=joined)
    assert len(found) == {"and": 14, "or": 11}["and" if " and " in joined else "or"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"_fields": "NoSuchField"},
        {"_fields": "Company", "_filter": "NoSuchField::1"},
        {"_fields": "Company", "_filter": "Company"},
        {"_fields": "Company", "_lplFilter": 'Company ~ "1"'},
        {"_fields": "Company", "_lplFilter": 'Company = "1'},
        {"_fields": "Company", "_lplFilter": "Company"},
        {"_fields": "Company", "_limit": "many"},
        {"_fields": "Company", "_setName": "ByMoon"},
        {"_fields": "Company", "_fts": "yesterday"},
        {"_fields": "Company", "_fts": "2026139912000000"},
        {"_fields": "Company", "_paging": "NEXT"},
        {"_fields": "Company", "_out": "XML"},
    ],
)
def test_what_is_not_understood_is_refused(tenant: Tenant, query: dict[str, str]) -> None:
    """A parameter that cannot be followed is refused, never skipped."""
    with pytest.raises(Refused):
        ask(tenant, "PurchaseOrder", **query)


def test_equality_filter_takes_several_fields(tenant: Tenant) -> None:
    """`_filter` narrows by every pair it names."""
    found = records(tenant, "PurchaseOrder", _fields="_all", _filter="Company::2000|PurchaseOrder::00045015")
    assert [(each["Company"], each["PurchaseOrder"]) for each in found] == [("2000", "00045015")]


def test_fields_answer_under_the_name_asked_for(tenant: Tenant) -> None:
    """The class's name before a field is understood and repeated in the answer."""
    found = records(tenant, "Project", _fields="Project.Project,Description", _limit="1")
    assert list(found[0]) == ["Project.Project", "Description"]


def test_a_tenant_may_know_fields_by_their_own_name_alone(tenant: Tenant, switches: dict[str, object]) -> None:
    """With prefixed names switched off, a field answers under its own name only."""
    switches["fsm_prefixed_field_names"] = False
    assert records(tenant, "Project", _fields="Project", _limit="1") == [{"Project": "ENG-501"}]
    with pytest.raises(Refused):
        ask(tenant, "Project", _fields="Project.Project")


def test_window_tells_added_changed_and_deleted(tenant: Tenant) -> None:
    """A delta read shows what happened since, each row with the way it changed."""
    since = NOW + timedelta(hours=1)
    tenant.clock.advance(7200)
    tenant.change_order("1000", "00045002", {"PurchaseOrderUserField7": "changed"})
    table = tenant.tables["PurchaseOrder"]
    gone = next(row for row in table.rows.values() if row.key[1] == "00045003")
    table.remove(gone, tenant.clock.now())
    tenant.add("PurchaseOrder", tenant.clock.now(), Company="1000", PurchaseOrder="X", PORelease="0000", POCode="STD")
    found = records(tenant, "PurchaseOrder", _fields="PurchaseOrder", _fts=stamp(since), _tts=stamp(tenant.clock.now()))
    marks = {each["PurchaseOrder"]: each["_recordState"] for each in found}
    assert marks == {"00045002": "changed", "00045003": "deleted", "X": "added"}
    assert next(iter(found[0])) == "_recordState"


def test_adjoining_windows_lose_nothing(tenant: Tenant) -> None:
    """A change at the very end of a window is in that window or in the one that begins there."""
    tenant.clock.advance(3600)
    middle = tenant.clock.now()
    tenant.change_order("1000", "00045002", {"Vendor": "Now"})
    first = records(tenant, "PurchaseOrder", _fields="Vendor", _limit="100", _fts="0", _tts=stamp(middle))
    second = records(tenant, "PurchaseOrder", _fields="Vendor", _limit="100", _fts=stamp(middle))
    assert "Now" in [each["Vendor"] for each in (*first, *second)]


def test_a_first_load_leaves_out_what_is_deleted(tenant: Tenant) -> None:
    """`_fts=0` gives what lives now and calls all of it added."""
    table = tenant.tables["Project"]
    table.remove(table.living()[0], NOW)
    found = records(tenant, "Project", _fields="Project", _limit="100", _fts="0", _tts=stamp(NOW))
    assert len(found) == 7
    assert {each["_recordState"] for each in found} == {"added"}


def test_a_tenant_may_refuse_delta_reads(tenant: Tenant, switches: dict[str, object]) -> None:
    """With delta reads switched off the window is refused, and the marker's name is a switch too."""
    switches["fsm_delta_marker"] = "_action"
    assert "_action" in records(tenant, "Project", _fields="Project", _fts="0")[0]
    switches["fsm_delta_reads"] = False
    with pytest.raises(Refused):
        ask(tenant, "Project", _fields="Project", _fts="0")


def test_booleans_are_spelled_as_the_switch_says(tenant: Tenant, switches: dict[str, object]) -> None:
    """The spelling of a boolean is a switch, and filters take every spelling."""
    switches["fsm_boolean_spelling"] = "Yes"
    found = records(tenant, "PurchaseOrder", _fields="Closed", _limit="100", _lplFilter="Closed = Yes")
    assert found == [{"Closed": "Yes"}]


def test_count_only(tenant: Tenant) -> None:
    """Asked for the count alone, the answer has the number of all matching rows and no row."""
    assert ask(tenant, "PurchaseOrder", _fields="Company", _recordCountOnly="true") == [{"_count": 25}]


def test_named_lists_show_their_part(tenant: Tenant) -> None:
    """The list for posting leaves out summary and inactive accounts, and projects that ended."""
    accounts = records(tenant, "GeneralLedgerChartAccount", "ChartAccountActivePostingSelect", _limit="100")
    codes = {each["GeneralLedgerChartAccount"] for each in accounts}
    assert "612000" in codes
    assert not codes & {"610000", "699999"}
    projects = records(tenant, "Project", "PostingProjectsList", _fields="Project", _limit="100")
    assert {"Project": "OPS-900"} not in projects


def test_previous_goes_back(tenant: Tenant) -> None:
    """The previous link of the second page shows the first page again."""
    first = ask(tenant, "Project", _fields="Project", _limit="3", _links="true")
    second = lists.answer(tenant, Request.to("GET", first[0]["_links"][0]["href"]), "Project", "_generic").json()
    back = {each["rel"]: each["href"] for each in second[0]["_links"]}["previous"]
    again = lists.answer(tenant, Request.to("GET", back), "Project", "_generic").json()
    assert again[1:] == first[1:]
