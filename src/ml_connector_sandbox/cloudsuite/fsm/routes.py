"""Every address of Financials & Supply Management behind the gateway."""

from __future__ import annotations

from functools import partial

from ml_connector_sandbox.cloudsuite.fsm import actions, forms, lists, metadata
from ml_connector_sandbox.cloudsuite.gateway import Guard
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.cloudsuite.tokens import TENANT_ID
from ml_connector_sandbox.wire import Router

BASE = f"/{TENANT_ID}/FSM/fsm/soap"
CLASS = f"{BASE}/classes/{{class_name}}"


def add_routes(found: Router, tenant: Tenant) -> None:
    """Add FSM's addresses, each behind the gateway."""
    guard = Guard(tenant)
    forms.add_forms(found, tenant, guard)
    _add_metadata(found, guard)
    found.add("GET", f"{CLASS}/lists/{{list_name}}", guard(partial(lists.answer, tenant)))
    found.add("GET", f"{CLASS}/actions/Find", guard(partial(actions.find, tenant)))
    found.add("POST", f"{CLASS}/actions/{{action}}/batch", guard(partial(actions.batch, tenant)))
    for method in ("POST", "PUT", "DELETE"):
        found.add(method, f"{CLASS}/actions/{{action}}", guard(partial(actions.run, tenant)))


def _add_metadata(found: Router, guard: Guard) -> None:
    found.add("GET", f"{BASE}/classes", guard(metadata.classes))
    found.add("GET", f"{CLASS}/fields", guard(metadata.fields))
    found.add("GET", f"{CLASS}/fields/{{field_name}}", guard(metadata.field))
    found.add("GET", f"{CLASS}/lists", guard(metadata.lists))
    found.add("GET", f"{CLASS}/sets", guard(metadata.sets))
    found.add("GET", f"{CLASS}/actions", guard(metadata.action_names))
    found.add("GET", f"{CLASS}/actions/{{action}}/parameters", guard(metadata.parameters))
