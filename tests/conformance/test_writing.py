"""The issue key reaches the ERP's own field, record by record; a line that cannot write says so and writes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.lines import WRITE
from conformance.trial import ORDER_FIELD, PROJECT_FIELD, Trial, attempt, key_of, orders_in, projects_in
from ml_connector.core.records import Kind
from ml_connector.demo.connection import NAME
from ml_connector.erp.port import FieldUpdate
from ml_connector.errors import Misconfigured

KEY = "PROC-1234"
MISSING = "1000/99999999"


def _settings(trial: Trial) -> Any:
    return trial.acme.installed.connections[NAME].cloudsuite


def _order_update(trial: Trial, key: str, value: str = KEY) -> FieldUpdate:
    return FieldUpdate(Kind.PURCHASE_ORDER, key, ((_settings(trial).key_field, value),))


def _keys(trial: Trial) -> list[str]:
    found = orders_in(trial.everything(trial.erp))
    return [found[key_of(order)].key for order in trial.acme.orders()[:3]]


def _written(trial: Trial) -> list[str]:
    return [order["fields"][ORDER_FIELD] for order in trial.acme.orders()]


def test_the_issue_key_is_in_the_books_and_told_again(trial: Trial) -> None:
    """Orders and projects show it in their field, and reading them tells it under the name that was configured."""
    erp = trial.erp
    if not erp.capabilities.writes_fields:
        pytest.skip("a line that writes nothing is held to the last claim of this page")
    order = _keys(trial)[0]
    project = projects_in(trial.everything(erp))[trial.acme.control("GET", "/books/projects")[0]["project"]]
    update = FieldUpdate(Kind.PROJECT, project.key, ((_settings(trial).project_key_field, KEY),))
    assert [result.refusal for result in erp.write([_order_update(trial, order)])] == [""]
    assert [result.refusal for result in erp.write([update])] == [""]
    assert _written(trial)[0] == KEY
    assert trial.acme.control("GET", "/books/projects")[0]["fields"][PROJECT_FIELD] == KEY
    told = trial.everything(erp)
    assert told[Kind.PURCHASE_ORDER, order].fields[f"field:{_settings(trial).key_field}"] == KEY
    assert told[Kind.PROJECT, project.key].fields[f"field:{_settings(trial).project_key_field}"] == KEY


def test_a_bad_record_does_not_stop_the_others(trial: Trial) -> None:
    """An order that is not there is refused by itself, by its key and in the ERP's words."""
    if not trial.erp.capabilities.writes_fields:
        pytest.skip("a line that writes nothing is held to the last claim of this page")
    first, second, _ = _keys(trial)
    missing = "/".join([*MISSING.split("/"), *first.split("/")[2:]])
    results = trial.erp.write([_order_update(trial, key) for key in (first, missing, second)])
    assert [result.key for result in results] == [first, missing, second]
    assert [bool(result.refusal) for result in results] == [False, True, False]
    assert _written(trial)[:2] == [KEY, KEY]


def test_writing_again_changes_nothing(trial: Trial) -> None:
    """The same value twice is the same value, and no error."""
    if not trial.erp.capabilities.writes_fields:
        pytest.skip("a line that writes nothing is held to the last claim of this page")
    erp, key = trial.erp, _keys(trial)[0]
    first = erp.write([_order_update(trial, key)])
    before = trial.acme.orders()
    assert erp.write([_order_update(trial, key)]) == first
    assert trial.acme.orders() == before


AMBIGUOUS = ("gateway_timeout_after_commit", "lost_answer", "server_error_after_commit", "lost_request")


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_lost_answer_is_mended_by_writing_again(trial: Trial, fault: str) -> None:
    """Whether or not the field was written, the same write makes it so, and other orders keep theirs."""
    if not trial.erp.capabilities.writes_fields:
        pytest.skip("a line that writes nothing is held to the last claim of this page")
    erp, key = trial.erp, _keys(trial)[0]
    before = _written(trial)
    trial.strike(fault, trial.line.calls[WRITE])
    attempt(lambda: erp.write([_order_update(trial, key)]))
    assert trial.struck(), "the fault never struck"
    attempt(lambda: erp.write([_order_update(trial, key)]))
    assert _written(trial) == [KEY, *before[1:]]


def test_a_line_that_writes_nothing_says_so(trial: Trial) -> None:
    """It refuses with an error of ours, before anything is sent; a line that writes has no such refusal."""
    if trial.erp.capabilities.writes_fields:
        assert trial.line.calls[WRITE]
        return
    before, key = trial.acme.orders(), _keys(trial)[0]
    with pytest.raises(Misconfigured):
        trial.erp.write([_order_update(trial, key)])
    assert trial.acme.orders() == before
