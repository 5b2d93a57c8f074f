"""Landmark's lists. Goal: every row exactly as it was sent, every page once, and nothing read from what is no list."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm_answers import recorded, refusal
from ml_connector.erp.fsm.answers import batch_request, parse_batch
from ml_connector.erp.fsm.lists import ListRefused, Record, equals, list_request, parse_page, read_pages, stamp, within
from ml_connector.erp.port import Window
from ml_connector.errors import ConnectorError, InvariantBroken, Malformed
from ml_connector.wire import Request, Response, Safety
from stub_vendors import NOON, Script, answer

REQUEST = list_request("PurchaseOrder", ("Company", "PurchaseOrder"), 2)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["_fields", "_links", "_count", "rel", "href", "exception", "message", "a"]), inner, max_size=3
    ),
    max_leaves=8,
)  # fmt: skip
bodies = st.binary(max_size=80) | json_values.map(lambda value: json.dumps(value).encode())


def page(rows: list[str], following: str = "") -> Response:
    """A page of one-field rows, with a link to the next one."""
    links = [{"rel": "next", "href": following}] if following else []
    return answer([{"_count": len(rows), "_links": links}, *({"_fields": {"Company": row}} for row in rows)])


def companies(*pages: Response) -> list[str]:
    """What is read over those pages."""
    return [record.fields["Company"] for records in read_pages(Script(pages), REQUEST) for record in records]


def test_a_list_asks_for_its_fields_its_rows_and_its_links() -> None:
    """The limit is always said, since the service's own is 5 rows."""
    assert dict(REQUEST.query) == {"_fields": "Company,PurchaseOrder", "_limit": "2", "_links": "true"}
    assert (REQUEST.url, REQUEST.safety) == ("/FSM/fsm/soap/classes/PurchaseOrder/lists/_generic", Safety.READ)


def test_links_are_followed_to_the_end() -> None:
    """Each page's query is that of the link before it, below the same class."""
    vendor = Script([recorded("purchase-orders-1"), recorded("purchase-orders-2")])
    pages = list(read_pages(vendor, REQUEST))
    assert [len(records) for records in pages] == [2, 2]
    assert dict(vendor.seen[1].query)["_pageKey"] == "1000|4500013"
    assert vendor.seen[1].url == REQUEST.url


def test_a_link_cannot_lead_elsewhere() -> None:
    """Only the query of a link is taken: the token is not carried to another host or class."""
    link = "https://elsewhere.example.com/FSM/fsm/soap/classes/Employee/lists/_generic?_paging=NEXT"
    vendor = Script([page(["1"], link), page(["2"])])
    list(read_pages(vendor, REQUEST))
    assert vendor.seen[1].url == REQUEST.url
    assert vendor.seen[1].query == (("_paging", "NEXT"),)


def test_pages_that_do_not_advance_are_malformed() -> None:
    """The same link twice, and the same rows twice, end the reading with an error instead of a loop."""
    with pytest.raises(Malformed, match="read before"):
        companies(page(["1"], "?p=2"), page(["2"], "?p=2"), page(["3"], "?p=2"))
    with pytest.raises(Malformed, match="the same"):
        companies(page(["1"], "?p=2"), page(["1"], "?p=3"))


def test_an_empty_list_has_no_rows() -> None:
    """With metadata or without."""
    assert companies(answer([])) == []
    assert companies(answer([{"_count": 0}])) == []


def test_an_empty_page_in_between_is_no_end() -> None:
    """The link decides, not the number of rows."""
    assert companies(page(["1"], "?p=2"), page([], "?p=3"), page(["3"])) == ["1", "3"]


@given(st.lists(st.lists(st.text(max_size=3), max_size=3), min_size=1, max_size=6))
def test_every_row_arrives_once_and_in_order(rows: list[list[str]]) -> None:
    """Cut into whatever pages, the list is the same (rows are numbered, as no two pages are alike)."""
    numbered = [[f"{number}.{index}:{text}" for index, text in enumerate(part)] for number, part in enumerate(rows)]
    last = len(rows) - 1
    pages = [page(part, f"?p={number}" if number < last else "") for number, part in enumerate(numbered)]
    assert companies(*pages) == [row for part in numbered for row in part]


def test_values_stay_as_the_erp_wrote_them() -> None:
    """No digit is lost to a float: text, numbers, flags and nothing are text in the ERP's own spelling."""
    body = b'[{"_fields":{"a":"1.10","b":85.500000001,"c":1e2,"d":true,"e":null,"f":12345678901234567890.10}}]'
    (record,) = parse_page(REQUEST, Response(200, {}, body)).records
    assert dict(record.fields) == {
        "a": "1.10", "b": "85.500000001", "c": "1e2", "d": "true", "e": "", "f": "12345678901234567890.10",
    }  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[1]", b"<html>", b'[{"_count":1},{"Company":"1000"}]', b'[{"_fields":[]}]',
        b'[{"_fields":{"a":[]}}]',
        b'[{"_fields":{}},{"x":1}]', b'[{"_links":{}}]', b'[{"_count":0}', b'[{"_fields":{"a":"\xff"}}]',
    ],
)  # fmt: skip
def test_what_is_no_list_is_malformed(body: bytes) -> None:
    """No rows are concluded from an answer of another shape."""
    with pytest.raises(Malformed):
        parse_page(REQUEST, Response(200, {}, body))


def test_a_refused_list_says_why() -> None:
    """The ERP's words and the status are kept."""
    with pytest.raises(ListRefused, match="Expected a logical operator") as caught:
        parse_page(REQUEST, refusal())
    assert caught.value.status == 400


@given(st.integers(200, 499), bodies)
def test_any_answer_is_a_page_or_one_of_our_errors(status: int, body: bytes) -> None:
    """Whatever arrives, nothing else comes out."""
    with suppress(ConnectorError):
        assert parse_page(REQUEST, Response(status, {}, body)).records is not None


def test_a_window_is_written_in_utc_to_the_hundredth() -> None:
    """Both ends, in Landmark's own form, whatever zone they were given in."""
    east = datetime(2026, 11, 16, 1, 2, 3, 456_789, timezone(timedelta(hours=2)))
    assert stamp(east) == "2026111523020345"
    assert dict(within(REQUEST, Window(east, NOON)).query)["_tts"] == "2026111612000000"


def test_the_first_window_begins_at_zero() -> None:
    """Without a cursor everything is asked for."""
    assert dict(within(REQUEST, Window(None, NOON)).query)["_fts"] == "0"


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_stamps_sort_as_times_do(one: datetime, other: datetime) -> None:
    """A later time never has an earlier stamp."""
    assert (one <= other) <= (stamp(one) <= stamp(other))


@given(st.text())
def test_a_condition_cannot_be_left(value: str) -> None:
    """A value with a quote in it is refused, so that no reference can widen what a filter selects."""
    with suppress(InvariantBroken):
        assert equals("RunGroup", value).count('"') == 2


@pytest.mark.parametrize(
    ("record", "deleted"),
    [
        (Record({"Company": "1"}, {}), False),
        (Record({"ChangeType": "Deleted", "Company": "1"}, {}), True),
        (Record({"Company": "1"}, {"action": "delete"}), True),
        (Record({"Company": "D"}, {}), False),
        (Record({"Company": "1", "Grade": "D"}, {}), False),
        (Record({"Company": "1"}, {"message": "3"}), False),
    ],
)
def test_a_deletion_mark_is_found_under_any_name(record: Record, deleted: object) -> None:
    """A leading field that nobody asked for and that says so; other fields may say what they like."""
    assert record.is_deleted(("Company",)) is deleted


BATCH = batch_request("fsm.update", "PurchaseOrder", "Update", [{"Company": "1"}] * 3, Safety.REPEATABLE)


def test_each_record_of_a_batch_has_its_answer() -> None:
    """HTTP 200 says nothing: refusals are found record by record, as text or as an object, on one line."""
    told = parse_batch(BATCH, recorded("batch"), 3)
    assert told == ("", "Record already exists", "Account 699999 is not active")


@pytest.mark.parametrize("body", [b"{}", b"[]", b'[{"message":"x"}]', b"<html>", b'[{"batchStatus":"ok"}]'])
def test_a_batch_that_does_not_tell_of_every_record_is_malformed(body: bytes) -> None:
    """An answer about fewer records than were sent proves nothing about the others."""
    with pytest.raises(Malformed):
        parse_batch(BATCH, Response(200, {}, body), 3)


@given(bodies)
def test_any_batch_answer_is_read_or_malformed(body: bytes) -> None:
    """Whatever arrives, it is one text a record or Malformed."""
    with suppress(Malformed):
        assert len(parse_batch(BATCH, Response(200, {}, body), 1)) == 1


def test_a_batch_has_the_documented_body() -> None:
    """Records under `_records`, fields under `_fields`, letters outside ASCII as they are."""
    request = batch_request("fsm.update", "Project", "Update", [{"Description": "Größe"}], Safety.REPEATABLE)
    assert (request.method, request.query) == ("POST", (("_maxFailures", "-1"),))
    assert request.url == "/FSM/fsm/soap/classes/Project/actions/Update/batch"
    assert request.body == '{"_records":[{"message":"BatchImport","_fields":{"Description":"Größe"}}]}'.encode()
    assert isinstance(request, Request)
