"""The control API: the books, the clock, faults, limits, switches, and what people do inside the vendors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ml_connector_sandbox.cloudsuite import books as cloudsuite_books
from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.faults import FAULTS, BadRule
from ml_connector_sandbox.jira import books as jira_books
from ml_connector_sandbox.jira.site import NotThere
from ml_connector_sandbox.switches import UnknownSwitch
from ml_connector_sandbox.wire import Request, Response, Router, json_response

if TYPE_CHECKING:
    from ml_connector_sandbox.world import World

Answer = Callable[..., Any]


def answer(world: World, request: Request) -> Response:
    """Answer one call. Errors are JSON: {"error": …}."""
    router = _router(world)
    found = router.find(request)
    if found is None:
        status = 405 if router.allowed(request.path) else 404
        return json_response({"error": f"no {request.method} {request.path} in the control API"}, status)
    route, names = found
    try:
        return route.handler(request, **names)
    except (KeyError, TypeError, ValueError, BadRule, UnknownSwitch, Refused, NotThere) as error:
        return json_response({"error": f"{type(error).__name__}: {error}"}, 400)


def _router(world: World) -> Router:
    router = Router()
    for method, path, handler in (*_books(world), *_settings(world), *_cloudsuite(world), *_jira(world)):
        router.add(method, path, _json(handler))
    return router


def _json(handler: Answer) -> Callable[..., Response]:
    def handled(request: Request, **names: str) -> Response:
        document = request.json() if request.body else {}
        return json_response(handler(document, **names))

    return handled


def _books(world: World) -> list[tuple[str, str, Answer]]:
    return [
        ("GET", "/books/gl", lambda _asked: cloudsuite_books.gl(world.cloudsuite)),
        ("GET", "/books/orders", lambda _asked: cloudsuite_books.orders(world.cloudsuite)),
        ("GET", "/books/projects", lambda _asked: cloudsuite_books.projects(world.cloudsuite)),
        ("GET", "/books/dimensions", lambda _asked: _dimensions(world)),
        ("GET", "/books/issues", lambda _asked: jira_books.issues(world.jira)),
        ("GET", "/books/worklogs", lambda _asked: jira_books.worklogs(world.jira)),
        ("GET", "/books/webhooks", lambda _asked: jira_books.webhooks(world.jira)),
    ]


def _dimensions(world: World) -> dict[str, list[dict[str, object]]]:
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
        ("GET", "/calls/log", lambda _asked: list(world.calls.log)),
        ("DELETE", "/calls", lambda _asked: world.calls.clear()),
        ("GET", "/faults", lambda _asked: {"rules": world.faults.document(), "known": FAULTS}),
        ("PUT", "/faults", lambda asked: _put_faults(world, asked)),
        ("GET", "/limits", lambda _asked: world.limits.document()),
        ("PUT", "/limits", lambda asked: _put_limits(world, asked)),
        ("GET", "/switches", lambda _asked: dict(world.switches)),
        ("PUT", "/switches", lambda asked: _put_switches(world, asked)),
    ]


def _now(world: World) -> dict[str, str]:
    return {"now": world.clock.now().isoformat()}


def _advance(world: World, asked: Mapping[str, Any]) -> dict[str, str]:
    seconds = float(asked["advance_seconds"])
    if not 0 <= seconds < float("inf"):
        raise ValueError("the clock moves forward only")
    world.clock.advance(seconds)
    return _now(world)


def _put_faults(world: World, asked: Any) -> list[dict[str, Any]]:
    world.faults.put(asked["rules"] if isinstance(asked, dict) else asked)
    return world.faults.document()


def _put_limits(world: World, asked: dict[str, object]) -> dict[str, object]:
    world.limits.put(asked)
    return world.limits.document()


def _put_switches(world: World, asked: dict[str, object]) -> dict[str, object]:
    world.switches.put(asked)
    return dict(world.switches)


def _cloudsuite(world: World) -> list[tuple[str, str, Answer]]:
    tenant = world.cloudsuite
    orders = "/cloudsuite/purchase-orders/{company}/{number}"
    return [
        ("POST", orders, lambda asked, company, number: tenant.change_order(company, number, asked)),
        ("POST", "/cloudsuite/periods", lambda asked: _set_period(world, asked)),
        (
            "POST",
            "/cloudsuite/cost-centers",
            lambda asked: tenant.set_cost_center(asked["code"], bool(asked["active"])),
        ),
        ("POST", "/cloudsuite/post", lambda _asked: {"posted": tenant.post_released()}),
        ("POST", "/cloudsuite/delete-released", lambda asked: _delete_released(world, asked)),
        ("POST", "/cloudsuite/revoke-tokens", lambda _asked: tenant.revoke_tokens()),
    ]


def _set_period(world: World, asked: Mapping[str, Any]) -> None:
    world.cloudsuite.set_period(asked["entity"], asked["period"], bool(asked["open"]))


def _delete_released(world: World, asked: Mapping[str, Any]) -> dict[str, int]:
    return {"deleted": world.cloudsuite.ledger.delete_released(asked["reference"])}


def _jira(world: World) -> list[tuple[str, str, Answer]]:
    site = world.jira
    return [
        ("POST", "/jira/issues/{key}/move", lambda asked, key: site.move_issue(key, asked["project"])),
        ("POST", "/jira/issues/{key}/delete", lambda _asked, key: site.delete_issue(key)),
        ("POST", "/jira/projects/{key}/delete", lambda _asked, key: site.delete_project(key)),
        ("POST", "/jira/permissions", lambda asked: _permission(world, asked)),
        ("POST", "/jira/revoke-tokens", lambda _asked: site.bearers.clear()),
    ]


def _permission(world: World, asked: Mapping[str, Any]) -> None:
    """Show a project to a person, or hide it: {"project", "account_id", "visible"}."""
    change = world.jira.show_project if asked["visible"] else world.jira.hide_project
    change(asked["project"], asked["account_id"])
