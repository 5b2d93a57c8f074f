"""The M3 interface: envelopes, standard parameters, exports, and failures inside HTTP 200."""

from __future__ import annotations

import pytest

from ml_connector_sandbox.cloudsuite.m3.routes import BASE
from sandbox_m3 import Play


@pytest.fixture
def play() -> Play:
    """A new world whose CloudSuite is M3."""
    return Play()


def test_one_transaction_answers_in_the_envelope(play: Play) -> None:
    """Records are text, and the counters are misspelled as M3 misspells them."""
    answer = play.get("PPS200MI", "GetHead", "PUNO=00045001&cono=100")
    assert answer["nrOfSuccessfullTransactions"] == 1
    assert answer["nrOfFailedTransactions"] == 0
    [record] = answer["results"][0]["records"]
    assert record["DIVI"] == "AAA"
    assert all(isinstance(value, str) for value in record.values())


@pytest.mark.parametrize(
    ("program", "transaction", "query", "field"),
    [
        ("PPS200MI", "GetHead", "PUNO=99999999", "PUNO"),
        ("PPS200MI", "GetHead", "", "PUNO"),
        ("PPS200MI", "DltHead", "PUNO=00045001", ""),
        ("PPS200MI", "GetHead", "PUNO=00045001&cono=200", "CONO"),
        ("EXPORTMI", "Select", "QERY=drop%20table%20MPHEAD", "QERY"),
    ],
)
def test_failures_come_inside_200(play: Play, program: str, transaction: str, query: str, field: str) -> None:
    """The status says nothing: the counters do, and the result names the field."""
    answer = play.get(program, transaction, query)
    assert answer["nrOfFailedTransactions"] == 1
    [result] = answer["results"]
    assert result["errorMessage"]
    assert (result["errorField"], result["records"]) == (field, [])


def test_nothing_is_told_without_a_token(play: Play) -> None:
    """The gateway stands before M3 as before the other lines."""
    assert play.erp.send("GET", f"{BASE}/PPS200MI/GetHead?PUNO=00045001").status == 401


def test_records_are_shaped_as_asked(play: Play) -> None:
    """Columns, date format, empty values and trailing blanks are the caller's choice."""
    [plain] = play.records("PPS200MI", "GetHead", "PUNO=00045001&returncols=PUNO,PUDT")
    assert set(plain) == {"PUNO", "PUDT"}
    [dated] = play.records("PPS200MI", "GetHead", "PUNO=00045001&returncols=PUDT&dateformat=DMY6")
    assert dated["PUDT"] == plain["PUDT"][6:] + plain["PUDT"][4:6] + plain["PUDT"][2:4]
    [identity] = play.records("CRS630MI", "GetAccountID", "AITP=1&AITM=612000&excludeempty=true")
    assert "VFDT" not in identity
    [padded] = play.records("PPS200MI", "GetHead", "PUNO=00045001&returncols=CUCD&righttrim=false")
    assert padded["CUCD"] == "USD       "


def test_lists_are_cut_at_maxrecs(play: Play) -> None:
    """0 is all there are; the default is less than many."""
    assert len(play.records("CMS100MI", "LstMLMPHEAD", "maxrecs=3")) == 3
    assert len(play.records("CMS100MI", "LstMLMPHEAD", "maxrecs=0")) == 25


def test_a_bulk_request_succeeds_in_part(play: Play) -> None:
    """Each transaction stands for itself."""
    answer = play.post("PPS200MI", ("GetHead", {"PUNO": "00045001"}), ("GetHead", {"PUNO": "1"}))
    assert (answer["nrOfSuccessfullTransactions"], answer["nrOfFailedTransactions"]) == (1, 1)
    assert ["errorMessage" in result for result in answer["results"]] == [False, True]


def test_an_export_gives_separated_lines_under_a_header(play: Play) -> None:
    """Physical names carry the table's prefix, and the header line repeats them."""
    record = {"QERY": "IAPUNO,IADIVI from MPHEAD where IAPUNO >= '00045014'", "SEPC": "|", "HDRS": "1"}
    answer = play.post("EXPORTMI", ("Select", record), query="maxrecs=3")
    assert [each["REPL"] for each in answer["results"][0]["records"]] == [
        "IAPUNO|IADIVI",
        "00045014|AAA",
        "00045015|AAA",
    ]


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("IADIVI = 'AAA'", 15),
        ("IADIVI <> 'AAA'", 10),
        ("IAPUNO like '2%'", 10),
        ("IAPUNO in ('00045001','00045002', '7')", 2),
        ("IALMDT >= 20261117 and IACONO = 100", 2),
        ("IALMDT > 20261231", 0),
    ],
)
def test_exports_take_plain_conditions(play: Play, where: str, count: int) -> None:
    """Comparisons of text and numbers, beginnings and lists, joined by `and`."""
    assert len(play.select(f"IAPUNO from MPHEAD where {where}")) == count


def test_exports_have_limits(play: Play) -> None:
    """A query is 982 characters at most, unknown tables and columns are refused, and so are views."""
    for query in (
        f"IAPUNO from MPHEAD where IAPUNO = '{'9' * 982}'",
        "IAPUNO from NOTHING",
        "IAABCD from MPHEAD",
        "PUNO from MPHEAD",
        "C1PUNO from CODING",
    ):
        assert play.get("EXPORTMI", "Select", f"QERY={query}")["nrOfFailedTransactions"] == 1, query


def test_an_export_can_take_plain_columns_or_be_locked(play: Play) -> None:
    """Both are the tenant's own."""
    play.control("PUT", "/switches", {"m3_prefixed_columns": False})
    assert len(play.select("PUNO from MPHEAD")) == 25
    assert {each["FLDN"] for each in play.records("EXPORTMI", "LstFields", "FILE=FGLEDX")} >= {"GEXN", "GEXI"}
    play.control("PUT", "/switches", {"m3_exports_locked": True})
    assert play.get("EXPORTMI", "Select", "QERY=PUNO from MPHEAD")["nrOfFailedTransactions"] == 1


def test_a_days_change_is_the_servers_day(play: Play) -> None:
    """Late in the evening in UTC, it is tomorrow in Stockholm."""
    play.clock.advance(13.75 * 3600)
    play.control("POST", "/cloudsuite/purchase-orders/1000/00045001", {"PurchaseOrderDate": "20261101"})
    [[changed]] = play.select("IALMDT from MPHEAD where IAPUNO = '00045001'")
    assert changed == "20261121"
    [time] = play.records("PPS200MI", "GetServerTime")
    assert (time["DATE"], time["TIME"]) == ("20261121", "001500")
    assert int(time["LMTS"]) == play.clock.now().timestamp() * 1000
    [zone] = play.records("PPS200MI", "ServerTimeZone")
    assert zone["TMTZ"].endswith("+01:00")


def test_one_order_number_means_one_order(play: Play) -> None:
    """Elsewhere two companies may use one; in M3 it is unique over all divisions."""
    numbers = [number for [number] in play.select("IAPUNO from MPHEAD")]
    assert len(numbers) == len(set(numbers)) == 25
    [head] = play.records("PPS200MI", "GetHead", "PUNO=20045015")
    assert head["DIVI"] == "BBB"
    assert play.records("PPS200MI", "LstLine", "PUNO=20045015")[0]["PNLI"] == "1"


def test_a_list_of_the_customers_is_cut_by_its_edges(play: Play) -> None:
    """`F_` and `T_` fields bound a column, as in lists built in CMS100."""
    rows = play.records("CMS100MI", "LstMLCODING", "F_PUNO=00045003&T_PUNO=00045003&maxrecs=0")
    assert rows
    assert {row["C1PUNO"] for row in rows} == {"00045003"}
    assert {row["C1AIT1"] for row in rows} <= {"612000", "613000"}


def test_projects_show_budget_and_actuals_by_item(play: Play) -> None:
    """Per division, and the commitments under an item of their own."""
    projects = play.records("POS100MI", "SearchProject", "SQRY=*&divi=BBB&maxrecs=0")
    assert [each["PROJ"] for each in projects] == ["ENG-501", "ENG-502", "ENG-503"]
    totals = play.records("POS111MI", "LstTotal1", "DIVI=BBB&PROJ=ENG-501&VERS=1")
    assert {each["IDEN"]: (each["BUAT"], each["OUAT"]) for each in totals} == {
        "LABOR": ("310000.00", "84200.00"),
        "COMMIT": ("0", "41000.00"),
    }
    [element] = play.records("POS100MI", "LstElement1", "DIVI=BBB&PROJ=ENG-501&VERS=1")
    assert element["ELNO"] == "ENG-501"


def test_identities_divisions_and_periods_are_listed(play: Play) -> None:
    """Accounts and dimensions with their blocking, divisions with their currency, periods without their state."""
    centers = {each["AITM"]: each["LCCD"] for each in play.records("CRS630MI", "LstAccountID", "AITP=2&maxrecs=0")}
    assert centers["IT-DEV"] == "0"
    assert centers["LEGACY"] == "1"
    assert play.records("CRS630MI", "LstAccountID", "AITP=4")[0]["AITM"] == "NYC"
    assert play.records("CRS630MI", "LstAccountID", "AITP=9") == []
    assert play.records("MNS100MI", "GetBasicData", "DIVI=BBB")[0]["LOCD"] == "EUR"
    assert [each["DIVI"] for each in play.records("MNS100MI", "LstDivisions", "CONO=100")] == ["AAA", "BBB"]
    periods = play.records("CRS910MI", "Select", "FDIV=AAA&FPET=1&maxrecs=0")
    assert ("2026", "11", "20261101", "20261130") in {
        (each["YEA4"], each["PERI"], each["FDAT"], each["TDAT"]) for each in periods
    }
    assert play.records("GLS200MI", "LstVouchersByDt", "DIVI=AAA&FRDT=20260101&TODT=20261231") == []


def test_custom_fields_are_added_once_and_then_changed(play: Play) -> None:
    """Adding again fails, so does changing what is not there; the books show the key where they show it."""
    record = {"FILE": "MPHEAD", "PK01": "20045015", "A030": "PROC-7"}
    assert play.get("CUSEXTMI", "GetFieldValue", "FILE=MPHEAD&PK01=20045015")["nrOfFailedTransactions"] == 1
    assert play.errors("CUSEXTMI", ("ChgFieldValue", record)) == ["The record does not exist"]
    assert play.errors("CUSEXTMI", ("AddFieldValue", record), ("AddFieldValue", record)) == [
        "",
        "The record already exists",
    ]
    assert play.errors("CUSEXTMI", ("ChgFieldValue", {**record, "A030": "PROC-8", "N096": "1.5"})) == [""]
    [row] = play.records("CUSEXTMI", "GetFieldValue", "FILE=MPHEAD&PK01=20045015")
    assert (row["A030"], row["N096"]) == ("PROC-8", "1.5")
    books = {(each["company"], each["number"]): each["fields"] for each in play.control("GET", "/books/orders")}
    assert books["2000", "20045015"]["PurchaseOrderUserField5"] == "PROC-8"
    assert books["1000", "00045015"]["PurchaseOrderUserField5"] == ""
    wide = {**record, "A030": "X" * 31}
    nobody = {**record, "PK01": "1"}
    assert all(play.errors("CUSEXTMI", ("ChgFieldValue", wide), ("AddFieldValue", nobody)))
