"""Find, create, update and delete, one by one and in batches: what the tables hold afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from ml_connector_sandbox.cloudsuite import books
from sandbox_tenant import Client

KEY = {"Company": "1000", "PurchaseOrder": "00045001", "PORelease": "0000", "POCode": "STD"}
UPDATE = "/classes/PurchaseOrder/actions/Update"


@pytest.fixture
def client() -> Client:
    """A client of a seeded tenant."""
    return Client()


def order(client: Client, number: str = "00045001") -> dict[str, Any]:
    """An order of company 1000 as the books hold it."""
    return next(each for each in books.orders(client.tenant) if (each["company"], each["number"]) == ("1000", number))


def staged(sequence: int, **changed: str) -> dict[str, object]:
    """One staged journal row in a batch."""
    fields = {
        "FinanceEnterpriseGroup": "ACME",
        "GLTransactionInterface.RunGroup": "MLC-1",
        "GLTransactionInterface.SequenceNumber": str(sequence),
        "AccountingEntity": "1000",
        "AccountingUnit": "IT-DEV",
        "AccountCode": "612000",
        "PostingDate": "20261118",
        "CurrencyCode": "USD",
        "TransactionAmount": "10.00",
    }
    return {"message": "BatchImport", "_fields": {**fields, **changed}}


def test_update_writes_the_user_field(client: Client) -> None:
    """A Jira key written to field 5 is in the books, and the order counts as changed."""
    client.tenant.clock.advance(60)
    answer = client.call("PUT", UPDATE, {**KEY, "PurchaseOrderUserField5": "PROJ-1"})
    assert answer.status == 200
    assert order(client)["fields"]["PurchaseOrderUserField5"] == "PROJ-1"
    changed = [row for row in client.tenant.rows("PurchaseOrder") if row.updated == client.tenant.clock.now()]
    assert [row.key[1] for row in changed] == ["00045001"]


def test_the_same_number_in_another_company_is_another_order(client: Client) -> None:
    """One number exists in both companies; an update reaches the one whose whole key it gives."""
    twins = [each for each in books.orders(client.tenant) if each["number"] == "00045015"]
    assert {each["company"] for each in twins} == {"1000", "2000"}
    key = {"Company": "2000", "PurchaseOrder": "00045015", "PORelease": "0000", "POCode": "STD"}
    assert client.call("PUT", UPDATE, {**key, "PurchaseOrderUserField5": "EU-9"}).status == 200
    assert order(client, "00045015")["fields"]["PurchaseOrderUserField5"] == ""


@pytest.mark.parametrize(
    "body",
    [
        {**KEY, "PurchaseOrderUserField5": "X" * 31},
        {**KEY, "PurchaseOrderUserField1": "XY"},
        {**KEY, "NoSuchField": "X"},
        {**KEY, "PurchaseOrder": "99999999", "Vendor": "X"},
        {**KEY, "PurchaseOrderDate": "20261332"},
        {"Company": "1000", "PurchaseOrder": "00045001", "Vendor": "X"},
        [],
    ],
)
def test_what_does_not_fit_changes_nothing(client: Client, body: object) -> None:
    """A value too long, an unknown field or order, a bad date or half a key is refused with a code and a text."""
    before = books.orders(client.tenant)
    answer = client.call("PUT", UPDATE, body)
    assert answer.status == 400
    assert set(answer.json()) == {"code", "message"}
    assert books.orders(client.tenant) == before


def test_amounts_of_a_project_are_not_written(client: Client) -> None:
    """A client may set a project's own fields, not the amounts that the ledger keeps."""
    key = {"FinanceEnterpriseGroup": "ACME", "Project": "IT-2041"}
    before = books.projects(client.tenant)
    path = "/classes/Project/actions/Update"
    assert client.call("PUT", path, {**key, "ProjectActualAmount": "0"}).status == 400
    assert books.projects(client.tenant) == before
    assert client.call("PUT", path, {**key, "ProjectUserField7": "left 1.00"}).status == 200
    assert books.projects(client.tenant)[0]["fields"]["ProjectUserField7"] == "left 1.00"


def test_a_project_lives_from_create_to_delete(client: Client) -> None:
    """A created project can be found, is closed by its status action, and is gone after delete."""
    key = {"FinanceEnterpriseGroup": "ACME", "Project": "NEW-1"}
    assert client.call("POST", "/classes/Project/actions/Create", {**key, "Active": True}).status == 200
    assert client.call("POST", "/classes/Project/actions/Create", key).status == 400
    assert client.call("GET", "/classes/Project/actions/Find", **key).json()["_fields"]["Active"] == "true"
    closed = client.call("PUT", "/classes/Project/actions/ChangeStatus", {**key, "ProjectStatus": "Closed"})
    assert closed.status == 200
    assert client.call("GET", "/classes/Project/actions/Find", **key).json()["_fields"]["Active"] == "false"
    assert client.call("DELETE", "/classes/Project/actions/Delete", key).status == 200
    assert client.call("GET", "/classes/Project/actions/Find", **key).status == 400
    assert not [each for each in books.projects(client.tenant) if each["project"] == "NEW-1"]


def test_an_action_wants_its_method(client: Client) -> None:
    """Update is asked for with PUT; another method is 405 and changes nothing."""
    assert client.call("DELETE", UPDATE, {**KEY, "Vendor": "X"}).status == 405
    assert order(client)["vendor"] != "X"


def test_a_batch_fails_row_by_row_and_answers_200(client: Client) -> None:
    """In a batch the good rows are written, each bad one carries an exception, and the status is 200."""
    records = [staged(1), staged(2, Reference="R" * 31), staged(3, PostingDate="tomorrow"), staged(4)]
    path = "/classes/GLTransactionInterface/actions/CreateUnreleased/batch"
    answer = client.call("POST", path, {"_records": records}, _maxFailures="-1")
    assert answer.status == 200
    assert ["exception" in each for each in answer.json()] == [False, True, True, False, False]
    assert "batchStatus" in answer.json()[-1]
    rows = client.records("GLTransactionInterface", "GLTransactionInterface.SequenceNumber,RunGroup,AccountCode")
    assert [each["GLTransactionInterface.SequenceNumber"] for each in rows] == ["1", "4"]


def test_a_batch_stops_after_too_many_failures(client: Client) -> None:
    """With `_maxFailures` at 0 the first failure ends the batch; what went before it stays."""
    records = [staged(1), staged(2, PostingDate="?"), staged(3)]
    path = "/classes/GLTransactionInterface/actions/CreateUnreleased/batch"
    client.call("POST", path, {"_records": records}, _maxFailures="0")
    assert len(client.records("GLTransactionInterface")) == 1


def test_a_staged_row_collides_with_its_twin(client: Client) -> None:
    """The same row twice in a batch is refused the second time."""
    path = "/classes/GLTransactionInterface/actions/CreateUnreleased/batch"
    answer = client.call("POST", path, {"_records": [staged(1), staged(1)]}, _maxFailures="-1").json()
    assert "exception" not in answer[0]
    assert "exception" in answer[1]
    assert len(client.records("GLTransactionInterface")) == 1


def test_a_batch_may_be_struck_in_part(client: Client) -> None:
    """While the fault for partial batches strikes, struck rows carry an exception and change nothing."""
    strikes = iter([True, False])

    def struck(fault: str) -> bool:
        return fault == "partial_batch" and next(strikes)

    client.tenant.strikes = struck
    records = [
        {"_fields": {**KEY, "PurchaseOrderUserField5": "A-1"}},
        {"_fields": {**KEY, "PurchaseOrder": "00045002", "PurchaseOrderUserField5": "A-2"}},
    ]
    answer = client.call("POST", f"{UPDATE}/batch", {"_records": records}, _maxFailures="-1").json()
    assert ["exception" in each for each in answer] == [True, False, False]
    assert order(client)["fields"]["PurchaseOrderUserField5"] == ""
    assert order(client, "00045002")["fields"]["PurchaseOrderUserField5"] == "A-2"


def test_a_buyer_changes_header_line_and_coding(client: Client) -> None:
    """From inside, any part of an order changes by its path, or nothing does where one value does not fit."""
    client.tenant.change_order(
        "1000",
        "00045001",
        {"Closed": "true", "1/Quantity": "8.0000", "1/1/DistributionAccount.AccountingUnit": "FIN"},
    )
    changed = order(client)
    assert changed["closed"]
    assert changed["lines"][0]["quantity"] == "8.0000"
    assert changed["lines"][0]["distributions"][0]["cost_center"] == "FIN"
    for wrong in ({"9/Quantity": "1"}, {"Vendor": "X", "1/Quantity": "many"}, {"Company": "2000"}):
        with pytest.raises(Exception, match="no such part|not a valid number|no field"):
            client.tenant.change_order("1000", "00045001", wrong)
    assert order(client) == changed


def test_posting_to_a_project_eats_its_budget(client: Client) -> None:
    """A posted journal moves the project's actual and remaining amounts by exactly its amount."""
    before = books.projects(client.tenant)[0]
    path = "/classes/GLTransactionInterface/actions/CreateUnreleased/batch"
    rows = [
        staged(1, Project="IT-2041", TransactionAmount="1200.50"),
        staged(2, AccountCode="219900", TransactionAmount="-1200.50"),
    ]
    client.call("POST", path, {"_records": rows}, _maxFailures="-1")
    form = "/ldrest/GLTransactionInterface/InterfaceTransactions_InterfaceTransactionsForm_FormOperation"
    switches = {"PrmEditOnly": "false", "PrmEditAndInterface": "true", "PrmPartialUpdate": "false"}
    client.call("GET", form, PrmRunGroup="MLC-1", PrmEnterpriseGroup="ACME", _cmAll="true", **switches)
    assert books.projects(client.tenant)[0] == before
    assert client.tenant.post_released() == 2
    after = books.projects(client.tenant)[0]
    assert (before["actual"], after["actual"]) == ("96400.00", "97600.50")
    assert (before["remaining"], after["remaining"]) == ("115600.00", "114399.50")
