"""Every address of the CloudSuite tenant: the authorization server, FSM behind its gateway, and pages for people."""

from __future__ import annotations

from functools import partial

from ml_connector_sandbox.cloudsuite import actions, forms, lists, metadata, pages, tokens
from ml_connector_sandbox.cloudsuite.gateway import BASE, Guard
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.cloudsuite.tokens import TENANT_ID
from ml_connector_sandbox.wire import Router

CLASS = f"{BASE}/classes/{{class_name}}"
AUTHORIZATION = f"/{TENANT_ID}/as"


def router(tenant: Tenant) -> Router:
    """The routes of one tenant."""
    found = Router()
    guard = Guard(tenant)
    _add_authorization(found, tenant)
    forms.add_forms(found, tenant, guard)
    _add_metadata(found, guard)
    found.add("GET", f"{CLASS}/lists/{{list_name}}", guard(partial(lists.answer, tenant)))
    found.add("GET", f"{CLASS}/actions/Find", guard(partial(actions.find, tenant)))
    found.add("POST", f"{CLASS}/actions/{{action}}/batch", guard(partial(actions.batch, tenant)))
    for method in ("POST", "PUT", "DELETE"):
        found.add(method, f"{CLASS}/actions/{{action}}", guard(partial(actions.run, tenant)))
    pages.add_pages(found, tenant)
    return found


def _add_authorization(found: Router, tenant: Tenant) -> None:
    found.add("POST", f"{AUTHORIZATION}/token.oauth2", partial(tokens.grant, tenant.tokens))
    for method in ("POST", "GET"):
        found.add(method, f"{AUTHORIZATION}/revoke_token.oauth2", partial(tokens.end, tenant.tokens))
    found.add("GET", f"{AUTHORIZATION}/authorization.oauth2", partial(tokens.authorize, tenant.tokens))


def _add_metadata(found: Router, guard: Guard) -> None:
    found.add("GET", f"{BASE}/classes", guard(metadata.classes))
    found.add("GET", f"{CLASS}/fields", guard(metadata.fields))
    found.add("GET", f"{CLASS}/fields/{{field_name}}", guard(metadata.field))
    found.add("GET", f"{CLASS}/lists", guard(metadata.lists))
    found.add("GET", f"{CLASS}/sets", guard(metadata.sets))
    found.add("GET", f"{CLASS}/actions", guard(metadata.action_names))
    found.add("GET", f"{CLASS}/actions/{{action}}/parameters", guard(metadata.parameters))
