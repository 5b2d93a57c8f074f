"""Loads of CSI as rows. Goal: neutral names and keys, whole lines, and every answer a value or an error of ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csi_answers import BERLIN, EXTRA, MAIN, adapter, attempted, digits, recorded
from ml_connector.core.distributions import distribution_weights
from ml_connector.core.orders import order_from_rows, project_from_row
from ml_connector.core.periods import Period
from ml_connector.core.records import Coding, Finding, Kind, OrderLine, Project, PurchaseOrder, Row
from ml_connector.erp.csi.fields import field_map
from ml_connector.erp.csi.loads import Page, begins, is_one_of, load_request, parse_page, quoted
from ml_connector.erp.csi.sites import since_text
from ml_connector.erp.port import Window
from ml_connector.errors import ConnectorError, InvariantBroken, Malformed, Misconfigured
from ml_connector.wire import Response, Safety
from stub_vendors import NOON, answer

ALL = Window(None, NOON)
HOUR = Window(NOON - timedelta(hours=1), NOON)


def rows(kind: Kind, *names: str, window: Window = ALL) -> list[Row]:
    """The rows of those answers."""
    erp, _ = adapter(*names)
    return [row for page in erp.changes(kind, window) for row in page]


def the_order() -> PurchaseOrder:
    """The recorded order, as the core assembles it."""
    parts = [
        *rows(Kind.PURCHASE_ORDER, "orders-1", "orders-2")[:1],
        *rows(Kind.ORDER_LINE, "items"),
        *rows(Kind.DISTRIBUTION, "items"),
    ]
    found = order_from_rows(parts, digits)
    assert isinstance(found, PurchaseOrder)
    return found


def test_an_order_is_read_in_neutral_words() -> None:
    """Numbers without their padding, days without hours, states as flags; user properties keep CSI's names."""
    first, second, third = rows(Kind.PURCHASE_ORDER, "orders-1", "orders-2")
    assert dict(first.fields) == {
        "entity": "1000",
        "number": "PO00000123",
        "vendor": "Brightwater Consulting",
        "buyer": "jnunez",
        "ordered": "2026-10-01",
        "currency": "USD",
        "closed": "false",
        "description": "",
        "type": "",
        "invoiced": "",
        "begins": "",
        "ends": "",
        "hours": "",
        "field:Uf_JiraKey": "PROC-7",
    }
    assert (second.key, second.fields["number"], second.fields["closed"]) == ("1000/4711", "4711", "true")
    assert third.key == "1000/55%2FA"


def test_each_site_is_asked_by_its_configuration_and_tells_its_entity() -> None:
    """The same number in two sites is two orders."""
    erp, vendor = adapter("orders-2", "orders-2", sites=(MAIN, BERLIN))
    found = [row.key for page in erp.changes(Kind.PURCHASE_ORDER, ALL) for row in page]
    assert found == ["1000/55%2FA", "2000/55%2FA"]
    asked = [request.headers["X-Infor-MongooseConfig"] for request in vendor.seen]
    assert asked == ["ACME_TST_MAIN", "ACME_TST_BER"]


def test_pages_follow_by_bookmark_and_the_cap_is_always_said() -> None:
    """CSI's own cap is 200 rows; the second page asks for what comes after the first one's bookmark."""
    erp, vendor = adapter("orders-1", "orders-2")
    assert len([row for page in erp.changes(Kind.PURCHASE_ORDER, ALL) for row in page]) == 3
    first, second = (dict(request.query) for request in vendor.seen)
    assert (first["recordcap"], first["loadtype"], "bookmark" in first) == ("1000", "FIRST", False)
    bookmark = json.loads(recorded("orders-1").body)["Bookmark"]
    assert (second["recordcap"], second["loadtype"], second["bookmark"]) == ("1000", "NEXT", bookmark)
    assert all(request.safety is Safety.READ for request in vendor.seen)


def test_pages_that_do_not_advance_are_an_error() -> None:
    """A bookmark that leads to itself would be followed for ever."""
    erp, _ = adapter("orders-1", "orders-1", "orders-1")
    with pytest.raises(Malformed, match="begins where another did"):
        list(erp.changes(Kind.PURCHASE_ORDER, ALL))


def test_a_line_is_all_of_its_open_releases_and_each_is_coded() -> None:
    """A whole line keeps its quantity; releases add up, and what is closed counts no more."""
    order = the_order()
    whole, parted, bolts = order.lines
    assert (whole.number, whole.quantity, whole.amount.minor) == ("1", Decimal(100), 855000)
    assert [part.coding for part in whole.distributions] == [Coding("1000", "612000", "ITDV", "2041", (("3", "NYC"),))]
    assert (parted.quantity, parted.amount.minor) == (Decimal("100.0"), 700000)
    assert [part.coding for part in parted.distributions] == [
        Coding("1000", "612000", "ITDV", "2041"),
        Coding("1000", "613000", "ITOP", "IT-2042"),
    ]
    assert distribution_weights(parted) == (Fraction("0.604"), Fraction("0.396"))
    assert bolts.distributions == ()


def test_the_project_is_a_unit_code_and_else_the_cross_reference() -> None:
    """A line that names no project unit but is cross-referenced to a project is charged to that."""
    second = the_order().lines[1].distributions[1]
    assert second.coding.project == "IT-2042"


def test_a_line_of_releases_at_different_costs_counts_by_value() -> None:
    """Quantities alone would weigh them wrongly."""
    body = json.loads(recorded("items").body)
    body["Items"][1]["ItemCostConv"] = "100.00"
    erp, _ = adapter(answer(body), answer(body), "orders-2")
    parts = [row for kind in (Kind.ORDER_LINE, Kind.DISTRIBUTION) for page in erp.changes(kind, ALL) for row in page]
    header = rows(Kind.PURCHASE_ORDER, "orders-1", "orders-2")[0]
    order = order_from_rows([header, *parts], digits)
    assert isinstance(order, PurchaseOrder)
    line = order.lines[1]
    assert line.amount.minor == 604000 + 277200
    assert distribution_weights(line) == (Fraction(6040, 8812), Fraction(2772, 8812))


@given(st.sampled_from(["", "x", "1e999", "NaN", "12,5", "-"]), st.sampled_from(["QtyOrderedConv", "ItemCostConv"]))
def test_a_quantity_that_is_none_is_a_finding(text: str, name: str) -> None:
    """Nothing is guessed: the order says that it cannot be read, or has no amount where nothing stands."""
    body = json.loads(recorded("items").body)
    body["Items"][2][name] = text
    erp, _ = adapter(answer(body), answer(body))
    parts = [row for kind in (Kind.ORDER_LINE, Kind.DISTRIBUTION) for page in erp.changes(kind, ALL) for row in page]
    header = rows(Kind.PURCHASE_ORDER, "orders-1", "orders-2")[0]
    found = order_from_rows([header, *parts], digits)
    assert isinstance(found, PurchaseOrder if not text else Finding)


def test_a_change_of_one_release_reads_its_order_again() -> None:
    """A delta shows the release alone, and a line is all of them."""
    body = json.loads(recorded("items").body)
    changed = {**body, "Items": [body["Items"][2]]}
    erp, vendor = adapter(answer(changed), "items")
    (line,) = [row for page in erp.changes(Kind.ORDER_LINE, HOUR) for row in page if row.fields["line"] == "2"]
    assert line.fields["quantity"] == "100.0"
    assert dict(vendor.seen[1].query)["filter"] == "PoNum IN ('PO00000123')"


def test_a_change_of_a_whole_line_is_told_as_it_is() -> None:
    """No further call is made for it."""
    body = json.loads(recorded("items").body)
    erp, vendor = adapter(answer({**body, "Items": [body["Items"][0], body["Items"][4]]}))
    told = [row.fields["line"] for page in erp.changes(Kind.ORDER_LINE, HOUR) for row in page]
    assert (told, len(vendor.seen)) == (["1", "3"], 1)


def test_a_whole_list_in_place_of_a_delta_needs_no_second_reading() -> None:
    """Where the site does not filter by moment, all parts of every line are there already."""
    erp, vendor = adapter("illegal-filter", "items", "items")
    for _ in range(2):
        told = [row.fields["quantity"] for page in erp.changes(Kind.ORDER_LINE, HOUR) for row in page]
        assert told == ["100.00000000", "100.0", "500"]
    assert len(vendor.seen) == 3


def test_a_delta_asks_from_the_sites_own_clock() -> None:
    """Chicago is six hours behind in November; the bound counts as well."""
    erp, vendor = adapter("nothing")
    list(erp.changes(Kind.PURCHASE_ORDER, HOUR))
    assert dict(vendor.seen[0].query)["filter"] == "RecordDate >= '20261116 05:00:00.000'"


def test_a_site_that_does_not_filter_by_moment_is_read_whole_from_then_on() -> None:
    """The first refusal costs a call, the next reading none."""
    erp, vendor = adapter("illegal-filter", "orders-2", "orders-2")
    for _ in range(2):
        assert len([row for page in erp.changes(Kind.PURCHASE_ORDER, HOUR) for row in page]) == 1
    assert ["filter" in dict(request.query) for request in vendor.seen] == [True, False, False]


@given(
    st.integers(0, 2 * 365 * 24 * 60),
    st.integers(0, 400 * 24 * 60),
    st.integers(0, 60 * 24 * 60),
    st.sampled_from(["UTC", "America/Chicago", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]),
)
def test_no_record_of_the_window_lies_before_its_bound(begin: int, span: int, at: int, zone: str) -> None:
    """Whatever the clocks do between: a label that the site can have written since is not below the bound."""
    since = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=begin)
    until = since + timedelta(minutes=span)
    written = since + timedelta(minutes=min(at, span))
    label = f"{written.astimezone(ZoneInfo(zone)):%Y%m%d %H:%M:%S}.{written.microsecond // 1000:03d}"
    assert since_text(since, until, ZoneInfo(zone)) <= label


def test_a_project_is_read_with_its_money() -> None:
    """Budget, actuals and commitments; one that tells no currency is in the site's, one that is complete is ended."""
    first, second = (project_from_row(row, digits) for row in rows(Kind.PROJECT, "projects"))
    assert isinstance(first, Project)
    assert isinstance(second, Project)
    assert (first.key, first.number, first.active, first.budget.minor) == ("1000/IT-2041", "IT-2041", True, 25000000)
    assert (first.actual.minor, first.commitment.minor, first.fields["Uf_JiraKey"]) == (9640000, 3800000, "DEL-1")
    assert (second.currency, second.active, second.budget.minor, second.begins) == ("USD", False, 0, None)


def test_accounts_with_an_end_and_codes_that_no_account_takes_are_inactive() -> None:
    """What CSI would refuse is not planned with."""
    erp, _ = adapter("accounts", "units", "allowed")
    assert [(value.code, value.active) for value in erp.accounts()] == [("612000", True), ("699999", False)]
    erp, vendor = adapter("allowed", "units")
    assert [(value.code, value.active) for value in erp.cost_centers()] == [("ITDV", True), ("LEGC", False)]
    assert dict(vendor.seen[0].query)["distinct"] == "true"
    erp, _ = adapter("nothing", "units")
    assert all(value.active for value in erp.cost_centers()), "a site without such a list takes every code"


def test_sites_that_share_a_chart_tell_each_code_once() -> None:
    """Active in one of them is active."""
    closed = answer({**json.loads(recorded("accounts").body), "Items": [{"Acct": "612000", "ObsDate": "20200101"}]})
    erp, _ = adapter(closed, "accounts", sites=(MAIN, BERLIN))
    assert [(value.code, value.active) for value in erp.accounts()] == [("612000", True), ("699999", False)]


def test_periods_stand_side_by_side_in_their_year() -> None:
    """Closed, open or not told; a year without a thirteenth has none."""
    erp, _ = adapter("periods")
    assert [(period.name, period.ends.isoformat(), period.open) for period in erp.periods("1000")] == [
        ("2026-01", "2026-01-31", False),
        ("2026-02", "2026-02-28", True),
        ("2026-03", "2026-03-31", None),
    ]
    assert all(
        isinstance(period, Period) and period.entity == "1000" for period in adapter("periods")[0].periods("1000")
    )


def test_a_site_without_states_of_periods_is_asked_without_them() -> None:
    """It refuses the properties, and the calendar is read all the same."""
    erp, vendor = adapter("illegal-filter", "periods")
    assert len(erp.periods("1000")) == 3
    assert "PerClosed" not in dict(vendor.seen[1].query)["properties"]


def test_the_map_is_held_against_the_site() -> None:
    """Properties that it lacks are named, and configurations that the tenant has not."""
    everything = answer({"Configurations": ["ACME_TST_OTHER"]})
    properties = answer({"Properties": [{"Name": name} for name in ("PoNum", "VendorName", "Buyer", "OrderDate")]})
    erp, _ = adapter(everything, *[properties] * 30)
    missing = erp.missing_fields()
    assert "configuration ACME_TST_MAIN" in missing
    assert "SLPos.VenCurrCode" in missing
    assert "SLPos.PoNum" not in missing
    assert not [name for name in missing if name.startswith(("SLUnitcd3", "SLChartUnitcd4"))], "not read, not missed"


@pytest.mark.parametrize("overrides", [{"SLVendors": {"number": "x"}}, {"SLPos": {"price": "PoCost"}}])
def test_a_map_of_what_is_not_read_is_refused(overrides: dict[str, dict[str, str]]) -> None:
    """An IDO or a name that nothing reads is a mistake."""
    with pytest.raises(Misconfigured, match="is not read"):
        field_map(overrides, EXTRA)


def test_a_lack_of_rights_says_what_to_do() -> None:
    """CSI answers 200 and says it in words."""
    erp, _ = adapter("privilege")
    with pytest.raises(Misconfigured, match="requires .Read. privilege"):
        list(erp.changes(Kind.PURCHASE_ORDER, ALL))


@given(st.text(max_size=20))
def test_a_text_in_a_filter_ends_where_it_ends(text: str) -> None:
    """No quote inside it ends it, and control characters are refused."""
    try:
        written = quoted(text)
    except InvariantBroken:
        assert not text.isprintable()
        return
    assert written.startswith("'" if text.isascii() else "N'")
    assert written.removeprefix("N")[1:-1].replace("''", "").count("'") == 0
    assert written.removeprefix("N")[1:-1].replace("''", "'") == text


@pytest.mark.parametrize("text", ["", "MLC-%", "MLC_", "[A-Z]"])
def test_a_search_that_would_find_everything_is_refused(text: str) -> None:
    """An empty beginning, and what LIKE takes for a wildcard."""
    with pytest.raises(InvariantBroken):
        begins("Ref", text)


def test_a_number_is_sought_in_both_spellings() -> None:
    """CSI pushes digits to the right of ten characters; which spelling a site keeps is its own."""
    assert is_one_of("PoNum", ("4711", "      4711")) == "PoNum IN ('4711', '      4711')"


REQUEST = load_request(MAIN, "SLPos", ("PoNum",), 10)


@given(
    st.one_of(
        st.binary(max_size=60).map(lambda body: Response(200, {}, body)),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["Items", "Success", "Message", "Bookmark", "MoreRowsExist", "x"]), inner
                )
            ),
            max_leaves=12,
        ).map(answer),
        st.sampled_from([301, 400, 404, 409, 422]).map(lambda status: answer({"Success": True}, status)),
    )
)
def test_every_answer_is_a_page_or_an_error_of_ours(response: Response) -> None:
    """Whatever stands in place of a load's answer."""
    assert isinstance(attempted(lambda: parse_page(REQUEST, response)), Page | ConnectorError)


def test_a_line_that_is_whole_needs_no_sum() -> None:
    """Its quantity stays as CSI wrote it, digit by digit."""
    found = the_order().lines[0]
    assert isinstance(found, OrderLine)
    assert rows(Kind.ORDER_LINE, "items")[0].fields["quantity"] == "100.00000000"
