"""Reading M3: exports and lists become rows, a day at a time, and nothing is believed that was not asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from m3_answers import MAPPED, SETUP, Answer, adapter, export, failed, recorded, results
from ml_connector.core.records import Kind, Row
from ml_connector.erp.m3.reading import QUERY_CHARACTERS_MAX
from ml_connector.erp.m3.tables import tables
from ml_connector.erp.port import FieldUpdate, Window
from ml_connector.errors import InvariantBroken, Malformed, Misconfigured
from ml_connector.wire import Request, Response, Safety
from stub_vendors import NOON

ALL = Window(None, NOON)
HEAD = "IACONO^IAPUNO^IADIVI^IASUNO^IABUYE^IAPUDT^IACUCD^IAPUSL^IALMDT"


def _rows(kind: Kind, answers: dict[str, Answer | list[Answer]], window: Window = ALL, **options: object) -> list[Row]:
    erp, _ = adapter(answers, **options)  # type: ignore[arg-type] # the adapter's own options
    return [row for page in erp.changes(kind, window) for row in page]


def test_heads_become_orders_of_our_divisions() -> None:
    """Another division's order is left out; custom fields stand beside, empty where there are none."""
    first, second = _rows(
        Kind.PURCHASE_ORDER, {"m3.read.MPHEAD": recorded("heads"), "m3.read.CUGEX1": recorded("custom")}
    )
    assert (first.key, first.owner) == ("1000/1000123", "1000/1000123")
    assert first.fields == {
        "entity": "1000",
        "number": "1000123",
        "vendor": "V001",
        "buyer": "AHARPER",
        "ordered": "2026-09-30",
        "currency": "USD",
        "closed": "false",
        "description": "",
        "type": "",
        "invoiced": "",
        "field:A030": "PROC-7",
        "field:A130": "12.50",
    }
    assert (second.key, second.fields["closed"], second.fields["field:A030"]) == ("2000/1000124", "true", "")


def test_lines_take_their_entity_from_their_order() -> None:
    """A line does not tell its division; prices may be for many units; a description may hold the separator."""
    erp, vendor = adapter({"m3.read.MPHEAD": recorded("heads"), "m3.read.MPLINE": recorded("lines")})
    first, second = (row for page in erp.changes(Kind.ORDER_LINE, ALL) for row in page)
    assert vendor.query("m3.read.MPHEAD").endswith("where IACONO = 100 and IAPUNO in ('1000123')")
    assert first.key == "1000/1000123#1"
    assert first.fields["description"] == "Backend developers ^ on site"
    assert (first.fields["quantity"], first.fields["unit_cost"]) == ("120.000000", "95.50")
    assert (second.key, second.fields["unit_cost"], second.fields["closed"]) == ("1000/1000123#2-10", "12.5", "true")


def test_coding_comes_from_the_customers_list() -> None:
    """Each row is a share of a line; another division makes it another entity's."""
    first, second = _rows(
        Kind.DISTRIBUTION, {"m3.read.MPHEAD": recorded("heads"), "m3.read.CODING": recorded("coding")}
    )
    assert (first.key, second.key) == ("1000/1000123#1.1", "1000/1000123#1.2")
    assert first.fields == {
        "line": "1",
        "sequence": "1",
        "entity": "1000",
        "account": "612000",
        "cost_center": "IT-DEV",
        "project": "IT-2041",
        "amount": "",
        "percent": "60.00",
        "quantity": "",
        "dimension:1": "NYC",
    }
    assert (second.fields["entity"], "dimension:1" in second.fields) == ("2000", False)


def test_coding_may_come_from_the_connection() -> None:
    """By the line's project; a project that is not named has no account, which the core holds."""
    first, second = _rows(
        Kind.DISTRIBUTION, {"m3.read.MPHEAD": recorded("heads"), "m3.read.MPLINE": recorded("lines")}, setup=MAPPED
    )
    assert [first.fields[name] for name in ("account", "cost_center", "project")] == ["612000", "IT-DEV", "IT-2041"]
    assert [second.fields[name] for name in ("account", "cost_center", "project")] == ["", "", ""]


def test_a_window_begins_on_a_whole_day_of_the_servers_zone() -> None:
    """Half past eleven at night in UTC is tomorrow an hour to the east."""
    erp, vendor = adapter({"m3.GLS840MI.GetServerTime": recorded("server-time")})
    since = datetime(2026, 11, 15, 23, 30, tzinfo=UTC)
    for kind in (Kind.PURCHASE_ORDER, Kind.ORDER_LINE):
        assert list(erp.changes(kind, Window(since, NOON))) == [()]
    assert vendor.query("m3.read.MPHEAD").endswith("and IALMDT >= 20261116")
    assert len(vendor.asked("m3.GLS840MI.GetServerTime")) == 1, "it is asked once for one run"


def test_a_server_that_is_behind_is_believed() -> None:
    """Our clock is two days ahead: what M3 changes now carries its own day."""
    erp, vendor = adapter({"m3.GLS840MI.GetServerTime": recorded("server-time")})
    until = NOON + timedelta(days=2)
    list(erp.changes(Kind.PURCHASE_ORDER, Window(until - timedelta(minutes=5), until)))
    assert vendor.query("m3.read.MPHEAD").endswith("and IALMDT >= 20261116")


def _table(rows: Sequence[str]) -> Answer:
    """A table of heads that answers by the key that it is asked behind."""

    def answer(request: Request) -> Response:
        query = dict(request.query)
        behind = query["QERY"].partition("IAPUNO > '")[2].rstrip("'")
        found = [row for row in rows if row.split("^")[1] > behind]
        most = int(query["maxrecs"])
        return export(HEAD, *(found[: most - 1] if most else found))

    return answer


def _head(number: int) -> str:
    return f"100^{number}^AAA^V^^20260930^USD^20^20261001"


def test_pages_are_cut_behind_the_last_key() -> None:
    """Two rows a page, five orders: three calls, and each order once."""
    erp, vendor = adapter({"m3.read.MPHEAD": _table([_head(number) for number in range(1, 6)])}, page_rows=2)
    pages = list(erp.changes(Kind.PURCHASE_ORDER, ALL))
    assert [[row.key for row in page] for page in pages] == [
        ["1000/1", "1000/2"],
        ["1000/3", "1000/4"],
        ["1000/5"],
    ]
    assert [dict(request.query)["maxrecs"] for request in vendor.asked("m3.read.MPHEAD")] == ["3", "3", "3"]


def test_rows_without_order_are_read_at_once() -> None:
    """A page whose rows do not rise by their key cannot be cut behind the last one."""
    erp, vendor = adapter({"m3.read.MPHEAD": _table([_head(3), _head(1), _head(2)])}, page_rows=2)
    [page] = erp.changes(Kind.PURCHASE_ORDER, ALL)
    assert {row.key for row in page} == {"1000/1", "1000/2", "1000/3"}
    assert dict(vendor.asked("m3.read.MPHEAD")[-1].query)["maxrecs"] == "0"


def test_a_condition_that_was_not_applied_is_not_believed() -> None:
    """What lies outside of what was asked for is left out."""
    answers: dict[str, Answer | list[Answer]] = {
        "m3.GLS840MI.GetServerTime": recorded("server-time"),
        "m3.read.MPHEAD": recorded("heads"),
    }
    assert _rows(Kind.PURCHASE_ORDER, answers, Window(NOON - timedelta(days=1), NOON)) == []


def test_locked_exports_are_read_by_lists() -> None:
    """Edges in place of SQL, columns with or without the table's letters."""
    layout = tables({}, lists={"MPHEAD": "LstOrders", "CUGEX1": "LstCustom"})
    head = {"IACONO": "100", "IAPUNO": "7", "DIVI": "AAA", "SUNO": "V", "IABUYE": "", "IAPUDT": "0", "IACUCD": "USD"}
    answers: dict[str, Answer | list[Answer]] = {
        "m3.GLS840MI.GetServerTime": recorded("server-time"),
        "m3.read.MPHEAD": results({"records": [{**head, "IAPUSL": "20", "IALMDT": "20261116"}]}),
        "m3.read.CUGEX1": results(
            {"records": [{"CONO": "100", "FILE": "MPHEAD", "PK01": "7", "A030": "PROC-1", "A130": ""}]}
        ),
    }
    erp, vendor = adapter(answers, setup=SETUP, layout=layout)
    [[row]] = erp.changes(Kind.PURCHASE_ORDER, Window(NOON - timedelta(hours=1), NOON))
    assert (row.key, row.fields["ordered"], row.fields["field:A030"]) == ("1000/7", "", "PROC-1")
    [request] = vendor.asked("m3.read.MPHEAD")
    assert request.url.endswith("/CMS100MI/LstOrders")
    assert dict(request.query)["F_LMDT"] == "20261116"


@pytest.mark.parametrize(
    "answer",
    [
        export("IAPUNO^IADIVI", "1^AAA"),
        export(HEAD.replace("IALMDT", "IARGDT"), _head(1)),
        export(HEAD, "1^AAA"),
        export(HEAD, "100^^AAA^V^^20260930^USD^20^20261001"),
        Response(200, {}, b"<html>"),
        results({"records": []}, {"records": []}),
        Response(200, {}, b'{"results":[{"records":[]}],"nrOfFailedTransactions":1}'),
    ],
)
def test_what_is_no_export_is_malformed(answer: Response) -> None:
    """Other columns, too few values, no key, no envelope: nothing is concluded from it."""
    with pytest.raises(Malformed):
        _rows(Kind.PURCHASE_ORDER, {"m3.read.MPHEAD": answer})


@pytest.mark.parametrize("answer", [failed("EXPORTMI is not allowed"), Response(404, {}, b"")])
def test_what_m3_refuses_is_told_in_its_words(answer: Response) -> None:
    """A person has to change something."""
    with pytest.raises(Misconfigured, match=r"EXPORTMI is not allowed|404"):
        _rows(Kind.PURCHASE_ORDER, {"m3.read.MPHEAD": answer})


def test_queries_stay_short() -> None:
    """EXPORTMI takes 982 characters, whatever is asked about."""
    numbers = [f"{number:010d}" for number in range(300)]
    lines = [f"100^{number}^1^0^X^1^1^1^^20^20261001^" for number in numbers]
    header = "IBCONO^IBPUNO^IBPNLI^IBPNLS^IBITNO^IBORQA^IBPUPR^IBPUCD^IBPROJ^IBPUSL^IBLMDT^IBPITD"
    erp, vendor = adapter({"m3.read.MPLINE": export(header, *lines)})
    assert list(erp.changes(Kind.ORDER_LINE, ALL)) == [()]
    queries = [dict(request.query)["QERY"] for request in vendor.seen if "QERY" in dict(request.query)]
    assert max(map(len, queries)) <= QUERY_CHARACTERS_MAX
    assert vendor.query("m3.read.MPHEAD").endswith("IAPUNO >= '0000000000' and IAPUNO <= '0000000299'")


def test_reading_is_safe_and_says_all_that_it_wants() -> None:
    """No limit of M3's own is relied on."""
    erp, vendor = adapter()
    list(erp.changes(Kind.PURCHASE_ORDER, ALL))
    [request] = vendor.seen
    assert (request.method, request.safety) == ("GET", Safety.READ)
    query = dict(request.query)
    assert (query["maxrecs"], query["dateformat"], query["cono"]) == ("1001", "YMD8", "100")


UPDATE = FieldUpdate(Kind.PURCHASE_ORDER, "1000/1000123", (("A030", "PROC-7"),))


def _write(answers: dict[str, Answer | list[Answer]], *updates: FieldUpdate) -> tuple[list[str], list[str]]:
    erp, vendor = adapter({f"m3.CUSEXTMI.{name}FieldValue": answer for name, answer in answers.items()})
    refusals = [result.refusal for result in erp.write(updates or (UPDATE,))]
    return refusals, [request.operation.rpartition(".")[2] for request in vendor.seen]


def test_custom_fields_are_added_or_changed() -> None:
    """What is there is changed, what is not is added; what somebody added meanwhile is changed after all."""
    assert _write({"Get": done_one(), "Chg": done_one()}) == ([""], ["GetFieldValue", "ChgFieldValue"])
    assert _write({"Get": failed(), "Add": done_one()}) == ([""], ["GetFieldValue", "AddFieldValue"])
    refusals, calls = _write({"Get": failed(), "Add": failed("already exists"), "Chg": done_one()})
    assert (refusals, calls) == ([""], ["GetFieldValue", "AddFieldValue", "ChgFieldValue"])


def done_one() -> Response:
    """One transaction that succeeded."""
    return results({"records": []})


def test_a_record_that_m3_does_not_know_is_refused_in_its_words() -> None:
    """Why it could not be added says more than that it is not there."""
    refusals, _ = _write({"Get": failed(), "Add": failed("1000123 does not exist"), "Chg": failed("no record")})
    assert refusals == ["1000123 does not exist"]


def test_custom_fields_hang_on_the_order_or_the_project() -> None:
    """By file and first key; values never stand in an address, and repeating a write changes nothing."""
    erp, vendor = adapter({"m3.CUSEXTMI.GetFieldValue": done_one(), "m3.CUSEXTMI.ChgFieldValue": done_one()})
    erp.write([FieldUpdate(Kind.PROJECT, "2000/ENG%2F1", (("A030", "DEL-1"),))])
    assert vendor.sent("m3.CUSEXTMI.ChgFieldValue") == [
        ("ChgFieldValue", {"FILE": "MPROJE", "PK01": "ENG/1", "A030": "DEL-1"})
    ]
    [request] = vendor.asked("m3.CUSEXTMI.ChgFieldValue")
    assert (request.method, request.safety) == ("POST", Safety.REPEATABLE)
    assert "DEL-1" not in request.target


def test_updates_of_two_kinds_are_a_mistake_of_ours() -> None:
    """So is a key that names no record."""
    erp, _ = adapter()
    with pytest.raises(InvariantBroken):
        erp.write([UPDATE, FieldUpdate(Kind.PROJECT, "1000/P", ())])
    with pytest.raises(InvariantBroken):
        erp.write([FieldUpdate(Kind.PURCHASE_ORDER, "1000", ())])


def test_columns_that_a_table_lacks_are_named() -> None:
    """Only those of tables that are exported."""
    erp, _ = adapter({"m3.EXPORTMI.LstFields": recorded("fields")})
    missing = erp.missing_fields()
    assert "FGLINH.KEY1" not in missing
    assert "CUGEX1.A030" in missing
    assert not [name for name in missing if name.startswith("CODING")]


@pytest.mark.parametrize(
    ("overrides", "more"),
    [({"MPNONE": {}}, {}), ({"MPHEAD": {"nonsense": "X"}}, {}), ({}, {"lists": {"MPNONE": "Lst"}})],
)
def test_tables_and_names_that_nothing_reads_are_told(
    overrides: dict[str, dict[str, str]], more: dict[str, dict[str, str]]
) -> None:
    """A misspelled name would silently be without effect."""
    with pytest.raises(Misconfigured, match=r"tables are|names are"):
        tables(overrides, lists=more.get("lists"))
