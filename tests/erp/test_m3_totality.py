"""Whatever M3 answers, a parser gives a value or one of our errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm_answers import REFERENCE, digits, journal
from m3_answers import RECORDED, SETUP, adapter
from ml_connector.core.records import Kind
from ml_connector.erp.m3 import journals, orders
from ml_connector.erp.m3.m3 import M3
from ml_connector.erp.port import FieldUpdate, Window
from ml_connector.errors import ConnectorError, InvariantBroken
from ml_connector.wire import Response
from stub_vendors import NOON

ASKS: dict[str, Callable[[M3], object]] = {
    **{kind.value: lambda erp, kind=kind: list(erp.changes(kind, Window(None, NOON))) for kind in Kind},  # type: ignore[misc] # bound
    "window": lambda erp: list(erp.changes(Kind.PURCHASE_ORDER, Window(NOON, NOON))),
    "accounts": lambda erp: erp.accounts(),
    "entities": lambda erp: erp.entities(),
    "periods": lambda erp: erp.periods("1000"),
    "fields": lambda erp: erp.missing_fields(),
    "sight": lambda erp: erp.sight(REFERENCE),
    "ledger": lambda erp: erp.ledger_under("MLC-"),
    "write": lambda erp: erp.write([FieldUpdate(Kind.PURCHASE_ORDER, "1000/1", (("A030", "X"),))]),
    "stage": lambda erp: erp.stage(journal(), (1, 2)),
    "validate": lambda erp: erp.validate(REFERENCE),
    "release": lambda erp: erp.release(REFERENCE),
    "roll_back": lambda erp: erp.roll_back(REFERENCE),
}
NAMES = sorted(
    {"REPL", "PROJ", "VERS", "ELNO", "BUAT", "OUAT", "IDEN", "AITM", "LCCD", "VFDT", "FDAT", "TDAT", "NAME", "DATE"}
    | {"TIME", "LMTS", "FLDN", "PUNO", "PNLI", "DIVI", "DAMT"}
)
VALUES = st.text(max_size=12) | st.sampled_from(["", "^", "20261105", "-", "1.50-", "1e9", "٣", "AAA", "\x00", "%"])
RECORDS = st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8), max_size=4)


def _says(call: Callable[[], object]) -> None:
    try:
        call()
    except InvariantBroken:
        raise
    except ConnectorError:
        return


def _ask(name: str, response: Response) -> None:
    erp, vendor = adapter()
    vendor.answers = _Everything(response)
    _says(lambda: ASKS[name](erp))


class _Everything(dict):  # type: ignore[type-arg] # one answer to every question
    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response

    def get(self, _name: object, _default: object = None) -> Any:
        """The one answer."""
        return self.response


@pytest.mark.parametrize("name", ASKS)
@given(records=RECORDS, count=st.integers(0, 3))
def test_any_records_are_a_value_or_an_error_of_ours(name: str, records: list[dict[str, str]], count: int) -> None:
    """Envelopes that are right, with anything in them."""
    body = {"results": [{"records": records}] * count, "nrOfFailedTransactions": 0}
    _ask(name, Response(200, {}, json.dumps(body).encode()))


@pytest.mark.parametrize("name", ASKS)
def test_recorded_answers_to_other_questions_are_too(name: str) -> None:
    """Each file to every question."""
    for file in sorted(RECORDED.glob("*.json")):
        _ask(name, Response(200, {}, file.read_bytes()))


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'{"results":5}', b"\xff", b"[" * 5000, b'{"results":[{"records":[{"A":[]}]}]}']
)
def test_anything_else_is_too(name: str, body: bytes) -> None:
    """What a gateway puts in place of an answer."""
    _ask(name, Response(200, {}, body))
    _ask(name, Response(404, {}, body))


COLUMNS = ("line", "division", "currency", "amount", "side", "date", "info", "quantity", "error", "ait1")
ROWS = st.dictionaries(st.sampled_from(COLUMNS), VALUES | st.just(f"{REFERENCE}/1 D"), max_size=10)


@given(ROWS)
def test_any_line_is_a_line_or_a_value_error(record: dict[str, str]) -> None:
    """What is caught around them is caught."""
    with suppress(ValueError):
        journals.staged_line(record, SETUP, digits, "")
    with suppress(ValueError):
        journals.ledger_line(record, record.get("info", ""), SETUP, digits)


@given(
    st.dictionaries(st.sampled_from(["number", "line", "subline", "unit_cost", "cost_quantity"]), VALUES, max_size=5)
)
def test_any_order_line_is_a_row_or_malformed(record: dict[str, str]) -> None:
    """Prices that are no numbers are handed on as they are."""
    _says(lambda: orders.line_row(record, "1000", SETUP))
