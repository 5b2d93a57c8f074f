"""LN simulated: OData over the same books, with its versions, companies, pages and refusals."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.cloudsuite.app import router
from ml_connector_sandbox.cloudsuite.ln.endpoint import PATH
from ml_connector_sandbox.cloudsuite.ln.routes import BASE
from ml_connector_sandbox.cloudsuite.seed import seed
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.cloudsuite.tokens import TENANT_ID
from ml_connector_sandbox.wire import Response
from sandbox_tenant import NOW, ORIGIN, Client

ORDERS = "/tdapi.purPurchaseOrder/Orders"
LINES = "/tdapi.purPurchaseOrder/Lines"
PROJECTS = "/tpapi.pdmProject/Projects"


class Ln(Client):
    """A client of an LN tenant."""

    def __init__(self, **switches: object) -> None:
        """The seeded books."""
        self.switches = dict(switches)
        self.tenant = Tenant(StillClock(NOW), random.Random(3), self.switches, "ln")
        seed(self.tenant)
        self.router = router(self.tenant)
        self.ionapi = self.tenant.ionapi(ORIGIN)
        self.bearer = self.token(self.password).json()["access_token"]

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Response:
        """One call below the services."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(method, BASE + path, {"authorization": f"Bearer {self.bearer}", **named}, body)

    def values(self, path: str, **headers: str) -> list[dict[str, Any]]:
        """The records of one answer."""
        found: list[dict[str, Any]] = self.ask(path, "GET", b"", **headers).json()["value"]
        return found


def test_each_company_shows_its_own_orders() -> None:
    """The header decides; without one it is the service user's company; another one is refused in words."""
    ln = Ln()
    assert len(ln.values(ORDERS)) == 15
    assert len(ln.values(ORDERS, x_infor_lncompany="2000")) == 10
    refused = ln.ask(ORDERS, x_infor_lncompany="100")
    assert (refused.status, refused.json()["error"]["message"]) == (400, "Switch to company 100 failed")


def test_pages_are_linked_and_counted() -> None:
    """A client may ask for smaller pages; following the links gives every record once."""
    ln = Ln(ln_page_rows=4)
    seen, path = [], f"{ORDERS}?$count=true&$select=PurchaseOrder"
    while path:
        answer = ln.ask(path, prefer="odata.maxpagesize=3").json()
        assert answer["@odata.count"] == 15
        assert len(answer["value"]) <= 3
        seen += [record["PurchaseOrder"] for record in answer["value"]]
        path = answer.get("@odata.nextLink", "").partition(BASE)[2]
    assert seen == sorted(set(seen))
    assert len(seen) == 15


@pytest.mark.parametrize(("padding", "ends"), [("left", " 00045001"), ("right", "00045001 ")])
def test_keys_are_padded_as_the_tenant_does(padding: str, ends: str) -> None:
    """On one side or the other; an empty date is LN's first day."""
    first = Ln(ln_key_padding=padding).values(ORDERS)[0]
    assert ends in first["PurchaseOrder"]
    assert first["ReceiptDate"] == "1970-01-01T00:00:00Z"


def test_conditions_order_and_expansion() -> None:
    """Comparisons joined by `and`, an order, a part of the records, and lines inside their order."""
    ln = Ln()
    closed = ln.values(f"{ORDERS}?$filter=Status eq 'Closed' and ChangeDate ge 2026-01-01T00:00:00Z")
    assert [record["Status"] for record in closed] == ["Closed"]
    dates = [record["OrderDate"] for record in ln.values(f"{ORDERS}?$orderby=OrderDate desc&$top=5")]
    assert dates == sorted(dates, reverse=True)
    (one,) = ln.values(f"{ORDERS}?$skip=2&$top=1&$expand=Lines")
    assert {line["PurchaseOrder"] for line in one["Lines"]} == {one["PurchaseOrder"]}


@pytest.mark.parametrize(
    "query",
    ["$filter=Nope eq 1", "$filter=Status like 'x'", "$filter=Status eq 'x' or", "$apply=x", "$top=-1", "$expand=Nope"],
)
def test_what_is_not_understood_is_refused(query: str) -> None:
    """An unknown property, operator or option is 400, with words."""
    answer = Ln().ask(f"{ORDERS}?{query}")
    assert (answer.status, bool(answer.json()["error"]["message"])) == (400, True)


def test_a_split_line_shows_no_coding() -> None:
    """A line shows the one coding that it has; where the books split it, none."""
    ln = Ln()
    coded = {line["LedgerAccount"] != "" for line in ln.values(f"{LINES}?$select=LedgerAccount")}
    assert coded == {True, False}


def test_changes_ask_for_the_version() -> None:
    """No version 428, an old one 412, a property that may not be changed 422, and dates of receipt are taken."""
    ln = Ln()
    path = f"{ORDERS}('00045001')"
    version = ln.ask(path).json()["@odata.etag"]
    body = b'{"ReceiptDate": "2026-11-20T00:00:00Z"}'
    assert ln.ask(path, "PATCH", body).status == 428
    assert ln.ask(path, "PATCH", body, if_match='W/"old"').status == 412
    assert ln.ask(path, "PATCH", b'{"Buyer": "X"}', if_match=version).status == 422
    assert ln.ask(path, "PATCH", body, if_match=version).status == 204
    assert ln.ask(path, "DELETE", if_match="*").status == 422
    assert ln.ask(f"{ORDERS}('NONE')", "PATCH", body, if_match="*").status == 404
    ln.tenant.change_order("1000", "00045001", {"Buyer": "AHARPER2"})
    assert ln.ask(path, "PATCH", body, if_match=version).status == 412


def test_a_service_that_is_not_active_is_not_there() -> None:
    """404, as for a name that is misspelled; the other service goes on."""
    ln = Ln(ln_inactive_services="tpapi.pdmProject")
    assert ln.ask(PROJECTS).status == ln.ask("/tpapi.pdmProjekt/Projects").status == 404
    assert ln.ask(ORDERS).status == 200


def test_a_valid_token_is_refused_now_and_then() -> None:
    """The fault answers 401 in LN's words; the token is as good as before."""
    ln, left = Ln(), [True]
    ln.tenant.strikes = lambda fault: fault == "ln_false_unauthorized" and bool(left and left.pop())
    first, second = ln.ask(ORDERS), ln.ask(ORDERS)
    assert (first.status, b"[U14]" in first.body, second.status) == (401, True, 200)


def test_the_model_names_every_property() -> None:
    """The service's own description holds what its records hold."""
    ln = Ln()
    model = ln.ask("/tdapi.purPurchaseOrder/$metadata").body.decode()
    for path in (ORDERS, LINES):
        assert all(f'Name="{name}"' in model for name in ln.values(path)[0] if not name.startswith("@"))


def _document(cost_center: str) -> dict[str, Any]:
    line = {"account": "612000", "cost_center": cost_center, "posting_date": "2026-11-05", "work_date": "2026-11-05"}
    credit = {**line, "sequence": "2", "account": "219900", "cost_center": "FIN", "amount": "-10.00"}
    lines = [{**line, "sequence": "1", "amount": "10.00"}, credit]
    return {"reference": "R1", "company": "1000", "currency": "USD", "content": "x", "lines": lines}


@pytest.mark.parametrize(("center", "status", "lines"), [("IT-DEV", "received", 2), ("LEGACY", "refused", 0)])
def test_the_customers_endpoint_posts_a_document_once_or_refuses_it(center: str, status: str, lines: int) -> None:
    """What it takes is in the books; what the books refuse is not, and says which line; a second time is no second."""
    ln = Ln()
    headers = {"authorization": f"Bearer {ln.bearer}"}
    body = json.dumps(_document(center)).encode()
    answers = [ln.send("POST", f"/{TENANT_ID}{PATH}", headers, body).status for _ in range(2)]
    assert answers == [201, 409]
    shown = ln.send("GET", f"/{TENANT_ID}{PATH}/R1", headers).json()
    assert (shown["status"], list(shown["errors"])) == (status, ["1"] if status == "refused" else [])
    assert len(ln.tenant.ledger.gl_lines()) == lines
    ln.tenant.post_released()
    assert ln.send("GET", f"/{TENANT_ID}{PATH}/R1", headers).json()["status"] in ("posted", "refused")
    assert ln.send("GET", f"/{TENANT_ID}{PATH}/R2", headers).status == 404
