"""Every address of a CloudSuite tenant: the authorization server, a product line behind its gateway, and pages.

All product lines show the same books: each is another way to read and write them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from ml_connector_sandbox.cloudsuite import pages, tokens
from ml_connector_sandbox.cloudsuite.csi import routes as csi
from ml_connector_sandbox.cloudsuite.fsm import routes as fsm
from ml_connector_sandbox.cloudsuite.ln import routes as ln
from ml_connector_sandbox.cloudsuite.m3 import routes as m3
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.cloudsuite.tokens import TENANT_ID
from ml_connector_sandbox.wire import Router

AUTHORIZATION = f"/{TENANT_ID}/as"

PRODUCTS: Mapping[str, Callable[[Router, Tenant], None]] = {
    "fsm": fsm.add_routes,
    "m3": m3.add_routes,
    "csi": csi.add_routes,
    "ln": ln.add_routes,
}
"""The product lines that are simulated, with what adds their addresses. One line each."""


def router(tenant: Tenant) -> Router:
    """The routes of one tenant."""
    found = Router()
    _add_authorization(found, tenant)
    PRODUCTS[tenant.product](found, tenant)
    pages.add_pages(found, tenant)
    return found


def _add_authorization(found: Router, tenant: Tenant) -> None:
    found.add("POST", f"{AUTHORIZATION}/token.oauth2", partial(tokens.grant, tenant.tokens))
    for method in ("POST", "GET"):
        found.add(method, f"{AUTHORIZATION}/revoke_token.oauth2", partial(tokens.end, tenant.tokens))
    found.add("GET", f"{AUTHORIZATION}/authorization.oauth2", partial(tokens.authorize, tenant.tokens))
