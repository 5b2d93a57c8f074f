"""Searching the ledger for lines under our prefix. Goal: what is not under it, or cannot be read, is never a line."""

import pytest

from fsm_answers import REFERENCE, adapter, refusal
from ml_connector.core.money import Money
from ml_connector.erp.fsm.lists import begins
from ml_connector.erp.port import LedgerExtract
from ml_connector.errors import InvariantBroken, Misconfigured
from ml_connector.wire import Response
from stub_vendors import answer


def detail(reference: str, amount: str = "96.50", sequence: str = "1") -> dict[str, object]:
    """A line of the ledger."""
    fields = {
        "RunGroup": reference,
        "SequenceNumber": sequence,
        "AccountingEntity": "1000",
        "AccountCode": "612000",
        "PostingDate": "20261105",
        "CurrencyCode": "USD",
        "TransactionAmount": amount,
        "Status": "2",
    }
    return {"_fields": fields}


def page(*rows: dict[str, object]) -> Response:
    """A list of ledger lines."""
    return answer([{"_count": len(rows)}, *rows])


def test_one_condition_asks_for_the_beginning_of_the_reference() -> None:
    """Lines come by reference, posted or not, however many references there are."""
    erp, vendor = adapter(page(detail(REFERENCE), detail(REFERENCE, "-96.50", "2"), detail("MLC-COPY")))
    found = erp.ledger_under("MLC-")
    assert dict(vendor.seen[0].query)["_lplFilter"] == 'RunGroup like "MLC-*"'
    assert {name: [line.amount.minor for line in lines] for name, lines in found.lines.items()} == {
        REFERENCE: [9650, -9650],
        "MLC-COPY": [9650],
    }
    assert found.lines["MLC-COPY"][0].amount == Money(9650, "USD")
    assert (found.lines["MLC-COPY"][0].status, found.searched, found.unread) == ("posted", True, frozenset())


def test_a_filter_that_was_not_applied_is_not_believed() -> None:
    """A tenant that answers everything does not make other people's entries ours."""
    erp, _ = adapter(page(detail("PAYROLL-1"), detail(REFERENCE)))
    assert set(erp.ledger_under("MLC-").lines) == {REFERENCE}


def test_a_line_that_cannot_be_read_makes_its_reference_unread() -> None:
    """An amount with more decimals than the currency has is no amount."""
    erp, _ = adapter(page(detail(REFERENCE, "1.23456"), detail("MLC-COPY")))
    found = erp.ledger_under("MLC-")
    assert (set(found.lines), found.unread) == ({"MLC-COPY"}, frozenset({REFERENCE}))


def test_a_tenant_without_such_a_condition_is_told_apart_from_an_empty_ledger() -> None:
    """Refused as asked: not searched. Refused for another reason: an error that says why."""
    erp, _ = adapter(refusal())
    assert erp.ledger_under("MLC-") == LedgerExtract({}, searched=False)
    erp, _ = adapter(refusal(403))
    with pytest.raises(Misconfigured):
        erp.ledger_under("MLC-")


@pytest.mark.parametrize("prefix", ["", "*", 'MLC"', "M*"])
def test_a_search_for_everything_is_never_sent(prefix: str) -> None:
    """A prefix that every record matches, or that ends the text, stays here."""
    with pytest.raises(InvariantBroken):
        begins("RunGroup", prefix)
