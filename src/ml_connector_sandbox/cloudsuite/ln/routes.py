"""Every address of LN behind the gateway: `…/LN/lnapi/odata/{service}`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from ml_connector_sandbox.cloudsuite.gateway import bearer, unauthorized
from ml_connector_sandbox.cloudsuite.ln import endpoint, query
from ml_connector_sandbox.cloudsuite.ln.entities import EXPANDED, SERVICES, EntitySet, Record
from ml_connector_sandbox.cloudsuite.ln.query import BadQuery
from ml_connector_sandbox.cloudsuite.switches import number, text
from ml_connector_sandbox.cloudsuite.tenant import COMPANIES, Tenant
from ml_connector_sandbox.cloudsuite.tokens import TENANT_ID
from ml_connector_sandbox.wire import Handler, Request, Response, Router, json_response

BASE = f"/{TENANT_ID}/LN/lnapi/odata"
FALSE_REFUSAL = "OAuth [U14]: unknown oauth_consumer_key"
MODEL = "$metadata"
KEYED = re.compile(r"(?P<set>\w+)\((?P<key>.*)\)")
PAGE_SIZE = re.compile(r"maxpagesize=(\d+)")


def add_routes(found: Router, tenant: Tenant) -> None:
    """Add LN's addresses, each behind the gateway."""
    endpoint.add_routes(found, tenant)
    guard = _Guard(tenant)
    found.add("GET", f"{BASE}/{{service}}/{{resource}}", guard(partial(read, tenant)))
    for method in ("PATCH", "DELETE"):
        found.add(method, f"{BASE}/{{service}}/{{resource}}", guard(partial(change, tenant)))


def refusal(status: int, message: str, *details: str) -> Response:
    """LN's error body."""
    error = {"code": "ERROR", "message": message, "details": [{"message": detail} for detail in details]}
    return json_response({"error": error}, status)


@dataclass(frozen=True, slots=True)
class _Guard:
    """Puts token, company and LN's way of refusing before a handler."""

    tenant: Tenant

    def __call__(self, handler: Handler) -> Handler:
        def guarded(request: Request, **names: Any) -> Response:
            if not self.tenant.tokens.lives(bearer(request)):
                return unauthorized()
            if self.tenant.strikes("ln_false_unauthorized"):
                return Response(401, FALSE_REFUSAL.encode(), {"Content-Type": "text/plain"})
            company = _company(request)
            if company not in COMPANIES:
                return refusal(400, f"Switch to company {company} failed", f"Company {company} does not exist")
            if names["service"] not in SERVICES or names["service"] in _inactive(self.tenant):
                return refusal(404, f"Service {names['service']} is not found or not active")
            try:
                return handler(request, **names)
            except BadQuery as bad:
                return refusal(400, str(bad))

        return guarded


def _company(request: Request) -> str:
    """The company of a call: that of the header, else the service user's own."""
    return request.headers.get("x-infor-lncompany", "") or COMPANIES[0]


def _inactive(tenant: Tenant) -> list[str]:
    return text(tenant.switches, "ln_inactive_services").split()


def metadata(service: str) -> Response:
    """The model of a service as EDMX."""
    types = "".join(_entity_type(name, entity) for name, entity in SERVICES[service].items())
    sets = "".join(f'<EntitySet Name="{name}" EntityType="{service}.{name}Type"/>' for name in SERVICES[service])
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        f'<Schema Namespace="{service}" xmlns="http://docs.oasis-open.org/odata/ns/edm">{types}'
        f'<EntityContainer Name="Container">{sets}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>'
    )
    return Response(200, body.encode(), {"Content-Type": "application/xml"})


def _entity_type(name: str, entity: EntitySet) -> str:
    key = "".join(f'<PropertyRef Name="{part}"/>' for part in entity.key)
    properties = "".join(f'<Property Name="{each}" Type="{kind}"/>' for each, kind in entity.properties.items())
    return f'<EntityType Name="{name}Type"><Key>{key}</Key>{properties}</EntityType>'


def read(tenant: Tenant, request: Request, service: str, resource: str) -> Response:
    """Answer a set page by page, one record by its key, or the service's model. Raises `BadQuery`."""
    if resource == MODEL:
        return metadata(service)
    options = dict(request.query)
    query.check_options(options)
    company = _company(request)
    if keyed := KEYED.fullmatch(resource):
        name, entity = _set(service, keyed["set"])
        record = _one(tenant, company, entity, keyed["key"])
        if record is None:
            return refusal(404, f"{name}({keyed['key']}) does not exist")
        return json_response(_shown(tenant, service, name, company, options, record))
    name, entity = _set(service, resource)
    records = query.passing(entity, options.get("$filter", ""), entity.rows(tenant, company))
    records = query.ordered(entity, options.get("$orderby", ""), records)
    skip = query.number(options, "$skip", 0)
    rest = records[skip : skip + query.number(options, "$top", len(records))]
    page = rest[: _page_size(tenant, request)]
    answer: dict[str, object] = {"@odata.context": f"$metadata#{name}"}
    if options.get("$count") == "true":
        answer["@odata.count"] = len(records)
    answer["value"] = [_shown(tenant, service, name, company, options, record) for record in page]
    if len(page) < len(rest):
        answer["@odata.nextLink"] = _next(request, resource, service, skip + len(page), options)
    return json_response(answer)


def _set(service: str, name: str) -> tuple[str, EntitySet]:
    if name not in SERVICES[service]:
        raise BadQuery(f"Entity set {name} does not exist")
    return name, SERVICES[service][name]


def _page_size(tenant: Tenant, request: Request) -> int:
    """What the client prefers, up to what the tenant gives."""
    most = number(tenant.switches, "ln_page_rows")
    preferred = PAGE_SIZE.search(request.headers.get("prefer", ""))
    return max(1, min(most, int(preferred[1]))) if preferred else most


def _next(request: Request, resource: str, service: str, skip: int, options: Mapping[str, str]) -> str:
    kept = {**options, "$skip": str(skip)}
    if "$top" in kept:
        kept["$top"] = str(int(kept["$top"]) - (skip - query.number(options, "$skip", 0)))
    return f"{request.origin}{BASE}/{service}/{resource}?{urlencode(kept)}"


def _one(tenant: Tenant, company: str, entity: EntitySet, key: str) -> Record | None:
    """A record by its key, written `'P1'` or `PurchaseOrder='P1',Line=10`; blanks at the ends do not matter."""
    parts = [part.rpartition("=")[2].strip().strip("'").strip() for part in key.split(",")]
    for record in entity.rows(tenant, company):
        if [str(record[name]).strip() for name in entity.key] == parts:
            return record
    return None


def _shown(
    tenant: Tenant, service: str, name: str, company: str, options: Mapping[str, str], record: Record
) -> dict[str, object]:
    entity = SERVICES[service][name]
    found: dict[str, object] = {"@odata.etag": etag(record)}
    found |= {
        each: query.shown(value) for each, value in query.selected(entity, options.get("$select", ""), record).items()
    }
    for expanded in filter(None, options.get("$expand", "").split(",")):
        if EXPANDED.get(name, ("", ()))[0] != expanded:
            raise BadQuery(f"Navigation property {expanded} does not exist")
        found[expanded] = list(_parts(tenant, service, expanded, company, EXPANDED[name][1], record))
    return found


def _parts(
    tenant: Tenant, service: str, name: str, company: str, shared: tuple[str, ...], parent: Record
) -> Iterator[dict[str, object]]:
    for record in SERVICES[service][name].rows(tenant, company):
        if all(record[each] == parent[each] for each in shared):
            yield _shown(tenant, service, name, company, {}, record)


def etag(record: Record) -> str:
    """The version of a record: another one whenever something of it changed."""
    return f'W/"{hashlib.sha256(repr(sorted(record.items())).encode()).hexdigest()[:12]}"'


def change(tenant: Tenant, request: Request, service: str, resource: str) -> Response:
    """Answer PATCH and DELETE: the version is asked for, and few properties may be changed. Raises `BadQuery`."""
    keyed = KEYED.fullmatch(resource)
    if keyed is None:
        return refusal(405, f"{request.method} needs a key")
    name, entity = _set(service, keyed["set"])
    record = _one(tenant, _company(request), entity, keyed["key"])
    if record is None:
        return refusal(404, f"{name}({keyed['key']}) does not exist")
    version = request.headers.get("if-match", "")
    if not version:
        return refusal(428, "The request needs an If-Match header")
    if version not in ("*", etag(record)):
        return refusal(412, "The record was changed by another user")
    return _changed(request, name, entity)


def _changed(request: Request, name: str, entity: EntitySet) -> Response:
    """Nothing that a connector could use can be changed here: dates of receipt are taken, and not kept."""
    if request.method == "DELETE":
        return refusal(422, f"{name} cannot be deleted", "The purchase order has been approved")
    try:
        asked = request.json()
    except ValueError:
        raise BadQuery("The body is not JSON") from None
    if not isinstance(asked, dict):
        raise BadQuery("The body is no object")
    for each in asked:
        query.property_of(entity, each)
        if each not in entity.writable:
            return refusal(422, f"{each} cannot be changed", f"Property {each} is read-only in {name}")
    return Response(204)
