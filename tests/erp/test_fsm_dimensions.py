"""Accounts, cost centers, the calendar and the field check. Goal: what the ERP does not tell stays untold."""

from datetime import date
from pathlib import Path

import pytest

from connection_files import written
from fsm_answers import adapter, digits, refusal
from ml_connector.core.records import Kind
from ml_connector.erp.fsm.fields import DEFAULTS, FieldMap, field_map
from ml_connector.erp.port import DimensionValue, Erp, Window
from ml_connector.erp.registry import PRODUCTS, open_erp
from ml_connector.errors import Malformed, Misconfigured
from ml_connector.settings import load_connection
from ml_connector.settings.product_lines import PRODUCTS as SETTINGS_PRODUCTS
from ml_connector.wire import Response
from stub_vendors import NOON, Script, answer


def records(*rows: dict[str, str]) -> Response:
    """A list of them."""
    return answer([{"_count": len(rows)}, *({"_fields": row} for row in rows)])


def test_accounts_tell_whether_they_take_entries() -> None:
    """The detail accounts, with their state and whether they ask for a project."""
    erp, vendor = adapter(
        records(
            {"GeneralLedgerChartAccount": "612000", "AccountDescription": "Contract labor", "Active": "true"},
            {"GeneralLedgerChartAccount": "699999", "Active": "false", "RequireProject": "Yes"},
        )
    )
    assert erp.accounts() == (
        DimensionValue("612000", "Contract labor", active=True),
        DimensionValue("699999", "", active=False, requires_project=True),
    )
    assert vendor.seen[0].url.endswith("/GeneralLedgerChartAccount/lists/DetailAccountList")


def test_cost_centers_are_accounting_units() -> None:
    """With their state."""
    erp, _ = adapter(records({"AccountingUnit": "LEGACY", "Description": "Old", "Active": "0"}))
    assert erp.cost_centers() == (DimensionValue("LEGACY", "Old", active=False),)


def test_a_value_without_a_code_is_malformed() -> None:
    """It could not be named by anything."""
    erp, _ = adapter(records({"AccountDescription": "?"}))
    with pytest.raises(Malformed):
        erp.accounts()


CALENDAR = records(
    {
        "GeneralLedgerCloseYear": "2026", "PeriodNumber": "11", "PeriodName": "Nov",
        "BeginDate": "20261101", "DerivedEndDate": "20261130",
    },
    {
        "GeneralLedgerCloseYear": "2026", "PeriodNumber": "10", "PeriodName": "",
        "BeginDate": "20261001", "DerivedEndDate": "20261031",
    },
)  # fmt: skip


def state(entity: str, period: str, value: str) -> dict[str, str]:
    """What a tenant may say about a period."""
    return {
        "AccountingEntity": entity,
        "GeneralLedgerCloseYear": "2026",
        "PeriodNumber": period,
        "Status": value,
    }


def test_periods_come_in_order_with_their_state() -> None:
    """Open, closed, and not told where nothing or something unknown is said; another entity's state does not count."""
    states = records(state("1000", "10", "Closed"), state("2000", "11", "Closed"), state("1000", "11", "Open"))
    erp, vendor = adapter(states, CALENDAR)
    october, november = erp.periods("1000")
    assert (october.name, october.begins, october.ends, october.open) == (
        "2026/10", date(2026, 10, 1), date(2026, 10, 31), False,
    )  # fmt: skip
    assert (november.name, november.open) == ("Nov", True)
    assert dict(vendor.seen[0].query)["_lplFilter"] == 'AccountingEntity = "1000"'


@pytest.mark.parametrize("states", [refusal(404), refusal(400), records(state("1000", "10", "Half open"))])
def test_a_state_that_is_not_told_is_none(states: Response) -> None:
    """A tenant without the class, and a word that nobody knows, say neither open nor closed."""
    erp, _ = adapter(states, CALENDAR)
    assert [period.open for period in erp.periods("1000")] == [None, None]


def test_a_calendar_without_dates_is_malformed() -> None:
    """A period that begins nowhere would let any date pass."""
    erp, _ = adapter(refusal(404), records({"GeneralLedgerCloseYear": "2026", "PeriodNumber": "1", "BeginDate": "x"}))
    with pytest.raises(Malformed, match="2026/1"):
        erp.periods("1000")


def metadata(fields: FieldMap, *lacking: str) -> list[Response]:
    """What a tenant says about the fields of each class: group fields by their first name."""
    answers = []
    for business_class in fields.classes:
        names = [name.partition(".")[0] for name in fields.asked(business_class)]
        answers.append(answer([{"field": name, "type": "x"} for name in names if name not in lacking]))
    return answers


def test_a_map_that_fits_lacks_nothing() -> None:
    """Every field is known, by its own name or as a part of a group field."""
    fields = field_map({})
    erp, vendor = adapter(*metadata(fields), fields=fields)
    assert erp.missing_fields() == ()
    assert len(vendor.seen) == len(DEFAULTS)


def test_fields_that_the_tenant_lacks_are_named() -> None:
    """The key field that a connection names wrongly is found before anything is written to it."""
    fields = field_map({}, {Kind.PURCHASE_ORDER: ("PurchaseOrderUserField9",)})
    erp, _ = adapter(*metadata(fields, "PurchaseOrderUserField9", "Buyer"), fields=fields)
    assert erp.missing_fields() == ("PurchaseOrder.Buyer", "PurchaseOrder.PurchaseOrderUserField9")


def test_a_class_that_is_not_there_lacks_all_its_fields_unless_it_is_optional() -> None:
    """The state of periods is a class that a tenant need not have."""
    fields = field_map({})
    answers = [
        refusal(404) if name in ("AccountingEntityPeriod", "AccountingUnit") else given
        for name, given in zip(fields.classes, metadata(fields), strict=True)
    ]
    erp, _ = adapter(*answers, fields=fields)
    assert erp.missing_fields() == (
        "AccountingUnit.AccountingUnit", "AccountingUnit.Description", "AccountingUnit.Active",
    )  # fmt: skip


def test_metadata_that_is_no_json_is_malformed() -> None:
    """A page from a proxy is not a tenant without fields."""
    erp, _ = adapter(Response(200, {}, b"<html>"))
    with pytest.raises(Malformed):
        erp.missing_fields()


def test_what_fsm_declares() -> None:
    """The settle time is longer than the longest gateway time-out, and no tenant is claimed."""
    declared = adapter()[0].capabilities
    assert (declared.product, declared.posts_journals, declared.reference_width) == ("fsm", True, 20)
    assert declared.settle_seconds == 360
    assert "no live tenant" in declared.verified_against


def test_a_connection_opens_its_product_line(tmp_path: Path) -> None:
    """The factory reads what the connection says: its settle time, its limit and its key field are in force."""
    connection = load_connection(written(tmp_path))
    vendor = Script([records()])
    erp: Erp = open_erp(vendor, connection, digits, Path())
    assert list(erp.changes(Kind.PURCHASE_ORDER, Window(None, NOON))) == [()]
    query = dict(vendor.seen[0].query)
    assert connection.cloudsuite.key_field in query["_fields"].split(",")
    assert query["_limit"] == str(connection.cloudsuite.page_rows)
    assert erp.capabilities.settle_seconds == connection.cloudsuite.settle_seconds


def test_every_product_line_of_the_settings_has_an_adapter() -> None:
    """What a file may name can be opened."""
    assert set(SETTINGS_PRODUCTS) == set(PRODUCTS)


def test_an_unknown_product_line_is_misconfigured(tmp_path: Path) -> None:
    """The known ones are named."""
    connection = load_connection(written(tmp_path))
    other = connection.model_copy(update={"cloudsuite": connection.cloudsuite.model_copy(update={"product": "lx"})})
    with pytest.raises(Misconfigured, match="fsm"):
        open_erp(Script([]), other, digits, Path())
