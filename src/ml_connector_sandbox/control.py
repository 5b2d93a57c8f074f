"""The control API: the books, the clock, faults, limits, switches, and what people do inside the vendors.

Everything is JSON. What is not understood is answered 400 with {"error": …} and has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ml_connector_sandbox.cloudsuite import books as cloudsuite_books
from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.faults import FAULTS, BadRule
from ml_connector_sandbox.jira import books as jira_books
from ml_connector_sandbox.jira.site import NotThere
from ml_connector_sandbox.limits import BadLimit
from ml_connector_sandbox.switches import UnknownSwitch
from ml_connector_sandbox.wire import Request, Response, Router, json_response
from ml_connector_sandbox.world import World

Answer = Callable[..., Any]
FURTHEST = 10 * 366 * 24 * 3600
"""Seconds that the clock may be moved at once: about ten years."""


class BadCall(Exception):
    """Something that a call needs is missing, or of another kind."""


REFUSALS = (BadCall, BadRule, BadLimit, UnknownSwitch, Refused, NotThere)


def answer(world: World, request: Request) -> Response:
    """Answer one call, while nobody else is in the world. Errors are JSON: {"error": …}."""
    with world.lock:
        world.settle()
        return _answer(world, request)


def _answer(world: World, request: Request) -> Response:
    router = _router(world)
    found = router.find(request)
    if found is None:
        status = 405 if router.allowed(request.path) else 404
        return json_response({"error": f"no {request.method} {request.path} in the control API"}, status)
    route, names = found
    try:
        return route.handler(request, **names)
    except REFUSALS as error:
        return json_response({"error": str(error)}, 400)


def _router(world: World) -> Router:
    router = Router()
    for method, path, handler in (*_books(world), *_settings(world), *_cloudsuite(world), *_jira(world)):
        router.add(method, path, _json(handler))
    return router


def _json(handler: Answer) -> Callable[..., Response]:
    def handled(request: Request, **names: str) -> Response:
        return json_response(handler(_document(request), **names))

    return handled


def _document(request: Request) -> Any:
    if not request.body:
        return {}
    try:
        return request.json()
    except ValueError as error:
        raise BadCall(f"the body is not JSON: {error}") from error


def _object(asked: Any) -> dict[str, Any]:
    if not isinstance(asked, dict):
        raise BadCall("the body has to be a JSON object")
    return asked


def _word(asked: Any, name: str) -> str:
    value = _object(asked).get(name)
    if not isinstance(value, str):
        raise BadCall(f"{name} is needed, as text")
    return value


def _flag(asked: Any, name: str) -> bool:
    value = _object(asked).get(name)
    if not isinstance(value, bool):
        raise BadCall(f"{name} is needed, as true or false")
    return value


def _books(world: World) -> list[tuple[str, str, Answer]]:
    return [
        ("GET", "/books/gl", lambda _asked: cloudsuite_books.gl(world.cloudsuite)),
        ("GET", "/books/orders", lambda _asked: cloudsuite_books.orders(world.cloudsuite)),
        ("GET", "/books/projects", lambda _asked: cloudsuite_books.projects(world.cloudsuite)),
        ("GET", "/books/dimensions", lambda _asked: dimensions(world)),
        ("GET", "/books/periods", lambda _asked: cloudsuite_books.periods(world.cloudsuite)),
        ("GET", "/books/issues", lambda _asked: jira_books.issues(world.jira)),
        ("GET", "/books/worklogs", lambda _asked: jira_books.worklogs(world.jira)),
        ("GET", "/books/deliveries", lambda _asked: jira_books.deliveries(world.jira)),
        ("GET", "/books/webhooks", lambda _asked: jira_books.webhooks(world.jira)),
    ]


def dimensions(world: World) -> dict[str, list[dict[str, object]]]:
    """The accounts and cost centers, with what an auditor has to know of each."""
    reference, tables = world.cloudsuite.reference, world.cloudsuite.tables
    accounts = [reference.account(row.key[-1]) for row in tables["GeneralLedgerChartAccount"].living()]
    centers = [reference.cost_center(row.key[-1]) for row in tables["AccountingUnit"].living()]
    return {
        "accounts": [{"code": item.code, "active": item.active and item.posting} for item in accounts if item],
        "cost_centers": [{"code": item.code, "active": item.active} for item in centers if item],
    }


def _settings(world: World) -> list[tuple[str, str, Answer]]:
    return [
        ("GET", "/clock", lambda _asked: _now(world)),
        ("POST", "/clock", lambda asked: _advance(world, asked)),
        ("GET", "/calls", lambda _asked: world.calls.document()),
        ("GET", "/calls/log", lambda _asked: world.calls.log),
        ("DELETE", "/calls", lambda _asked: world.calls.clear()),
        ("GET", "/faults", lambda _asked: _faults(world)),
        ("PUT", "/faults", lambda asked: _put_faults(world, asked)),
        ("GET", "/limits", lambda _asked: world.limits.document()),
        ("PUT", "/limits", lambda asked: _put_limits(world, asked)),
        ("GET", "/switches", lambda _asked: dict(world.switches)),
        ("PUT", "/switches", lambda asked: _put_switches(world, asked)),
    ]


def _now(world: World) -> dict[str, str]:
    return {"now": world.clock.now().isoformat()}


def _advance(world: World, asked: Any) -> dict[str, str]:
    seconds = _object(asked).get("advance_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= FURTHEST:
        raise BadCall(f"advance_seconds is needed, as a number from 0 to {FURTHEST}: the clock moves forward only")
    world.advance(seconds)
    return _now(world)


def _faults(world: World) -> dict[str, Any]:
    """The rules in force, how often each fault struck, and the faults that there are."""
    return {"rules": world.faults.document(), "struck": dict(world.faults.struck), "known": FAULTS}


def _put_faults(world: World, asked: Any) -> list[dict[str, Any]]:
    rules = asked.get("rules") if isinstance(asked, dict) else asked
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise BadCall("the body has to be a list of rules")
    world.faults.put(rules)
    return world.faults.document()


def _put_limits(world: World, asked: Any) -> dict[str, object]:
    world.limits.put(_object(asked))
    return world.limits.document()


def _put_switches(world: World, asked: Any) -> dict[str, object]:
    world.switches.put(_object(asked))
    return dict(world.switches)


def _cloudsuite(world: World) -> list[tuple[str, str, Answer]]:
    """What buyers, finance and administrators do in CloudSuite."""
    tenant = world.cloudsuite
    order = "/cloudsuite/purchase-orders/{company}/{number}"
    return [
        ("POST", order, lambda asked, company, number: tenant.change_order(company, number, _fields(asked))),
        ("POST", f"{order}/delete", lambda _asked, company, number: tenant.delete_order(company, number)),
        ("POST", "/cloudsuite/periods", lambda asked: _set_period(world, asked)),
        ("POST", "/cloudsuite/cost-centers", lambda asked: _set_cost_center(world, asked)),
        ("POST", "/cloudsuite/post", lambda _asked: {"posted": tenant.post_released()}),
        ("POST", "/cloudsuite/delete-released", lambda asked: _delete_released(world, asked)),
        ("POST", "/cloudsuite/revoke-tokens", lambda _asked: tenant.revoke_tokens()),
    ]


def _fields(asked: Any) -> dict[str, str]:
    """A patch of fields; every value of CloudSuite is text."""
    if not asked:
        raise BadCall("no field is named")
    return {name: _word(asked, name) for name in _object(asked)}


def _set_period(world: World, asked: Any) -> None:
    """Open or close a period of an entity: {"entity", "period": "2026-11", "open"}."""
    world.cloudsuite.set_period(_word(asked, "entity"), _word(asked, "period"), _flag(asked, "open"))


def _set_cost_center(world: World, asked: Any) -> None:
    """Activate or deactivate a cost center: {"code", "active"}."""
    world.cloudsuite.set_cost_center(_word(asked, "code"), _flag(asked, "active"))


def _delete_released(world: World, asked: Any) -> dict[str, int]:
    """Finance deletes the released lines of a run group: {"reference"}."""
    return {"deleted": world.cloudsuite.ledger.delete_released(_word(asked, "reference"))}


def _jira(world: World) -> list[tuple[str, str, Answer]]:
    """What people and administrators do in Jira."""
    site = world.jira
    return [
        ("POST", "/jira/issues/{key}/move", lambda asked, key: {"key": site.move_issue(key, _word(asked, "project"))}),
        ("POST", "/jira/issues/{key}/delete", lambda _asked, key: site.delete_issue(key)),
        ("POST", "/jira/issues/{key}/security", lambda asked, key: site.secure_issue(key, _word(asked, "group"))),
        (
            "POST",
            "/jira/projects/{key}/archive",
            lambda asked, key: site.archive_project(key, archived=_flag(asked, "archived")),
        ),
        ("POST", "/jira/accounts/close", lambda asked: site.close_account(_word(asked, "account_id"))),
        ("POST", "/jira/projects/{key}/delete", lambda _asked, key: site.delete_project(key)),
        ("POST", "/jira/permissions", lambda asked: _permission(world, asked)),
        ("POST", "/jira/revoke-tokens", lambda _asked: site.bearers.clear()),
        ("POST", "/jira/revoke-grants", lambda _asked: _revoke_grants(world)),
        ("POST", "/jira/administrators", lambda asked: _administrator(world, asked)),
        ("POST", "/jira/webhooks/{webhook}/delete", lambda _asked, webhook: _delete_webhook(world, webhook)),
        ("POST", "/jira/webhooks/{webhook}/secret", lambda asked, webhook: _rotate_secret(world, webhook, asked)),
    ]


def _permission(world: World, asked: Any) -> None:
    """Show a project to a person, or hide it: {"project", "account_id", "visible"}."""
    change = world.jira.show_project if _flag(asked, "visible") else world.jira.hide_project
    change(world.jira.project(_word(asked, "project")).key, _word(asked, "account_id"))


def _revoke_grants(world: World) -> None:
    """A person takes the app's access back: access and refresh tokens are worth nothing."""
    world.jira.bearers.clear()
    world.jira.app.refresh_tokens.clear()
    world.jira.app.used_tokens.clear()


def _administrator(world: World, asked: Any) -> None:
    """Make an account an administrator, or an ordinary one: {"account_id", "admin"}."""
    world.jira.person(_word(asked, "account_id")).admin = _flag(asked, "admin")


def _webhook(world: World, webhook: str) -> Any:
    found = world.jira.webhooks.registered.get(webhook)
    if found is None:
        raise BadCall(f"there is no webhook {webhook}")
    return found


def _delete_webhook(world: World, webhook: str) -> None:
    """A registration is gone."""
    del world.jira.webhooks.registered[_webhook(world, webhook).id]


def _rotate_secret(world: World, webhook: str, asked: Any) -> None:
    """An administrator gives a webhook another secret: {"secret"}."""
    _webhook(world, webhook).secret = _word(asked, "secret")
