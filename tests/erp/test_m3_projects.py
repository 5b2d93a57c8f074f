"""Projects with their money, accounting identities and the calendar, as M3's lists tell them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fsm_answers import digits
from m3_answers import SETUP, Answer, adapter, done, export, failed, recorded, results
from ml_connector.core.orders import project_from_row
from ml_connector.core.records import Kind, Project
from ml_connector.erp.m3.setup import Setup
from ml_connector.erp.port import DimensionValue, Window
from ml_connector.errors import Malformed
from stub_vendors import NOON

ONE = replace(SETUP, divisions={"1000": "AAA"})
ANSWERS: dict[str, Answer | list[Answer]] = {
    "m3.MNS100MI.GetBasicData": recorded("division"),
    "m3.POS100MI.SearchProject": recorded("projects"),
    "m3.POS111MI.LstTotal1": results({"records": []}, {"records": []}),
}


def _projects(answers: dict[str, Answer | list[Answer]], setup: Setup = ONE) -> list[Project]:
    erp, _ = adapter({**ANSWERS, **answers}, setup=setup)
    found = [project_from_row(row, digits) for page in erp.changes(Kind.PROJECT, Window(None, NOON)) for row in page]
    return [project for project in found if isinstance(project, Project)]


TOTALS = [
    {"ELNO": "IT-2041", "IDEN": "LABOR", "BUAT": "250000.00", "OUAT": "96400.00"},
    {"ELNO": "IT-2041", "IDEN": "COMMIT", "BUAT": "0", "OUAT": "38000.00"},
    {"ELNO": "DESIGN", "IDEN": "LABOR", "BUAT": "100000.00", "OUAT": "50000.00"},
]


def test_projects_come_with_their_money() -> None:
    """The project's own element sums those below it; commitments stand under an item of their own."""
    first, second = _projects({"m3.POS111MI.LstTotal1": results({"records": TOTALS}, {"errorMessage": "no budget"})})
    assert (first.key, first.number, first.description) == ("1000/IT-2041", "IT-2041", "Customer portal")
    assert [money.minor for money in (first.budget, first.actual, first.commitment)] == [25000000, 9640000, 3800000]
    assert (first.active, first.currency, first.begins) == (True, "USD", None)
    assert (second.active, second.budget.minor) == (False, 0)


def test_without_an_own_element_all_are_summed() -> None:
    """Commitments that nobody has named count as what they are called: actuals."""
    totals = [{**each, "ELNO": "DESIGN"} for each in TOTALS]
    first, _ = _projects(
        {"m3.POS111MI.LstTotal1": results({"records": totals}, {"records": []})}, replace(ONE, commitment_item="")
    )
    assert [money.minor for money in (first.budget, first.actual, first.commitment)] == [35000000, 18440000, 0]


def test_projects_carry_their_custom_fields() -> None:
    """They hang on the table that the connection names."""
    custom = export("F1CONO^F1FILE^F1PK01^F1A030", "100^MPROJE^IT-2041^DEL-4")
    first, second = _projects({"m3.read.CUGEX1": custom})
    assert (first.fields, second.fields) == ({"A030": "DEL-4"}, {})


@pytest.mark.parametrize(
    "answers",
    [
        {"m3.POS100MI.SearchProject": results({"records": [{"PROJ": ""}]}), "m3.POS111MI.LstTotal1": done()},
        {"m3.POS111MI.LstTotal1": results({"records": [{"BUAT": "much"}]}, {"records": []})},
        {"m3.POS111MI.LstTotal1": done()},
    ],
)
def test_what_is_no_project_is_malformed(answers: dict[str, Answer | list[Answer]]) -> None:
    """Without a number, with an amount that is none, or with another number of answers than questions."""
    with pytest.raises(Malformed):
        _projects(answers)


def test_identities_are_active_where_they_may_be_named_today() -> None:
    """Blocked ones and those of another time are not; M3's day is asked only where it matters."""
    answers: dict[str, Answer | list[Answer]] = {
        "m3.CRS630MI.LstAccountID": recorded("accounts"),
        "m3.GLS840MI.GetServerTime": recorded("server-time"),
    }
    erp, vendor = adapter(answers)
    assert erp.accounts() == (
        DimensionValue("612000", "Contract labor", active=True),
        DimensionValue("613000", "Project labor", active=True, requires_project=True),
        DimensionValue("614000", "Ended", active=False),
        DimensionValue("699999", "Blocked", active=False),
    )
    assert [dict(request.query)["DIVI"] for request in vendor.asked("m3.CRS630MI.LstAccountID")] == ["AAA", "BBB"]
    assert dict(vendor.seen[0].query)["AITP"] == "1"
    plain = results({"records": [{"AITM": "IT-DEV", "TX40": "Development", "LCCD": "0"}]})
    erp, vendor = adapter({"m3.CRS630MI.LstAccountID": plain})
    assert erp.cost_centers() == (DimensionValue("IT-DEV", "Development", active=True),)
    assert dict(vendor.seen[0].query)["AITP"] == "2"
    assert vendor.asked("m3.GLS840MI.GetServerTime") == []


def test_an_identity_of_one_division_exists() -> None:
    """Blocked in one and open in the other, it may be named."""
    blocked, open_ = (results({"records": [{"AITM": "FIN", "TX40": "", "LCCD": code}]}) for code in ("1", "0"))
    erp, _ = adapter({"m3.CRS630MI.LstAccountID": [blocked, open_]})
    assert [value.active for value in erp.cost_centers()] == [True]


def test_divisions_are_entities() -> None:
    """Ours under their entity, another under its own code, the company under none; not told where it may not be."""
    records = [{"DIVI": "", "TX15": "Acme"}, {"DIVI": "AAA", "TX15": "Acme Corp."}, {"DIVI": "ZZZ", "TX15": "Old"}]
    erp, _ = adapter({"m3.MNS100MI.LstDivisions": results({"records": records})})
    assert [(value.code, value.description) for value in erp.entities()] == [("1000", "Acme Corp."), ("ZZZ", "Old")]
    erp, _ = adapter({"m3.MNS100MI.LstDivisions": failed("not allowed")})
    assert erp.entities() == ()


def test_the_calendar_tells_days_and_no_states() -> None:
    """Sorted by their first day, with a name where M3 has none."""
    erp, vendor = adapter({"m3.CRS910MI.Select": recorded("periods")})
    october, november = erp.periods("1000")
    assert (october.name, october.begins, october.open) == ("2026/10", date(2026, 10, 1), None)
    assert (november.name, november.ends) == ("Nov 2026", date(2026, 11, 30))
    query = dict(vendor.seen[0].query)
    assert (query["FDIV"], query["TDIV"], query["FPET"]) == ("AAA", "AAA", "1")


@pytest.mark.parametrize(
    ("operation", "record", "ask"),
    [
        ("m3.CRS910MI.Select", {"FDAT": "20261301", "TDAT": "20261130"}, "periods"),
        ("m3.CRS630MI.LstAccountID", {"AITM": ""}, "accounts"),
    ],
)
def test_what_identifies_nothing_is_malformed(operation: str, record: dict[str, str], ask: str) -> None:
    """A period without days, an identity without a code."""
    erp, _ = adapter({operation: results({"records": [record]})})
    with pytest.raises(Malformed):
        erp.periods("1000") if ask == "periods" else erp.accounts()


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"DATE": "20261116", "TIME": "130000", "LMTS": "soon"},
        {"DATE": "2026-11-16", "TIME": "130000", "LMTS": "1794830400000"},
        {"DATE": "20261118", "TIME": "130000", "LMTS": "1794830400000"},
        {"DATE": "20261116", "TIME": "130000", "LMTS": "9" * 30},
    ],
)
def test_a_time_that_is_none_is_malformed(record: dict[str, str]) -> None:
    """A cursor is not guessed."""
    erp, _ = adapter({"m3.GLS840MI.GetServerTime": results({"records": [record]})})
    with pytest.raises(Malformed):
        list(erp.changes(Kind.PURCHASE_ORDER, Window(NOON, NOON)))


def test_a_division_that_fails_stops_the_reading() -> None:
    """Nothing is told of projects whose currency is not known."""
    erp, _ = adapter({**ANSWERS, "m3.MNS100MI.GetBasicData": failed("Division AAA does not exist")}, setup=ONE)
    with pytest.raises(Exception, match="Division AAA does not exist"):
        list(erp.changes(Kind.PROJECT, Window(None, NOON)))
