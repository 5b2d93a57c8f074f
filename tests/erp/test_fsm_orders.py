"""Orders and projects as rows. Goal: neutral names, keys that no two records share, numbers as the ERP wrote them."""

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fsm_answers import EXTRA, adapter, digits, recorded, refusal
from ml_connector.core.orders import order_from_rows, project_from_row
from ml_connector.core.records import Finding, Kind, Project, PurchaseOrder, Row
from ml_connector.erp.answers import iso_date
from ml_connector.erp.fsm.fields import CLASS_OF, FieldMap, field_map
from ml_connector.erp.fsm.lists import Record
from ml_connector.erp.fsm.orders import record_from_update, row_from_record
from ml_connector.erp.port import FieldUpdate, Window, WriteResult
from ml_connector.errors import InvariantBroken, Malformed, Misconfigured
from stub_vendors import NOON, answer

WINDOW = Window(NOON - timedelta(hours=1), NOON)
ALL = Window(None, NOON)


def rows(kind: Kind, *names: str) -> list[Row]:
    """The rows of those answers."""
    erp, _ = adapter(*map(recorded, names))
    return [row for page in erp.changes(kind, WINDOW) for row in page]


def test_an_order_is_read_in_neutral_words() -> None:
    """Names, dates and flags are neutral; user fields keep the ERP's names."""
    first = rows(Kind.PURCHASE_ORDER, "purchase-orders-1", "purchase-orders-2")[0]
    assert (first.key, first.owner, first.deleted) == ("1000/4500012", "1000/4500012", False)
    assert dict(first.fields) == {
        "entity": "1000",
        "number": "4500012",
        "release": "",
        "code": "",
        "vendor": "V-100",
        "buyer": "B7",
        "ordered": "2026-10-05",
        "currency": "USD",
        "closed": "false",
        "description": "",
        "type": "",
        "default_account": "612000",
        "default_cost_center": "IT-DEV",
        "default_project": "",
        "field:PurchaseOrderUserField5": "PROC-7",
    }


def test_other_entities_are_left_out_and_deleted_orders_marked() -> None:
    """Of four orders one is another company's; one was deleted and says so; numbers are escaped where keys need it."""
    found = rows(Kind.PURCHASE_ORDER, "purchase-orders-1", "purchase-orders-2")
    assert [(row.key, row.deleted) for row in found] == [
        ("1000/4500012", False),
        ("1000/4500013/1/BL", False),
        ("2000/55%2FA", True),
    ]


def test_a_page_of_others_is_a_page_without_rows() -> None:
    """What a page holds besides ours is not ours, and the reading goes on."""
    erp, _ = adapter(recorded("purchase-orders-1"), recorded("purchase-orders-2"))
    assert [len(page) for page in erp.changes(Kind.PURCHASE_ORDER, WINDOW)] == [2, 1]


def test_lines_and_distributions_belong_to_their_order() -> None:
    """Their keys continue the order's; a distribution without an entity stays in the order's."""
    (line,) = rows(Kind.ORDER_LINE, "lines")
    first, second = rows(Kind.DISTRIBUTION, "distributions")
    assert (line.key, first.key, second.key) == ("1000/4500012#10", "1000/4500012#10.1", "1000/4500012#10.2")
    assert {line.owner, first.owner, second.owner} == {"1000/4500012"}
    assert dict(line.fields) == {
        "line": "10",
        "item": "",
        "description": "Contract labor",
        "quantity": "120.0000",
        "unit_cost": "85.500000001",
        "closed": "false",
    }
    assert dict(first.fields) == {
        "line": "10",
        "sequence": "1",
        "entity": "1000",
        "account": "612000",
        "cost_center": "IT-DEV",
        "project": "IT-2041",
        "amount": "",
        "percent": "60.0000",
        "quantity": "",
        "dimension:1": "EU",
    }
    assert second.fields["entity"] == "2000"


def test_the_core_reads_what_the_adapter_gives() -> None:
    """Rows become an order with its coding, quantity times cost rounded once."""
    header = rows(Kind.PURCHASE_ORDER, "purchase-orders-1", "purchase-orders-2")[0]
    parts = [header, *rows(Kind.ORDER_LINE, "lines"), *rows(Kind.DISTRIBUTION, "distributions")]
    order = order_from_rows(parts, digits)
    assert isinstance(order, PurchaseOrder)
    assert order.authorized.minor == 1_026_000
    assert [part.coding.account for part in order.lines[0].distributions] == ["612000", "613000"]
    assert order.fields == {"PurchaseOrderUserField5": "PROC-7"}


def test_a_project_is_read_with_its_amounts_as_text() -> None:
    """Other groups' projects are left out; an amount with too many decimals is left for the core to judge."""
    (row,) = rows(Kind.PROJECT, "projects")
    assert row.key == "ACME/IT-2041"
    assert (row.fields["begins"], row.fields["ends"]) == ("2026-01-01", "")
    assert (row.fields["budget"], row.fields["commitment"], row.fields["remaining"]) == (
        "100000.00",
        "12.345",
        "-12.335",
    )
    assert row.fields["field:ProjectUserField5"] == "DEL-3"
    assert isinstance(project_from_row(row, digits), Finding)
    exact = Row(row.kind, row.key, row.owner, {**row.fields, "commitment": "12.34"})
    assert isinstance(project_from_row(exact, digits), Project)


def test_a_record_without_its_identity_is_malformed() -> None:
    """It cannot be held under any key: the field map is wrong, and nothing is concluded."""
    erp, _ = adapter(answer([{"_fields": {"Company": "1000", "PurchaseOrder": " "}}]))
    with pytest.raises(Malformed, match="number"):
        list(erp.changes(Kind.PURCHASE_ORDER, WINDOW))


@pytest.mark.parametrize(
    ("text", "read"),
    [("20261005", "2026-10-05"), ("", ""), ("00000000", ""), ("soon", "soon"), ("2026-10-05", "2026-10-05")],
)
def test_dates_become_iso_dates_or_stay(text: str, read: str) -> None:
    """What is no date is handed on, so that the core can name it in a finding."""
    assert iso_date(text) == read


parts = st.text("AB1%/#. ", min_size=1, max_size=4).map(str.strip).filter(bool)


@given(st.lists(st.tuples(parts, parts, parts, parts, parts), min_size=2, max_size=6, unique=True))
@example([("1", "1#1", "", "", "1"), ("1", "1", "", "", "1#1")])
@example([("1", "1/1", "", "", "1"), ("1", "1", "1", "", "1"), ("1", "1%2F1", "", "", "1")])
def test_no_two_lines_share_a_key(identities: list[tuple[str, ...]]) -> None:
    """Slashes, hashes and percent signs in numbers make no two records one."""
    names = ("Company", "PurchaseOrder", "PORelease", "POCode", "LineNumber")
    records = [Record(dict(zip(names, values, strict=True)), {}) for values in identities]
    keys = {row_from_record(Kind.ORDER_LINE, record, field_map({}), names).key for record in records}
    assert len(keys) == len(identities)


@given(parts, parts, st.sampled_from(["", "1"]), st.sampled_from(["", "B/L"]))
def test_a_key_leads_back_to_its_record(entity: str, number: str, release: str, code: str) -> None:
    """An update names the very fields that the row was read with."""
    identity = {"Company": entity, "PurchaseOrder": number, "PORelease": release, "POCode": code}
    row = row_from_record(Kind.PURCHASE_ORDER, Record(identity, {}), field_map({}), tuple(identity))
    written = record_from_update(FieldUpdate(row.kind, row.key, (("F", "x"),)), field_map({}))
    short = {"Company": entity, "PurchaseOrder": number}
    assert written == {**(identity if release or code else short), "F": "x"}


def test_only_orders_and_projects_are_written() -> None:
    """A key that leads to no record is our own mistake."""
    with pytest.raises(InvariantBroken):
        record_from_update(FieldUpdate(Kind.ORDER_LINE, "1000/1#1", ()), field_map({}))


def test_a_window_asks_for_changes_only() -> None:
    """The delta window and the fields are in the one call that reads a class."""
    erp, vendor = adapter(recorded("lines"))
    list(erp.changes(Kind.ORDER_LINE, WINDOW))
    (asked,) = vendor.seen
    query = dict(asked.query)
    assert (query["_fts"], query["_tts"], query["_limit"]) == ("2026111611000000", "2026111612000000", "1000")
    assert "EnteredUnitCost" in query["_fields"].split(",")


def test_a_tenant_that_refuses_windows_is_read_in_full() -> None:
    """The refusal is remembered: from the second run on, it is one call again."""
    erp, vendor = adapter(refusal(), recorded("lines"), recorded("lines"))
    for _ in range(2):
        assert len([row for page in erp.changes(Kind.ORDER_LINE, WINDOW) for row in page]) == 1
    assert ["_fts" in dict(request.query) for request in vendor.seen] == [True, False, False]


def test_a_list_that_is_refused_for_another_reason_says_so() -> None:
    """An unknown field is refused with a window and without one, and is a matter of the field map."""
    erp, _ = adapter(refusal(), refusal())
    with pytest.raises(Misconfigured, match="cloudsuite.fields"):
        list(erp.changes(Kind.ORDER_LINE, ALL))


def test_updates_are_written_in_batches_of_fifty() -> None:
    """One hundred and twenty orders are three calls, and every one has its own result, in order."""
    sizes = (50, 50, 20)
    answers = [answer([{"message": "updated"}] * (size - 1) + [{"exception": "locked"}]) for size in sizes]
    erp, vendor = adapter(*answers)
    updates = [FieldUpdate(Kind.PURCHASE_ORDER, f"1000/{number}", (("F", "x"),)) for number in range(120)]
    results = erp.write(updates)
    assert [result.key for result in results] == [update.key for update in updates]
    assert [result.key for result in results if result.refusal] == ["1000/49", "1000/99", "1000/119"]
    assert len(vendor.seen) == 3


def test_a_batch_that_is_refused_as_a_whole_refuses_each_record() -> None:
    """The ERP's words stand at each of them; nothing is thrown away silently."""
    erp, _ = adapter(refusal())
    updates = [FieldUpdate(Kind.PROJECT, f"ACME/{number}", (("F", "x"),)) for number in range(2)]
    words = "ConditionNode tree failed: Expected a logical operator"
    assert erp.write(updates) == (WriteResult("ACME/0", words), WriteResult("ACME/1", words))


def test_nothing_to_write_is_no_call() -> None:
    """An empty list reaches nobody."""
    erp, vendor = adapter()
    assert erp.write(()) == ()
    assert vendor.seen == []


def test_a_connection_names_fields_otherwise() -> None:
    """A tenant's own name is asked for and read; an empty one is not asked for."""
    fields = field_map({"PurchaseOrder": {"description": "HeaderText", "release": ""}}, EXTRA)
    erp, vendor = adapter(
        answer([{"_fields": {"Company": "1000", "PurchaseOrder": "7", "HeaderText": "Größe"}}]), fields=fields
    )
    ((row,),) = erp.changes(Kind.PURCHASE_ORDER, WINDOW)
    asked = dict(vendor.seen[0].query)["_fields"].split(",")
    assert (row.key, row.fields["description"]) == ("1000/7", "Größe")
    assert "HeaderText" in asked
    assert "PORelease" not in asked


@pytest.mark.parametrize("overrides", [{"PurchaseOrders": {}}, {"PurchaseOrder": {"numbr": "X"}}])
def test_a_field_map_for_nothing_is_misconfigured(overrides: dict[str, dict[str, str]]) -> None:
    """A misspelled class or name is told, with those that exist."""
    with pytest.raises(Misconfigured, match="cloudsuite.fields"):
        field_map(overrides)


@given(st.sampled_from(Kind), st.dictionaries(st.sampled_from(FieldMap().asked("PurchaseOrder")), st.text(max_size=5)))
def test_any_record_is_a_row_or_malformed(kind: Kind, fields: dict[str, str]) -> None:
    """Whatever values arrive, nothing else comes out."""
    try:
        row = row_from_record(kind, Record(fields, {}), FieldMap(), FieldMap().asked(CLASS_OF[kind]))
    except Malformed:
        return
    assert row.key.startswith(row.owner)
