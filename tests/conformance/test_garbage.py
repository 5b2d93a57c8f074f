"""An answer that is none, whatever it looks like, gives a value or one of our errors: never another exception."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.trial import REFERENCE, Trial, journal, sequences
from ml_connector.core.records import Kind
from ml_connector.demo.connection import NAME
from ml_connector.erp.port import Erp, FieldUpdate, Window
from ml_connector.erp.registry import open_erp
from ml_connector.errors import ConnectorError, InvariantBroken
from ml_connector.policy import currency_digits
from ml_connector.wire import Request, Response

RECORDED = Path(__file__).parents[1] / "erp" / "recorded"
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
BODIES = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"[{}]",
    b'"text"',
    b"1e999",
    b"[null]",
    b"[[[]]]",
    b"\xff\xfe{",
    b"<html><body>502</body></html>",
    b'{"value":[{}]}',
    b'{"value":5}',
    b'{"results":[{"records":{}}]}',
    b'{"Items":[[]],"Success":"yes"}',
    b'[{"_count":1},{"_fields":{}}]',
    b'{"value":[],"@odata.nextLink":5}',
    b"[" * 5000,
    b'{"a":' * 5000,
)
STATUSES = (200, 201, 204, 301, 400, 404, 409, 412, 422, 428)


def calls(erp: Erp, trial: Trial) -> Iterator[Callable[[], object]]:
    """Everything that the port can be asked."""
    of = journal(trial)
    settings_of = trial.acme.installed.connections[NAME].cloudsuite
    update = FieldUpdate(Kind.PURCHASE_ORDER, "1000/00045001/0000/STD", ((settings_of.key_field, "PROC-1"),))
    for kind in Kind:
        yield lambda kind=kind: list(erp.changes(kind, Window(None, NOON)))  # type: ignore[misc] # bound by its default
    yield erp.accounts
    yield erp.cost_centers
    yield lambda: erp.periods("1000")
    yield erp.missing_fields
    yield lambda: erp.sight(REFERENCE)
    yield lambda: erp.ledger_under("MLC-")
    yield lambda: erp.write([update])
    yield lambda: erp.stage(of, sequences(of))
    yield lambda: erp.validate(REFERENCE)
    yield lambda: erp.release(REFERENCE)
    yield lambda: erp.roll_back(REFERENCE)


def erp_name(trial: Trial) -> str:
    """The line's name in the registry."""
    return trial.line.product or trial.product


def _try_all(trial: Trial, response: Response) -> None:
    """Raises whatever is not one of our errors, and InvariantBroken, which says that we are wrong."""

    def send(_request: Request) -> Response:
        return response

    documents = trial.acme.installed.home.documents(NAME)
    erp = open_erp(send, trial.acme.installed.connections[NAME], currency_digits, documents)
    for call in calls(erp, trial):
        assert _says(call)


def _says(call: Callable[[], object]) -> str:
    """What an error of ours says, or that there was none."""
    try:
        call()
    except InvariantBroken:
        raise
    except ConnectorError as error:
        return error.message
    return "a value"


@pytest.mark.parametrize("status", STATUSES)
def test_an_answer_that_is_none_is_told_as_such(trial: Trial, status: int) -> None:
    """Every call of the port, for every kind of wrong body under every status that reaches an adapter."""
    for body in BODIES:
        _try_all(trial, Response(status, {}, body))


def test_answers_to_other_questions_are_told_as_such(trial: Trial) -> None:
    """The vendor's own recorded answers, each to every question."""
    for file in sorted((RECORDED / erp_name(trial)).glob("*.json")):
        _try_all(trial, Response(200, {}, file.read_bytes()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
def test_any_json_is_a_value_or_an_error_of_ours(trial: Trial, value: object) -> None:
    """Whatever a gateway puts in place of the vendor's answer."""
    _try_all(trial, Response(200, {}, json.dumps(value).encode()))
