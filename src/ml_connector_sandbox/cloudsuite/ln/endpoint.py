"""A service that a customer built behind the gateway: it takes journals as documents, once each, and posts them.

It is no part of LN. What it takes goes the way of every journal in these books: checked, then released as a whole or
refused as a whole; finance posts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.cloudsuite.entries import DETAIL, RUN_GROUP, SEQUENCE, STAGING, is_posted
from ml_connector_sandbox.cloudsuite.gateway import Guard
from ml_connector_sandbox.cloudsuite.tenant import ENTERPRISE_GROUP, Tenant
from ml_connector_sandbox.cloudsuite.tokens import TENANT_ID
from ml_connector_sandbox.wire import Request, Response, Router, json_response

PATH = "/CustomerApi/journals"
FIELDS = {
    "sequence": "SequenceNumber",
    "account": "AccountCode",
    "cost_center": "AccountingUnit",
    "project": "Project",
    "amount": "TransactionAmount",
    "hours": "UnitsAmount",
    "document": "DocumentNumber",
    "issue_key": "Reference",
    "description": "Description",
}
"""What a line of a document says, as a line of the books."""
DIMENSION = "dimension_"


def add_routes(found: Router, tenant: Tenant) -> None:
    """Add the service's addresses, behind the gateway."""
    guard = Guard(tenant)
    found.add("POST", f"/{TENANT_ID}{PATH}", guard(partial(take, tenant)))
    found.add("GET", f"/{TENANT_ID}{PATH}/{{reference}}", guard(partial(show, tenant)))


def take(tenant: Tenant, request: Request) -> Response:
    """Take a document. One of the same reference again changes nothing, whatever it says."""
    try:
        document = request.json()
        reference, lines = str(document["reference"]), list(document["lines"])
    except (ValueError, KeyError, TypeError):
        return json_response({"error": {"message": "The body is no document"}}, 400)
    if reference in tenant.documents:
        return json_response({"reference": reference}, 409)
    for line in lines:
        tenant.ledger.create_unreleased(_row(document, line))
    tenant.ledger.interface(reference, edit_only=False, edit_and_interface=True, partial_update=False)
    tenant.documents[reference] = document
    return json_response({"reference": reference}, 201)


def _row(document: Mapping[str, Any], line: Mapping[str, str]) -> dict[str, str]:
    """A line as the books take it. Raises `Refused` for a name that there is not."""
    row = {
        "FinanceEnterpriseGroup": ENTERPRISE_GROUP,
        "RunGroup": document["reference"],
        "AccountingEntity": document["company"],
        "CurrencyCode": document["currency"],
        "PostingDate": line["posting_date"].replace("-", ""),
        "TransactionDate": line["work_date"].replace("-", ""),
    }
    for name, value in line.items():
        if name.startswith(DIMENSION):
            row[f"FinanceDimension{name.removeprefix(DIMENSION)}"] = value
        elif name in FIELDS:
            row[FIELDS[name]] = value
        elif name not in ("posting_date", "work_date"):
            raise Refused(f"{name} is not known")
    return row


def show(tenant: Tenant, _request: Request, reference: str) -> Response:
    """The document of a reference, whether it was refused, taken or posted, and why each refused line was."""
    if reference not in tenant.documents:
        return json_response({"error": {"message": f"{reference} is not known"}}, 404)
    errors = _errors(tenant, reference)
    status = _status(tenant, reference, errors)
    return json_response({**tenant.documents[reference], "status": status, "errors": errors})


def _errors(tenant: Tenant, reference: str) -> dict[str, str]:
    rows = [row.fields for row in tenant.ledger.rows(STAGING) if row.fields[RUN_GROUP] == reference]
    return {row[SEQUENCE]: row["ErrorMessage"] for row in rows if row["ErrorMessage"]}


def _status(tenant: Tenant, reference: str, errors: Mapping[str, str]) -> str:
    lines = [row for row in tenant.ledger.rows(DETAIL) if row.fields["RunGroup"] == reference and not row.deleted]
    if lines:
        return "posted" if all(map(is_posted, lines)) else "received"
    return "refused" if errors else "gone"
