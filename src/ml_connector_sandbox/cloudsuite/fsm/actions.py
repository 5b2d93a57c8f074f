"""The actions of business classes: Find, Create, Update, Delete, and their batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ml_connector_sandbox.cloudsuite.classes import FALSE, TRUE, BusinessClass, Refused, Row, Table
from ml_connector_sandbox.cloudsuite.fsm import lists
from ml_connector_sandbox.cloudsuite.fsm.filters import known_field
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.wire import Request, Response, json_response

INTERFACE = "GLTransactionInterface"
STAGING_REQUIRED = (
    "FinanceEnterpriseGroup",
    "GLTransactionInterface.RunGroup",
    "GLTransactionInterface.SequenceNumber",
    "AccountingEntity",
    "AccountCode",
    "PostingDate",
)
PROJECT_STATUSES = ("Active", "Inactive", "Closed")
STRUCK = "The record could not be processed"

Fields = Mapping[str, str]
Action = Callable[[Tenant, BusinessClass, Fields], str]


def find(tenant: Tenant, request: Request, class_name: str) -> Response:
    """Answer `GET …/actions/Find?Key1=…`: one record by its whole key. Raises `Refused`."""
    business_class = lists.known_class(class_name)
    asked = {name: value for name, value in request.query if not name.startswith("_")}
    key = _key(business_class, _known(business_class, asked))
    for row in tenant.rows(class_name):
        if row.key == key and not row.deleted:
            return json_response({"_fields": lists.shown(tenant, business_class, row)})
    raise Refused(f"{class_name} {', '.join(key)} does not exist")


def run(tenant: Tenant, request: Request, class_name: str, action: str) -> Response:
    """Answer one action with the fields in the body. Raises `Refused`."""
    business_class = lists.known_class(class_name)
    method, perform = _defined(business_class, action)
    if request.method != method:
        return json_response({"error": "Method Not Allowed"}, 405, {"Allow": method})
    body = _body(request)
    fields = body.get("_fields", body)
    return json_response({"message": perform(tenant, business_class, _texts(fields))})


def batch(tenant: Tenant, request: Request, class_name: str, action: str) -> Response:
    """Answer a batch: HTTP 200 whatever happens to its rows; a row that fails carries an `exception`.

    `_maxFailures` rows may fail before the rest is left alone; -1 tries them all.
    """
    business_class = lists.known_class(class_name)
    _, perform = _defined(business_class, action)
    records = _body(request).get("_records")
    if not isinstance(records, list):
        raise Refused("_records is required")
    most = _most_failures(request)
    answers: list[dict[str, object]] = []
    failures = 0
    for record in records:
        if most >= 0 and failures > most:
            break
        answers.append(_answer(tenant, business_class, perform, record))
        failures += "exception" in answers[-1]
    status = "completed with errors" if failures else "completed"
    return json_response([*answers, {"batchStatus": f"{status}: {len(answers)} processed, {failures} failed"}])


def _most_failures(request: Request) -> int:
    asked = request.one("_maxFailures", "0")
    if not asked.removeprefix("-").isdigit():
        raise Refused(f"_maxFailures: {asked} is not a number")
    return int(asked)


def _answer(tenant: Tenant, business_class: BusinessClass, perform: Action, record: object) -> dict[str, object]:
    fields = record.get("_fields") if isinstance(record, dict) else None
    if not isinstance(fields, dict):
        return {"exception": "_fields is required"}
    # A staged journal row asks for itself, in the ledger.
    if business_class.name != INTERFACE and tenant.strikes("partial_batch"):
        return {"exception": STRUCK, "_fields": fields}
    try:
        return {"message": perform(tenant, business_class, _texts(fields)), "_fields": fields}
    except Refused as refused:
        return {"exception": str(refused), "_fields": fields}


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json() if request.body else {}
    except ValueError as broken:
        raise Refused("The body is not valid JSON") from broken
    if not isinstance(body, dict):
        raise Refused("The body is not a JSON object")
    return {**{name: value for name, value in request.query if not name.startswith("_")}, **body}


def _texts(fields: object) -> dict[str, str]:
    """Every value as text; numbers and booleans are taken as clients send them."""
    if not isinstance(fields, dict):
        raise Refused("_fields is not a JSON object")
    return {name: _text(name, value) for name, value in fields.items()}


def _text(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return TRUE if value else FALSE
        case str() | int() | float():
            return str(value)
        case _:
            raise Refused(f"{name}: the value is not a plain one")


def _known(business_class: BusinessClass, fields: Fields) -> dict[str, str]:
    """The fields by their own names, each value fitting. Raises `Refused`."""
    known = {}
    for name, value in fields.items():
        field = known_field(business_class, name)
        known[field.name] = field.stored(value)
    return known


def _key(business_class: BusinessClass, fields: Fields) -> tuple[str, ...]:
    missing = [name for name in business_class.key if not fields.get(name)]
    if missing:
        raise Refused(f"{business_class.name}: {', '.join(missing)} is required")
    return tuple(fields[name] for name in business_class.key)


def _existing(tenant: Tenant, business_class: BusinessClass, fields: Fields) -> tuple[Table, Row]:
    table = tenant.tables[business_class.name]
    key = _key(business_class, fields)
    row = table.get(*key)
    if row is None:
        raise Refused(f"{business_class.name} {', '.join(key)} does not exist")
    return table, row


def _writable(business_class: BusinessClass, fields: Fields) -> dict[str, str]:
    changed = {name: value for name, value in fields.items() if name not in business_class.key}
    for name in changed:
        if not business_class.fields[name].writable:
            raise Refused(f"{name} may not be changed")
    return changed


def _create(tenant: Tenant, business_class: BusinessClass, fields: Fields) -> str:
    known = _known(business_class, fields)
    key = _key(business_class, known)
    _writable(business_class, known)
    tenant.tables[business_class.name].add(_blank(business_class) | known, tenant.clock.now())
    return f"{business_class.name} {', '.join(key)} created."


def _blank(business_class: BusinessClass) -> dict[str, str]:
    """A record without values; amounts that only the application keeps begin at zero."""
    return {
        each.name: "0" if each.type == "number" and not each.writable else "" for each in business_class.fields.values()
    }


def _update(tenant: Tenant, business_class: BusinessClass, fields: Fields) -> str:
    known = _known(business_class, fields)
    table, row = _existing(tenant, business_class, known)
    table.change(row, _writable(business_class, known), tenant.clock.now())
    return f"{business_class.name} {', '.join(row.key)} updated."


def _delete(tenant: Tenant, business_class: BusinessClass, fields: Fields) -> str:
    table, row = _existing(tenant, business_class, _known(business_class, fields))
    table.remove(row, tenant.clock.now())
    return f"{business_class.name} {', '.join(row.key)} deleted."


def _change_status(tenant: Tenant, business_class: BusinessClass, fields: Fields) -> str:
    status = fields.get("ProjectStatus", "")
    if status not in PROJECT_STATUSES:
        raise Refused(f"ProjectStatus: {status} is not one of {', '.join(PROJECT_STATUSES)}")
    active = TRUE if status == "Active" else FALSE
    return _update(tenant, business_class, {**fields, "Active": active})


def _stage(tenant: Tenant, business_class: BusinessClass, fields: Fields) -> str:
    return tenant.ledger.create_unreleased(_known(business_class, fields))


# Which method an action takes, and what does it.
EDITS: dict[str, tuple[str, Action]] = {
    "Create": ("POST", _create),
    "Update": ("PUT", _update),
    "FastUpdate": ("PUT", _update),
    "UpdateNoRules": ("PUT", _update),
    "Delete": ("DELETE", _delete),
    "UpdateProjectStatus": ("PUT", _change_status),
    "ChangeStatus": ("PUT", _change_status),
}
STAGING: dict[str, tuple[str, Action]] = dict.fromkeys(("Create", "CreateUnreleased", "Import"), ("POST", _stage))


def _defined(business_class: BusinessClass, action: str) -> tuple[str, Action]:
    own = STAGING if business_class.name == INTERFACE else EDITS
    if action not in business_class.actions or action not in own:
        raise Refused(f"Action {action} is not defined for business class {business_class.name}")
    return own[action]
