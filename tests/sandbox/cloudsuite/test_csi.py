"""The simulated CSI answers as Mongoose documents it, over the same books as every other product line."""

from __future__ import annotations

import pickle
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector_sandbox.cloudsuite import books
from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.cloudsuite.csi import filters
from ml_connector_sandbox.cloudsuite.csi.idos import Property
from sandbox_csi import CsiClient
from sandbox_tenant import NOW


@pytest.fixture
def csi() -> CsiClient:
    """A client with a seeded tenant."""
    return CsiClient()


def test_two_hundred_rows_come_unless_another_cap_is_said() -> None:
    """-1 is the same as none, 0 is all, and MoreRowsExist says whether that was all."""
    csi = CsiClient(scale=20)
    for cap, rows, more in (("-1", 200, True), ("0", 300, False), ("7", 7, True), ("300", 300, False)):
        answer = csi.load("SLPos", "PoNum", recordcap=cap)
        assert (len(answer["Items"]), answer["MoreRowsExist"]) == (rows, more)
    assert len(csi.load("SLPos", "PoNum")["Items"]) == 200


@pytest.mark.parametrize("order", ["", "PoNum", "PoNum DESC", "VenCurrCode,OrderDate DESC", "PoCost"])
def test_bookmarks_lead_through_every_row_once(csi: CsiClient, order: str) -> None:
    """Forward to the end and back again, whatever the order, three at a time."""
    whole = [item["PoNum"] for item in csi.items("SLPos", "PoNum", orderby=order)]
    query = {"recordcap": "3", "orderby": order}
    seen: list[str] = []
    answer = csi.load("SLPos", "PoNum", **query)
    while True:
        seen += [item["PoNum"] for item in answer["Items"]]
        if not answer["MoreRowsExist"]:
            break
        answer = csi.load("SLPos", "PoNum", **query, loadtype="NEXT", bookmark=answer["Bookmark"])
    assert seen == whole
    last = csi.load("SLPos", "PoNum", **query, loadtype="LAST")
    assert [item["PoNum"] for item in last["Items"]] == whole[-3:]


def test_a_row_that_changes_between_pages_does_not_shift_them(csi: CsiClient) -> None:
    """The bookmark is a place in the order and not a count."""
    first = csi.load("SLPos", "PoNum", recordcap="5", orderby="PoNum")
    csi.tenant.tables["PurchaseOrder"].remove(csi.tenant.rows("PurchaseOrder")[0], NOW)
    rest = csi.items("SLPos", "PoNum", orderby="PoNum", loadtype="NEXT", bookmark=first["Bookmark"])
    assert len(first["Items"]) + len(rest) == 15


REFUSALS = {
    "no property": ({"properties": "Price"}, "was not found"),
    "no properties": ({"properties": ""}, "No properties"),
    "a function": ({"properties": "PoNum", "filter": "UPPER(PoNum) = 'X'"}, "functions"),
    "a subquery": ({"properties": "PoNum", "filter": "PoNum IN (SELECT PoNum)"}, "illegal"),
    "double quotes": ({"properties": "PoNum", "filter": 'PoNum = "X"'}, "illegal"),
    "half a filter": ({"properties": "PoNum", "filter": "PoNum ="}, "ends too soon"),
    "a load type": ({"properties": "PoNum", "loadtype": "SECOND"}, "load type"),
    "a cap": ({"properties": "PoNum", "recordcap": "many"}, "cap"),
    "a bookmark": ({"properties": "PoNum", "loadtype": "NEXT", "bookmark": "<B>x</B>"}, "bookmark"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_refusals_come_as_success_that_is_false(csi: CsiClient, what: str) -> None:
    """HTTP 200 says nothing."""
    query, words = REFUSALS[what]
    answer = csi.ido("GET", "/load/SLPos", **query)
    assert (answer["Success"], words in answer["Message"]) == (False, True), answer


def test_a_site_is_behind_its_configuration(csi: CsiClient) -> None:
    """It is mandatory, an unknown one is refused, and each shows its company alone."""
    for name in ("", "ACME_TST_MAIN"):
        assert csi.raw("GET", "/load/SLPos", name, properties="PoNum").json()["Success"] is False
    for company, count in (("1000", 15), ("2000", 10)):
        assert len(csi.items("SLPos", "PoNum", company)) == count
    assert csi.ido("GET", "/load/SLVendors", properties="VendNum")["Success"] is False
    assert csi.raw("GET", "/configurations", "").json()["Configurations"] == ["ACME_TST_1000", "ACME_TST_2000"]


def test_without_a_token_the_gateway_answers(csi: CsiClient) -> None:
    """401, before any site is asked."""
    assert csi.send("GET", "/ACME_TST/CSI/IDORequestService/ido/load/SLPos?properties=PoNum").status == 401


def test_values_are_text_padded_and_local(csi: CsiClient) -> None:
    """Ten characters for an order, seven for a vendor, null for nothing, and the site's clock without a zone."""
    item = csi.items("SLPos", "PoNum,VendNum,OrderDate,Charfld1,RecordDate", orderby="RecordDate DESC")[0]
    assert (len(item["PoNum"]), len(item["VendNum"]), item["Charfld1"] is None) == (10, 7, True)
    assert item["OrderDate"].endswith(" 00:00:00.000")
    row = max(csi.tenant.rows("PurchaseOrder"), key=lambda row: (row.fields["Company"] == "1000", row.updated))
    assert item["RecordDate"] == f"{row.updated - timedelta(hours=6):%Y%m%d %H:%M:%S}.000", "Chicago in November"
    assert all(value is None or isinstance(value, str) for value in item.values())


def test_a_line_in_several_parts_is_shown_as_releases_that_sum_to_it(csi: CsiClient) -> None:
    """To the cent, for every line of the books; a line in one part is itself."""
    properties = "PoNum,PoLine,PoRelease,QtyOrderedConv,ItemCostConv,NonInvAcct"
    for company in ("1000", "2000"):
        sums: dict[tuple[str, str], Decimal] = {}
        parts: dict[tuple[str, str], int] = {}
        for item in csi.items("SLPoItems", properties, company):
            key = (item["PoNum"].strip(), item["PoLine"])
            amount = Decimal(item["QtyOrderedConv"]) * Decimal(item["ItemCostConv"])
            sums[key] = sums.get(key, Decimal(0)) + amount
            parts[key] = parts.get(key, 0) + (item["PoRelease"] != "0")
        for order in (order for order in books.orders(csi.tenant) if order["company"] == company):
            for line in order["lines"]:
                key = (order["number"], line["line"])
                assert sums.pop(key) == Decimal(line["quantity"]) * Decimal(line["unit_cost"])
                count = len(line["distributions"])
                assert parts[key] == (count if count > 1 else 0)
        assert sums == {}


def test_short_unit_codes_have_four_characters_and_mean_the_same() -> None:
    """Shown short, taken short, and long in the books."""
    csi = CsiClient({"csi_short_unit_codes": True})
    for unit in (1, 2):
        codes = [item[f"Unit{unit}"] for item in csi.items(f"SLUnitcd{unit}s", f"Unit{unit}")]
        assert max(map(len, codes)) <= 4
        assert len(set(codes)) == len(codes)
    assert csi.enter(AcctUnit1="ITDV", AcctUnit2="2041")["Success"]
    (line,) = books.gl(csi.tenant)
    assert (line["cost_center"], line["project"]) == ("IT-DEV", "IT-2041")


def order_item(csi: CsiClient) -> dict[str, str]:
    """The first order as read now."""
    return csi.items("SLPos", "PoNum,Uf_JiraKey", orderby="PoNum")[0]


def test_an_update_holds_against_the_moment_that_the_item_was_read_at(csi: CsiClient) -> None:
    """The first one goes through and is in the books; another by the same reading is refused."""
    item = order_item(csi)
    csi.clock.advance(1)
    answer = csi.change("SLPos", 2, item["_ItemId"], Uf_JiraKey="PROC-1")
    assert answer["Success"]
    assert answer["RefreshItems"][0]["Uf_JiraKey"] == "PROC-1"
    stale = csi.change("SLPos", 2, item["_ItemId"], Uf_JiraKey="PROC-2")
    assert (stale["Success"], "modified by another user" in stale["Message"]) == (False, True)
    fields = [order["fields"] for order in books.orders(csi.tenant) if order["number"] == item["PoNum"].strip()]
    assert fields[0]["PurchaseOrderUserField5"] == "PROC-1"
    assert order_item(csi)["Uf_JiraKey"] == "PROC-1"


def test_an_update_without_an_item_goes_by_its_keys(csi: CsiClient) -> None:
    """And holds against nothing."""
    item = order_item(csi)
    assert csi.change("SLPos", 2, PoNum=item["PoNum"], Uf_JiraKey="PROC-9")["Success"]
    assert order_item(csi)["Uf_JiraKey"] == "PROC-9"
    assert csi.change("SLPos", 2, PoNum="nothing", Uf_JiraKey="PROC-9")["Success"] is False


@pytest.mark.parametrize(("first_only", "rows"), [(True, 1), (False, 3)])
def test_of_several_changes_the_first_alone_counts(first_only: bool, rows: int) -> None:  # noqa: FBT001 - both kinds
    """As field notes say; a site may process all of them. Success is true either way."""
    csi = CsiClient({"csi_first_change_only": first_only})
    row = {"Id": "MLC", "Acct": "612000", "TransDate": "20261105", "DomAmount": "1.00", "Ref": "X.1"}
    assert csi.changes("SLJournals", 1, "", row, count=3)["Success"]
    assert len(csi.items("SLJournals", "Ref")) == rows


ROWS = {
    "another journal": {"Id": "AP"},
    "no journal": {"Id": ""},
    "an account that ended": {"Acct": "699999"},
    "no such account": {"Acct": "1"},
    "an account too long": {"Acct": "6120001234567"},
    "a closed unit": {"AcctUnit1": "LEGACY"},
    "no such unit": {"AcctUnit1": "NONE"},
    "an account that needs a project": {"Acct": "613000"},
    "a closed period": {"TransDate": "20260905 00:00:00"},
    "no date": {"TransDate": "soon"},
    "no amount": {"DomAmount": ""},
    "half a cent": {"DomAmount": "1.005"},
    "an amount that is none": {"DomAmount": "a lot"},
    "a reference too long": {"Ref": "X" * 31},
    "a property that is not there": {"Description": "Labor"},
}


@pytest.mark.parametrize("what", ROWS)
def test_a_row_that_is_wrong_is_refused_and_not_entered(csi: CsiClient, what: str) -> None:
    """With words of its own."""
    answer = csi.enter(**ROWS[what])
    assert (answer["Success"], bool(answer["Message"])) == (False, True)
    assert books.gl(csi.tenant) == []


def test_nothing_makes_a_row_unique(csi: CsiClient) -> None:
    """The same row twice is two rows."""
    for _ in range(2):
        assert csi.enter()["Success"]
    assert len(books.gl(csi.tenant)) == 2


def balanced(csi: CsiClient, reference: str = "MLC-AAAA") -> None:
    """A debit and a credit."""
    assert csi.enter(Ref=f"{reference}.1 PROC-1")["Success"]
    assert csi.enter(Ref=f"{reference}.2", Acct="219900", AcctUnit1="", DomAmount="-12.00")["Success"]


def test_rows_wait_until_finance_posts_their_journal(csi: CsiClient) -> None:
    """First in the journal and released in the books, then in the ledger and posted, and never in both."""
    balanced(csi)
    assert {line["status"] for line in books.gl(csi.tenant)} == {"released"}
    assert (len(csi.items("SLJournals", "Ref")), csi.items("SLLedgers", "Ref")) == (2, [])
    assert csi.tenant.post_released() == 2
    assert csi.items("SLJournals", "Ref") == []
    lines = csi.items("SLLedgers", "Ref,DomAmount,TransDate,ControlYear,ControlPeriod,FromId")
    assert [line["Ref"] for line in lines if line["DomAmount"] == "12.00"] == ["MLC-AAAA.1 PROC-1"]
    assert {(line["ControlYear"], line["ControlPeriod"], line["FromId"]) for line in lines} == {("2026", "11", "MLC")}
    (line,) = (line for line in books.gl(csi.tenant) if line["sequence"] == 1)
    assert (line["reference"], line["issue_reference"], line["amount_minor"]) == ("MLC-AAAA", "PROC-1", 1200)


def test_a_journal_is_posted_as_a_whole_or_not(csi: CsiClient) -> None:
    """Out of balance it stays; another journal and another site go their own ways; a switch lets it through."""
    assert csi.enter()["Success"]
    assert csi.tenant.post_released() == 0
    for amount in ("1.00", "-1.00"):
        assert csi.enter(Id="General", Ref="G.1", DomAmount=amount)["Success"]
    assert csi.tenant.post_released() == 2
    csi.switches["csi_posts_unbalanced"] = True
    assert csi.tenant.post_released() == 1


def test_a_period_that_closed_meanwhile_keeps_the_journal(csi: CsiClient) -> None:
    """Nothing is posted into it, until it opens again."""
    balanced(csi)
    csi.tenant.set_period("1000", "2026-11", open_=False)
    assert csi.tenant.post_released() == 0
    csi.tenant.set_period("1000", "2026-11", open_=True)
    assert csi.tenant.post_released() == 2


def test_a_row_can_be_taken_out_until_it_is_posted(csi: CsiClient) -> None:
    """By its item's id; a second time it is not found."""
    balanced(csi)
    item = csi.items("SLJournals", "Ref", filter="Ref LIKE 'MLC-AAAA.1%'")[0]
    assert csi.change("SLJournals", 4, item["_ItemId"])["Success"]
    assert csi.change("SLJournals", 4, item["_ItemId"])["Success"] is False
    assert len(books.gl(csi.tenant)) == 1
    assert csi.change("SLLedgers", 4, item["_ItemId"])["Success"] is False


def test_a_foreign_amount_comes_with_its_currency(csi: CsiClient) -> None:
    """The books keep it in its own; the site shows what its table makes of it beside it."""
    assert csi.enter(DomAmount="", ForAmount="11250", CurrCode="JPY")["Success"]
    (line,) = books.gl(csi.tenant)
    assert (line["amount_minor"], line["currency"]) == (11250, "JPY")
    (item,) = csi.items("SLJournals", "DomAmount,ForAmount,CurrCode")
    assert (item["ForAmount"], item["CurrCode"], Decimal(item["DomAmount"]) < 100) == ("11250", "JPY", True)


def test_a_site_with_debit_and_credit_takes_no_signed_amount() -> None:
    """One of the two, and never below zero in the books' sense."""
    csi = CsiClient({"csi_journal_amounts": "columns"})
    assert csi.enter()["Success"] is False
    assert csi.enter(DomAmount="", CreditAmount="12.00")["Success"]
    assert [line["amount_minor"] for line in books.gl(csi.tenant)] == [-1200]


def test_a_method_posts_only_where_the_site_lets_it() -> None:
    """Return value 16 and words where it does not work; no such method unless the switch names it."""
    csi = CsiClient()
    balanced(csi)
    call = ("POST", "/invoke/SLJournals?method=PostJournalSp", ["MLC", ""])
    assert csi.ido(*call)["Success"] is False
    csi.switches["csi_posting_method"] = "PostJournalSp"
    csi.enter()
    answer = csi.ido(*call)
    assert (answer["ReturnValue"], answer["Parameters"]) == ("16", ["MLC", "The journal is out of balance."])
    csi.enter(DomAmount="-12.00")
    assert csi.ido(*call)["ReturnValue"] == "0"
    assert {line["status"] for line in books.gl(csi.tenant)} == {"posted"}


def test_a_fault_inside_strikes_a_change(csi: CsiClient) -> None:
    """The row of a batch that fails is here the one change of a request."""
    csi.tenant.strikes = lambda name: name == "partial_batch"
    assert csi.enter()["Success"] is False
    assert books.gl(csi.tenant) == []


def test_properties_and_idos_tell_of_themselves(csi: CsiClient) -> None:
    """So that a client can hold its names against the site."""
    names = {each["Name"] for each in csi.ido("GET", "/propertyinfo/SLPos")["Properties"]}
    assert {"PoNum", "Uf_JiraKey", "RecordDate"} <= names
    assert csi.ido("GET", "/info/SLPos")["Table"] == "po"
    csi.switches["csi_user_extensions"] = False
    names = {each["Name"] for each in csi.ido("GET", "/propertyinfo/SLPos")["Properties"]}
    assert "Uf_JiraKey" not in names
    assert csi.load("SLPos", "Uf_JiraKey")["Success"] is False


def test_a_world_that_was_put_away_posts_as_before(csi: CsiClient) -> None:
    """What decides about posting is a part of the tenant, and comes back with it."""
    csi.enter()
    tenant = pickle.loads(pickle.dumps(csi.tenant))
    assert tenant.post_released() == 0
    tenant.switches["csi_posts_unbalanced"] = True
    assert tenant.post_released() == 1
    assert {line["status"] for line in books.gl(csi.tenant)} == {"released"}


KINDS = {"A": "text", "N": "number", "D": "date"}
VALUES = {"A": "a b", "N": "10.50", "D": "20261105 08:15:30.123"}


def passes(text: str) -> bool:
    """Whether the values pass a filter."""
    return filters.compiled(text, lambda name: Property(name, KINDS[name]))(VALUES)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", True),
        ("A = 'A B  '", True),
        ("A = N'a b' AND N = 10.5", True),
        ("A <> 'a b' OR N > 10", True),
        ("NOT (A = 'a b')", False),
        ("A LIKE 'a%' and A like '_ b'", True),
        ("A NOT LIKE '%c%'", True),
        ("A IN ('x', 'A B')", True),
        ("A NOT IN ('x')", True),
        ("A IS NULL", False),
        ("A IS NOT NULL", True),
        ("N >= 10.5 AND N <= 10.50", True),
        ("D > '20261105 08:15:30'", True),
        ("D >= '20261105 08:15:30.124'", False),
        ("D < '20261106'", True),
        ("A = 'it''s'", False),
    ],
)
def test_filters_mean_what_they_say(text: str, wanted: bool) -> None:  # noqa: FBT001 - a truth table
    """A restricted where clause, compared by the type of the property."""
    assert passes(text) is wanted


@given(st.text(max_size=30))
def test_a_filter_is_a_test_or_is_refused(text: str) -> None:
    """Whatever a client writes, nothing else breaks."""
    try:
        assert passes(text) in (True, False)
    except (Refused, KeyError):
        return
