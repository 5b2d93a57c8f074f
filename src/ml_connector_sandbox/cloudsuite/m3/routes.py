"""The addresses of the M3 API behind the gateway."""

from __future__ import annotations

from functools import partial

from ml_connector_sandbox.cloudsuite.gateway import Guard
from ml_connector_sandbox.cloudsuite.m3 import batches, custom, execute, export, lists
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.cloudsuite.tokens import TENANT_ID
from ml_connector_sandbox.wire import Handler, Request, Response, Router

BASE = f"/{TENANT_ID}/M3/m3api-rest/v2/execute"

PROGRAMS: execute.Programs = {
    name: {**transactions, **lists.EVERYWHERE}
    for name, transactions in {
        "CMS100MI": export.CMS100MI,
        "CRS630MI": lists.CRS630MI,
        "CRS910MI": lists.CRS910MI,
        "CUSEXTMI": custom.CUSEXTMI,
        "EXPORTMI": export.EXPORTMI,
        "GLS200MI": lists.GLS200MI,
        "GLS840MI": batches.GLS840MI,
        "MNS100MI": lists.MNS100MI,
        "POS100MI": lists.POS100MI,
        "POS111MI": lists.POS111MI,
        "PPS200MI": lists.PPS200MI,
    }.items()
}


def add_routes(found: Router, tenant: Tenant) -> None:
    """Add M3's addresses, each behind the gateway. What was put off is done before anything is answered."""
    guard = Guard(tenant)

    def settled(handler: Handler) -> Handler:
        def answer(request: Request, **fields: str) -> Response:
            tenant.settle()
            return handler(request, **fields)

        return guard(answer)

    found.add("GET", f"{BASE}/{{program}}/{{transaction}}", settled(partial(execute.one, PROGRAMS, tenant)))
    found.add("POST", BASE, settled(partial(execute.bulk, PROGRAMS, tenant)))
