"""The operations on whole run groups, asked for as a client asks: what they demand, and what the books then hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest

from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.cloudsuite.entries import LEDGER_DEFAULTS
from ml_connector_sandbox.cloudsuite.fsm.forms import add_forms
from ml_connector_sandbox.cloudsuite.gateway import Guard
from ml_connector_sandbox.cloudsuite.seed import seed
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.wire import Request, Response, Router

STAGING = "GLTransactionInterface"
BASE = "/ACME_TST/FSM/fsm/soap"
NOW = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
GROUP = {"FinanceEnterpriseGroup": "ACME"}
RELEASE = {"PrmEditOnly": "false", "PrmEditAndInterface": "true", "PrmPartialUpdate": "false"}
CONFIRMED = {"_cmAll": "true"}


class Client:
    """A client with a token, in process."""

    def __init__(self) -> None:
        """Sign in to a seeded tenant on 10 November 2026."""
        self.switches = dict(LEDGER_DEFAULTS)
        self.tenant = Tenant(StillClock(NOW), Random(1), self.switches)
        seed(self.tenant)
        self.ledger = self.tenant.ledger
        self.router = Router()
        add_forms(self.router, self.tenant, Guard(self.tenant))
        self.headers = {"Authorization": f"Bearer {self.tenant.tokens.issue()['access_token']}"}

    def send(self, method: str, path: str, query: dict[str, str] | None = None, body: bytes = b"") -> Response:
        """One request under the tenant's address."""
        request = Request.to(method, f"{path}?{urlencode(query or {})}", self.headers, body)
        found = self.router.find(request)
        assert found is not None, path
        route, names = found
        return route.handler(request, **names)

    def form(self, name: str, run_group: str, method: str = "GET", **more: str) -> Response:
        """A confirmed form operation."""
        query = {"PrmRunGroup": run_group, "PrmEnterpriseGroup": "ACME", **CONFIRMED, **more}
        return self.send(method, f"{BASE}/ldrest/{STAGING}/{name}_{name}Form_FormOperation", query)

    def act(self, business_class: str, name: str, **fields: Any) -> Response:
        """An action with its fields in the body."""
        return self.send("PUT", f"{BASE}/classes/{business_class}/actions/{name}", body=json.dumps(fields).encode())

    def stage(self, run_group: str, **changes: str) -> None:
        """A balanced pair of rows. The changes are those of the first."""
        row = {**GROUP, "RunGroup": run_group, "AccountingEntity": "1000", "PostingDate": "20261105"}
        labor = {"SequenceNumber": "1", "AccountCode": "612000", "TransactionAmount": "75.00"}
        self.ledger.create_unreleased({**row, **labor, **changes})
        clearing = {"SequenceNumber": "2", "AccountCode": "219900", "TransactionAmount": "-75.00"}
        self.ledger.create_unreleased({**row, **clearing})

    def errors(self) -> list[str]:
        """The error messages of the rows that are staged."""
        return [row.fields.get("ErrorMessage", "") for row in self.ledger.rows(STAGING) if not row.deleted]

    def staged(self) -> set[str]:
        """The run groups that have rows."""
        return {row.fields[f"{STAGING}.RunGroup"] for row in self.ledger.rows(STAGING) if not row.deleted}

    def released(self) -> list[object]:
        """The run group of each ledger line."""
        return [line["reference"] for line in self.ledger.gl_lines()]


@pytest.fixture
def client() -> Client:
    """A client of a tenant of its own."""
    return Client()


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_a_form_operation_has_effects_whatever_its_method(client: Client, method: str) -> None:
    """GET releases a journal as well as PUT and POST do."""
    client.stage("MLC-1")
    assert client.form("InterfaceTransactions", "MLC-1", method, **RELEASE).status == 200
    assert client.released() == ["MLC-1", "MLC-1"]


def test_the_answer_is_the_same_whatever_became_of_the_rows(client: Client) -> None:
    """HTTP 200 proves nothing: good rows, rows in error and no rows at all are answered alike."""
    client.stage("GOOD")
    client.stage("BAD", AccountCode="699999")
    answers = {client.form("InterfaceTransactions", name, **RELEASE).body for name in ("GOOD", "BAD", "NONE")}
    assert len(answers) == 1
    assert client.released() == ["GOOD", "GOOD"]


def test_an_edit_only_form_releases_nothing(client: Client) -> None:
    """The dry run leaves its findings in the rows."""
    client.stage("MLC-1", AccountCode="699999")
    client.form("InterfaceTransactions", "MLC-1", PrmEditOnly="true")
    assert client.errors() == ["Account 699999 is inactive", ""]
    assert client.released() == []


@pytest.mark.parametrize("name", ["InterfaceTransactions", "DeleteAllTransactionsForRunGroup", "ResetAllErrors"])
def test_an_unconfirmed_form_asks_and_does_nothing(client: Client, name: str) -> None:
    """Without `_cmAll=true` the answer is a question with HTTP 200, and the books stay as they are."""
    client.stage("MLC-1", AccountCode="699999")
    client.form("InterfaceTransactions", "MLC-1", PrmEditOnly="true")
    found = client.form(name, "MLC-1", _cmAll="false", **RELEASE)
    assert (found.status, "confirmationMessages" in found.json()) == (200, True)
    assert client.released() == []
    assert client.errors() == ["Account 699999 is inactive", ""]


def test_a_single_confirmation_or_none_may_do(client: Client) -> None:
    """One message confirmed by its number counts, and a tenant may not ask at all."""
    for name in ("MLC-1", "MLC-2"):
        client.stage(name)
    client.form("InterfaceTransactions", "MLC-1", _cmAll="", **{"_cm.0": "true"}, **RELEASE)
    client.switches["fsm_forms_ask_confirmation"] = False
    client.form("InterfaceTransactions", "MLC-2", _cmAll="", **RELEASE)
    assert set(client.released()) == {"MLC-1", "MLC-2"}


def test_a_roll_back_deletes_its_run_group_alone(client: Client) -> None:
    """Rows of other run groups stay staged."""
    client.stage("MLC-1")
    client.stage("MLC-2")
    client.form("DeleteAllTransactionsForRunGroup", "MLC-1")
    assert client.staged() == {"MLC-2"}


def test_errors_are_reset_by_form_and_by_action(client: Client) -> None:
    """Both ways clear the messages of a dry run."""
    client.stage("MLC-1", AccountCode="699999")
    client.form("InterfaceTransactions", "MLC-1", PrmEditOnly="true")
    client.form("ResetAllErrors", "MLC-1")
    assert client.errors() == ["", ""]
    client.form("InterfaceTransactions", "MLC-1", PrmEditOnly="true")
    assert client.errors() == ["Account 699999 is inactive", ""]
    client.act(STAGING, "ResetAllErrors", **GROUP, RunGroup="MLC-1")
    assert client.errors() == ["", ""]


def test_an_empty_run_group_selects_everything(client: Client) -> None:
    """The danger of the optional parameter: other people's rows are interfaced, and deleted, too."""
    client.stage("MLC-1")
    client.stage("PAYROLL-1")
    client.form("InterfaceTransactions", "", **RELEASE)
    assert set(client.released()) == {"MLC-1", "PAYROLL-1"}
    client.stage("PAYROLL-2")
    client.form("DeleteAllTransactionsForRunGroup", "")
    assert client.staged() == {"MLC-1", "PAYROLL-1"}


@pytest.mark.parametrize("name", ["InterfaceTransactions", "DeleteAllTransactionsForRunGroup", "ResetAllErrors"])
def test_a_tenant_may_refuse_an_empty_run_group(client: Client, name: str) -> None:
    """With the switch on, no form runs without a run group."""
    client.switches["empty_run_group_refused"] = True
    client.stage("MLC-1")
    found = client.form(name, "", **RELEASE)
    assert (found.status, found.json()["message"]) == (400, "PrmRunGroup is required")
    assert (client.staged(), client.released()) == ({"MLC-1"}, [])


def test_rows_in_error_can_move_to_a_run_group_of_their_own(client: Client) -> None:
    """The moved row carries its message along, under the prefix that was asked for; the good row was released."""
    client.stage("MLC-1", AccountCode="699999")
    switches = {"PrmPartialUpdate": "true", "PrmMoveErrorsToNewRunGroup": "true", "PrmErrorRunGroupPrefix": "X-"}
    client.form("InterfaceTransactions", "MLC-1", **{**RELEASE, **switches})
    rows = [row for row in client.ledger.rows(STAGING) if not row.deleted]
    assert [(row.key[1], row.fields["Status"], row.fields["ErrorMessage"]) for row in rows] == [
        ("MLC-1", "1", ""),
        ("X-MLC-1", "0", "Account 699999 is inactive"),
    ]
    assert client.released() == ["MLC-1"]


def test_the_action_interfaces_a_run_group_too(client: Client) -> None:
    """The same switches in a body, booleans of JSON among them, do what the form does."""
    client.stage("MLC-1")
    client.act(STAGING, "InterfaceRunGroupByEntity", **GROUP, RunGroup="MLC-1", PrmEditOnly=True)
    assert client.released() == []
    client.act(STAGING, "InterfaceRunGroupByEntity", **GROUP, RunGroup="MLC-1", PrmEditAndInterface=True)
    assert client.released() == ["MLC-1", "MLC-1"]


def test_posting_takes_one_entity_or_all(client: Client) -> None:
    """Released lines are posted where the entity matches; without one, all are."""
    client.stage("MLC-1")
    client.form("InterfaceTransactions", "MLC-1", **RELEASE)
    for entity, status in (("2000", "released"), ("", "posted")):
        client.act("FinanceEnterpriseGroup", "InvokeJournalPosting", **GROUP, PrmAccountingEntity=entity)
        assert {line["status"] for line in client.ledger.gl_lines()} == {status}


@pytest.mark.parametrize(
    ("business_class", "name", "fields", "message"),
    [
        (STAGING, "InterfaceRunGroupByEntity", {"RunGroup": "MLC-1"}, "FinanceEnterpriseGroup is required"),
        ("FinanceEnterpriseGroup", "InvokeJournalPosting", {}, "FinanceEnterpriseGroup is required"),
        (
            "FinanceEnterpriseGroup",
            "InvokeJournalPosting",
            {"FinanceEnterpriseGroup": "OTHER"},
            "FinanceEnterpriseGroup OTHER does not exist",
        ),
        (
            "FinanceEnterpriseGroup",
            "InvokeJournalPosting",
            {**GROUP, "PrmPeriod": "11"},
            "PrmPeriod is not supported here",
        ),
        (
            STAGING,
            "InterfaceRunGroupByEntity",
            {**GROUP, "RunGroup": "MLC-1", "PrmByPassAccountCode": "true"},
            "PrmByPassAccountCode is not supported here",
        ),
    ],
)
def test_an_action_that_cannot_be_done_is_refused(
    client: Client, business_class: str, name: str, fields: dict[str, str], message: str
) -> None:
    """A refusal names its cause and leaves the books as they were."""
    client.stage("MLC-1")
    found = client.act(business_class, name, **{"PrmEditAndInterface": "true", **fields})
    assert (found.status, found.json()["message"]) == (400, message)
    assert client.released() == []


def test_another_group_in_a_form_is_refused(client: Client) -> None:
    """A form for a group that does not exist selects nothing."""
    client.stage("MLC-1")
    found = client.form("DeleteAllTransactionsForRunGroup", "MLC-1", PrmEnterpriseGroup="OTHER")
    assert found.status == 400
    assert client.staged() == {"MLC-1"}


def test_no_token_and_another_tenant_reach_nothing(client: Client) -> None:
    """Without a token the gateway answers 401, at another tenant's address 404."""
    client.stage("MLC-1")
    path = f"/FSM/fsm/soap/ldrest/{STAGING}/DeleteAllTransactionsForRunGroup_DeleteAllTransactionsForRunGroupForm"
    query = {"PrmRunGroup": "MLC-1", **CONFIRMED}
    assert client.send("GET", f"/OTHER_TST{path}_FormOperation", query).status == 404
    client.headers = {}
    assert client.send("GET", f"/ACME_TST{path}_FormOperation", query).status == 401
    assert client.staged() == {"MLC-1"}


def test_parameters_may_come_in_a_form_body_and_nothing_else_that_is_no_json(client: Client) -> None:
    """A URL-encoded body counts as parameters; a body that is neither form nor JSON object is refused."""
    client.stage("MLC-1")
    path = f"{BASE}/ldrest/{STAGING}/InterfaceTransactions_InterfaceTransactionsForm_FormOperation"
    for body in (b"<xml/>", b"[1]"):
        assert client.send("POST", path, CONFIRMED, body).status == 400
    assert client.released() == []
    client.headers["Content-Type"] = "application/x-www-form-urlencoded"
    client.send("POST", path, CONFIRMED, urlencode({"PrmRunGroup": "MLC-1", **RELEASE}).encode())
    assert client.released() == ["MLC-1", "MLC-1"]
