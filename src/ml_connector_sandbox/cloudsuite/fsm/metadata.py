"""What the tenant tells about itself: its classes, and each class's fields, lists, sets and actions.

The paths are the vendor's; the shape of the answers was never seen. Each is an array of objects with a `name`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ml_connector_sandbox.cloudsuite.classes import CLASSES, BusinessClass, Field, Refused
from ml_connector_sandbox.cloudsuite.fsm import actions
from ml_connector_sandbox.cloudsuite.fsm.filters import known_field
from ml_connector_sandbox.cloudsuite.fsm.lists import GENERIC, known_class
from ml_connector_sandbox.wire import Request, Response, json_response

SIDE_PARAMETERS = {
    "InterfaceRunGroupByEntity": (
        "FinanceEnterpriseGroup RunGroup PrmEditOnly PrmEditAndInterface PrmPartialUpdate PrmJournalizeByEntity "
        "PrmJournalByJournalCode PrmInterfaceInDetail PrmByPassAccountCode PrmByPassOrganizationCode "
        "PrmBypassStructureRelationEdit PrmBypassNegativeRateEdit PrmCurrencyTable PrmPrimaryLedger "
        "PrmMoveErrorsToNewRunGroup PrmErrorRunGroupPrefix"
    ),
    "ResetAllErrors": "FinanceEnterpriseGroup RunGroup",
    "InvokeJournalPosting": (
        "FinanceEnterpriseGroup PrmAccountingEntityOption PrmAccountingEntity PrmLedger PrmPeriodOption PrmPeriod "
        "PrmPostThroughDate PrmSystem"
    ),
}


def classes(request: Request) -> Response:
    """Answer `GET /classes?_links=true`: every class of the tenant."""
    linked = request.one("_links") == "true"
    return json_response([_named(name, f"classes/{name}", linked=linked) for name in CLASSES])


def _named(name: str, href: str, *, linked: bool) -> dict[str, object]:
    links = {"_links": [{"rel": part, "href": f"{href}/{part}"} for part in ("fields", "lists", "sets", "actions")]}
    return {"name": name, **(links if linked else {})}


def fields(_request: Request, class_name: str) -> Response:
    """Answer `GET /classes/{class}/fields`."""
    known = known_class(class_name)
    return json_response([_field(known, each) for each in known.fields.values()])


def field(_request: Request, class_name: str, field_name: str) -> Response:
    """Answer `GET /classes/{class}/fields/{field}`."""
    known = known_class(class_name)
    return json_response(_field(known, known_field(known, field_name)))


def _field(business_class: BusinessClass, each: Field) -> dict[str, object]:
    return {
        "name": each.name,
        "type": each.type,
        "size": each.width,
        "key": each.name in business_class.key,
        "readOnly": not each.writable,
        **({"states": [{"value": value, "label": label} for value, label in each.states]} if each.states else {}),
    }


def lists(_request: Request, class_name: str) -> Response:
    """Answer `GET /classes/{class}/lists`."""
    return _names((GENERIC, *known_class(class_name).lists))


def sets(_request: Request, class_name: str) -> Response:
    """Answer `GET /classes/{class}/sets`."""
    known = known_class(class_name).sets
    return json_response([{"name": name, "fields": list(fields)} for name, fields in known.items()])


def action_names(_request: Request, class_name: str) -> Response:
    """Answer `GET /classes/{class}/actions`."""
    return _names(("Find", *known_class(class_name).actions))


def parameters(_request: Request, class_name: str, action: str) -> Response:
    """Answer `GET /classes/{class}/actions/{action}/parameters`."""
    known = known_class(class_name)
    if action != "Find" and action not in known.actions:
        raise Refused(f"Action {action} is not defined for business class {class_name}")
    if action in SIDE_PARAMETERS:
        return _names(SIDE_PARAMETERS[action].split())
    keys_only = action in ("Find", "Delete")
    required = actions.STAGING_REQUIRED if class_name == actions.INTERFACE else known.key
    named = required if keys_only else [each.name for each in known.fields.values() if each.writable]
    return json_response([{"name": name, "required": name in required} for name in named])


def _names(names: Iterable[str]) -> Response:
    return json_response([{"name": name} for name in names])
