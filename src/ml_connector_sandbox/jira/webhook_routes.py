"""Webhooks over REST: an app's under the versioned interface, an administrator's beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ml_connector_sandbox.jira.auth import HOOKS
from ml_connector_sandbox.jira.bodies import body, listed, mapping, paged
from ml_connector_sandbox.jira.rendering import View, stamp
from ml_connector_sandbox.jira.site import Invalid, NotAllowed, NotThere
from ml_connector_sandbox.jira.switches import word
from ml_connector_sandbox.jira.webhook_book import ADMIN, DYNAMIC, Webhook
from ml_connector_sandbox.jira.webhooks import (
    ADMIN_MAX,
    DYNAMIC_EVENTS,
    LIFE,
    OF_A_USER_MAX,
    of_app,
    refuse_filter,
)
from ml_connector_sandbox.wire import Request, Response, json_response

PAGE = 100
NO_APP = "The caller isn't an app."
FILTER = "issue-related-events-section"


def register(view: View, request: Request) -> Response:
    """Make webhooks of an app: each of them is taken or refused by itself, inside an answer of success."""
    _need_app(view, request)
    asked = body(request)
    url, wanted = asked.get("url"), asked.get("webhooks")
    if not isinstance(url, str) or not url or not isinstance(wanted, list) or not wanted:
        raise Invalid(["An address and at least one webhook are needed."])
    others = {each.url for each in of_app(view.site, view.who.account_id)} - {url}
    if others:
        raise Invalid([f"Only a single URL per app is allowed to be registered via REST API. Use {others.pop()}"])
    return json_response({"webhookRegistrationResult": [_register(view, url, each) for each in wanted]})


def _register(view: View, url: str, asked: Any) -> dict[str, Any]:
    asked = mapping(asked, "webhooks")
    events, jql, site = listed(asked.get("events")), str(asked.get("jqlFilter") or ""), view.site
    unknown = sorted(set(events) - DYNAMIC_EVENTS)
    custom = {each.name: each.id for each in site.fields.values() if each.custom}
    why = f"Unknown events: {', '.join(unknown)}" if unknown or not events else refuse_filter(jql, custom)
    if not why and len(of_app(site, view.who.account_id)) >= OF_A_USER_MAX:
        why = f"No more than {OF_A_USER_MAX} webhooks can be registered for a user."
    if why:
        return {"errors": [why]}
    now = site.clock.now()
    made = Webhook(site.next_id("webhook"), DYNAMIC, url, events, jql, view.who.account_id, now, expires=now + LIFE)
    site.webhooks.registered[made.id] = made
    return {"createdWebhookId": int(made.id)}


def list_dynamic(view: View, request: Request) -> Response:
    """The app's webhooks of this user."""
    _need_app(view, request)
    found = [_dynamic(view, each) for each in of_app(view.site, view.who.account_id)]
    return json_response(paged(request, found, PAGE, f"{view.base}/webhook"))


def _dynamic(view: View, hook: Webhook) -> dict[str, Any]:
    expires: object = stamp(hook.expires) if hook.expires else None
    if hook.expires and word(view.site.switches, "jira_webhook_expiry") == "epoch":
        expires = int(hook.expires.timestamp() * 1000)
    return {
        "id": int(hook.id),
        "jqlFilter": hook.jql,
        "events": hook.events,
        "url": hook.url,
        "expirationDate": expires,
    }


def refresh(view: View, request: Request) -> Response:
    """Let webhooks live for another 30 days; ids that are not there are passed over."""
    _need_app(view, request)
    until = view.site.clock.now() + LIFE
    for hook in _of_ids(view, request):
        hook.expires = until
    shown: object = stamp(until)
    if word(view.site.switches, "jira_webhook_expiry") == "epoch":
        shown = int(until.timestamp() * 1000)
    return json_response({"expirationDate": shown})


def remove_dynamic(view: View, request: Request) -> Response:
    """Take webhooks away; ids that are not there are passed over."""
    _need_app(view, request)
    for hook in _of_ids(view, request):
        del view.site.webhooks.registered[hook.id]
    return Response(202)


def failed(view: View, request: Request) -> Response:
    """What could not be delivered: told to Connect apps alone, and this is none."""
    _need_app(view, request)
    raise NotAllowed("The caller isn't a Connect app.")


def _of_ids(view: View, request: Request) -> list[Webhook]:
    ids = body(request).get("webhookIds")
    if not isinstance(ids, list) or not ids:
        raise Invalid(["The ids of webhooks are needed."])
    wanted = {str(each) for each in ids}
    return [each for each in of_app(view.site, view.who.account_id) if each.id in wanted]


def _need_app(view: View, request: Request) -> None:
    """Raises NotAllowed: an account's own token is not an app, and says so with 403."""
    if not request.headers.get("authorization", "").lower().startswith("bearer"):
        raise NotAllowed(NO_APP)
    if not view.site.is_app(request.headers["authorization"].partition(" ")[2].strip()):
        raise NotAllowed(NO_APP)


def list_admin(view: View, request: Request) -> Response:
    """All webhooks of the site's administrators."""
    _need_admin(view)
    return json_response([_admin(view, request, each) for each in _of_admins(view)])


def read_admin(view: View, request: Request, webhook: str) -> Response:
    """One of them."""
    _need_admin(view)
    return json_response(_admin(view, request, _found(view, webhook)))


def create_admin(view: View, request: Request) -> Response:
    """A new one."""
    _need_admin(view)
    if len(_of_admins(view)) >= ADMIN_MAX:
        raise Invalid([f"No more than {ADMIN_MAX} webhooks can be active."])
    asked, site = body(request), view.site
    if not asked.get("name") or not asked.get("url"):
        raise Invalid(errors={name: f"The {name} is needed." for name in ("name", "url") if not asked.get(name)})
    made = Webhook(site.next_id("webhook"), ADMIN, "", [], "", view.who.account_id, site.clock.now())
    _take(view, made, asked)
    site.webhooks.registered[made.id] = made
    return json_response(_admin(view, request, made), 201)


def change_admin(view: View, request: Request, webhook: str) -> Response:
    """Another address, filter, secret or set of events."""
    _need_admin(view)
    hook = _found(view, webhook)
    _take(view, hook, body(request))
    return json_response(_admin(view, request, hook))


def remove_admin(view: View, _request: Request, webhook: str) -> Response:
    """Take one away."""
    _need_admin(view)
    del view.site.webhooks.registered[_found(view, webhook).id]
    return Response(204)


def _take(view: View, hook: Webhook, asked: dict[str, Any]) -> None:
    filters = mapping(asked.get("filters", hook.filters), "filters")
    hook.name = str(asked.get("name", hook.name))
    hook.url = str(asked.get("url", hook.url))
    hook.events = listed(asked.get("events", hook.events))
    hook.filters = {str(name): str(value) for name, value in filters.items()}
    hook.jql = hook.filters.get(FILTER, "")
    hook.enabled = bool(asked.get("enabled", hook.enabled))
    hook.secret = str(asked["secret"] or "") if "secret" in asked else hook.secret
    hook.changed = view.site.clock.now()


def _admin(view: View, request: Request, hook: Webhook) -> dict[str, Any]:
    """As it is told: never with its secret."""
    updated = hook.changed - timedelta(0)
    return {
        "name": hook.name,
        "url": hook.url,
        "excludeBody": False,
        "filters": hook.filters,
        "events": hook.events,
        "enabled": hook.enabled,
        "self": f"{request.origin}/rest/webhooks/1.0/webhook/{hook.id}",
        "lastUpdatedUser": hook.owner,
        "lastUpdatedDisplayName": view.site.accounts[hook.owner].name,
        "lastUpdated": int(updated.timestamp() * 1000),
        "isSigned": bool(hook.secret),
    }


def _of_admins(view: View) -> list[Webhook]:
    return [each for each in view.site.webhooks.registered.values() if each.kind == ADMIN]


def _found(view: View, webhook: str) -> Webhook:
    hook = view.site.webhooks.registered.get(webhook)
    if hook is None or hook.kind != ADMIN:
        raise NotThere(f"There is no webhook {webhook}.")
    return hook


def _need_admin(view: View) -> None:
    if not view.site.allowed(view.who, "ADMINISTER"):
        raise NotAllowed("You do not have the permission: Administer Jira.")


ROUTES = (
    ("POST", "/webhook", HOOKS, register),
    ("GET", "/webhook", HOOKS, list_dynamic),
    ("DELETE", "/webhook", HOOKS, remove_dynamic),
    ("PUT", "/webhook/refresh", HOOKS, refresh),
    ("GET", "/webhook/failed", HOOKS, failed),
)
ADMIN_ROUTES = (
    ("GET", "/rest/webhooks/1.0/webhook", list_admin),
    ("POST", "/rest/webhooks/1.0/webhook", create_admin),
    ("GET", "/rest/webhooks/1.0/webhook/{webhook}", read_admin),
    ("PUT", "/rest/webhooks/1.0/webhook/{webhook}", change_admin),
    ("DELETE", "/rest/webhooks/1.0/webhook/{webhook}", remove_admin),
)
