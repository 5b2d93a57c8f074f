"""The operations on whole run groups: form operations, and the actions beside the ordinary ones.

A form operation has side effects whatever its method, GET among them (Infor's generated API descriptions). Its answer
proves nothing: it is the same whether every row went through or none. The answers' shapes and texts are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import parse_qsl

from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.cloudsuite.entries import GROUP, STAGING, flag
from ml_connector_sandbox.cloudsuite.ledger import ERROR_PREFIX, GeneralLedger
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.cloudsuite.tokens import TENANT_ID
from ml_connector_sandbox.wire import Handler, Request, Response, Router, json_response

BASE = "/{tenant}/FSM/fsm/soap"
FORM_METHODS = ("GET", "PUT", "POST")
TRUE_SPELLINGS = ("true", "1", "yes")

BYPASSES = (
    "PrmByPassAccountCode",
    "PrmByPassOrganizationCode",
    "PrmBypassStructureRelationEdit",
    "PrmBypassNegativeRateEdit",
)
"""Switches that would leave an edit out. Not built: asking for one is refused."""
NARROWING = ("PrmLedger", "PrmPeriod", "PrmPostThroughDate", "PrmSystem")
"""What would narrow a posting down. Not built: it is refused, since ignoring it would post more than was asked."""

Values = Mapping[str, str]
Operation = Callable[[GeneralLedger, Values, str], None]
"""What is done with the run group that a form or an action names; empty where it names none."""


def add_forms(router: Router, tenant: Tenant, guard: Callable[[Handler], Handler]) -> None:
    """Add the routes of the ledger's form operations and run-group actions, each behind the guard."""
    for name, operation in FORMS.items():
        template = f"{BASE}/ldrest/{STAGING}/{name}_{name}Form_FormOperation"
        for method in FORM_METHODS:
            router.add(method, template, guard(partial(_form, tenant, name, operation)))
    for name, operation in ACTIONS.items():
        template = f"{BASE}/classes/{STAGING}/actions/{name}"
        router.add("PUT", template, guard(partial(_action, tenant, name, operation)))
    template = f"{BASE}/classes/{GROUP}/actions/InvokeJournalPosting"
    router.add("PUT", template, guard(partial(_post, tenant)))


def _form(books: Tenant, name: str, operation: Operation, request: Request, tenant: str) -> Response:
    """A form operation. Raises `Refused`."""
    if tenant != TENANT_ID:
        return _unknown_endpoint()
    values = _values(request)
    if flag(books.switches, "fsm_forms_ask_confirmation") and not _confirmed(values):
        return json_response({"confirmationMessages": [{"id": 0, "message": f"Do you want to run {name}?"}]})
    _check_group(books, values.get("PrmEnterpriseGroup") or books.ledger.reference.group)
    operation(books.ledger, values, values.get("PrmRunGroup", ""))
    return _done(name)


def _action(books: Tenant, name: str, operation: Operation, request: Request, tenant: str) -> Response:
    """A run-group action of the staging class. Raises `Refused`."""
    if tenant != TENANT_ID:
        return _unknown_endpoint()
    values = _values(request)
    _check_group(books, values.get(GROUP, ""))
    operation(books.ledger, values, values.get("RunGroup") or values.get(f"{STAGING}.RunGroup", ""))
    return _done(name)


def _post(books: Tenant, request: Request, tenant: str) -> Response:
    """Post released entries, of one entity where one is named. What the option codes mean is not known to us."""
    if tenant != TENANT_ID:
        return _unknown_endpoint()
    values = _values(request)
    _check_group(books, values.get(GROUP, ""))
    for name in NARROWING:
        if values.get(name):
            raise Refused(f"{name} is not supported here")
    books.ledger.post_released(values.get("PrmAccountingEntity", ""))
    return _done("InvokeJournalPosting")


def _interface(ledger: GeneralLedger, values: Values, run_group: str) -> None:
    for name in BYPASSES:
        if _on(values, name):
            raise Refused(f"{name} is not supported here")
    ledger.interface(
        run_group,
        edit_only=_on(values, "PrmEditOnly"),
        edit_and_interface=_on(values, "PrmEditAndInterface"),
        partial_update=_on(values, "PrmPartialUpdate"),
        move_errors=_on(values, "PrmMoveErrorsToNewRunGroup"),
        error_prefix=values.get("PrmErrorRunGroupPrefix") or ERROR_PREFIX,
    )


def _delete_all(ledger: GeneralLedger, _values: Values, run_group: str) -> None:
    ledger.delete_all(run_group)


def _reset_errors(ledger: GeneralLedger, _values: Values, run_group: str) -> None:
    ledger.reset_errors(run_group)


FORMS: dict[str, Operation] = {
    "InterfaceTransactions": _interface,
    "DeleteAllTransactionsForRunGroup": _delete_all,
    "ResetAllErrors": _reset_errors,
}
ACTIONS: dict[str, Operation] = {
    "InterfaceRunGroupByEntity": _interface,
    "ResetAllErrors": _reset_errors,
}


def _values(request: Request) -> dict[str, str]:
    """The parameters of the query, and of a body in JSON or as a form. Raises `Refused` for any other body."""
    return {**dict(request.query), **_body(request)}


def _body(request: Request) -> dict[str, str]:
    if not request.body:
        return {}
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(request.body.decode("utf-8", "replace")))
    try:
        body = request.json()
    except ValueError as broken:
        raise Refused("The body is not valid JSON") from broken
    fields = body.get("_fields", body) if isinstance(body, dict) else None
    if not isinstance(fields, dict):
        raise Refused("The body is not a JSON object")
    return {name: "" if value is None else str(value) for name, value in fields.items()}


def _on(values: Values, name: str) -> bool:
    return values.get(name, "").lower() in TRUE_SPELLINGS


def _confirmed(values: Values) -> bool:
    """Whether every confirmation message is confirmed, or the only one that there is."""
    return _on(values, "_cmAll") or bool(values.get("_cm.0"))


def _check_group(books: Tenant, group: str) -> None:
    if not group:
        raise Refused(f"{GROUP} is required")
    if group != books.ledger.reference.group:
        raise Refused(f"{GROUP} {group} does not exist")


def _done(name: str) -> Response:
    return json_response({"message": f"{name} was accepted."})


def _unknown_endpoint() -> Response:
    """What the gateway says to the address of another tenant."""
    return json_response({"error": "Not Found"}, 404)
