"""Every address of the IDO request service, each behind the gateway and one site's configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.cloudsuite.csi import journals, purchasing, reference
from ml_connector_sandbox.cloudsuite.csi.idos import Ido, Site
from ml_connector_sandbox.cloudsuite.csi.load import load
from ml_connector_sandbox.cloudsuite.csi.sites import configuration, setting
from ml_connector_sandbox.cloudsuite.csi.update import update
from ml_connector_sandbox.cloudsuite.gateway import Guard
from ml_connector_sandbox.cloudsuite.tenant import COMPANIES, Tenant
from ml_connector_sandbox.cloudsuite.tokens import TENANT_ID
from ml_connector_sandbox.wire import Handler, Request, Response, Router, json_response

BASE = f"/{TENANT_ID}/CSI/IDORequestService/ido"
CONFIGURATION = "x-infor-mongooseconfig"
FAILED = "16"

IDOS: Mapping[str, Ido] = {
    ido.name: ido
    for ido in (
        purchasing.ORDERS,
        purchasing.LINES,
        purchasing.PROJECTS,
        journals.JOURNALS,
        journals.LEDGERS,
        *reference.IDOS,
    )
}

Service = Callable[[Site, Ido, Request], dict[str, Any]]


def add_routes(found: Router, tenant: Tenant) -> None:
    """Add the service's addresses, each behind the gateway. Journals are posted as CSI posts them from now on."""
    tenant.ledger.postable = partial(journals.postable, tenant)
    guard = Guard(tenant)
    services: tuple[tuple[str, str, Service], ...] = (
        ("GET", "load", load),
        ("POST", "update", update),
        ("POST", "invoke", invoke),
        ("GET", "info", info),
        ("GET", "propertyinfo", property_info),
    )
    for method, name, service in services:
        found.add(method, f"{BASE}/{name}/{{name}}", guard(_answering(tenant, service)))
    found.add("GET", f"{BASE}/configurations", guard(configurations))


def _answering(tenant: Tenant, service: Service) -> Handler:
    """The service, with refusals in the way of Mongoose: HTTP 200, `Success` false, and a message."""

    def answer(request: Request, name: str) -> Response:
        try:
            return json_response(service(_site(tenant, request), _ido(name), request))
        except Refused as refused:
            return json_response({"Success": False, "Message": str(refused)})

    return answer


def _site(tenant: Tenant, request: Request) -> Site:
    name = request.headers.get(CONFIGURATION, "")
    if not name:
        raise Refused("The header X-Infor-MongooseConfig is required.")
    for company in COMPANIES:
        if name == configuration(company):
            return Site(tenant, company)
    raise Refused(f"Configuration [{name}] was not found.")


def _ido(name: str) -> Ido:
    if name not in IDOS:
        raise Refused(f"IDO [{name}] was not found.")
    return IDOS[name]


def invoke(site: Site, ido: Ido, request: Request) -> dict[str, Any]:
    """Call a method of an IDO. There is one at most, which posts a journal: it takes its id, and a text to fill."""
    method = request.one("method")
    if ido.name != "SLJournals" or not method or method != setting(site.tenant.switches, "csi_posting_method"):
        raise Refused(f"Method [{method}] was not found in IDO [{ido.name}].")
    try:
        parameters = request.json()
    except ValueError:
        parameters = None
    if not isinstance(parameters, list) or not parameters:
        raise Refused("The parameters are not valid.")
    wrong = journals.post(site, str(parameters[0]))
    told = [str(parameters[0]), wrong or None]
    return {"Message": None, "Success": True, "Parameters": told, "ReturnValue": FAILED if wrong else "0"}


def info(_site: Site, ido: Ido, _request: Request) -> dict[str, Any]:
    """What an IDO is. The answer's shape is ours."""
    return {"Name": ido.name, "Table": ido.table, "Keys": list(ido.keys), "Success": True, "Message": None}


def property_info(site: Site, ido: Ido, _request: Request) -> dict[str, Any]:
    """The properties of an IDO. The answer's shape is ours."""
    properties = [
        {"Name": each.name, "DataType": each.type, "Length": each.width, "ReadOnly": not each.writable}
        for each in ido.known(site).values()
    ]
    return {"Properties": properties, "Success": True, "Message": None}


def configurations(_request: Request) -> Response:
    """The configurations that there are. The answer's shape is ours."""
    names = [configuration(company) for company in COMPANIES]
    return json_response({"Configurations": names, "Success": True, "Message": None})
