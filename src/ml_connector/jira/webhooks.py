"""Webhooks of a Jira site: requests and what their answers say.

Atlassian, Jira Cloud platform, webhooks: an administrator's (`/rest/webhooks/1.0/webhook`) may tell of hours, is signed
and never ends; an app's (`/rest/api/3/webhook`) tells of issues alone, ends after 30 days, and only an app may ask for
it. The end of one is a number in the published schema and a text in its examples: both are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec

from ml_connector.core.webhooks import Listed, Wanted
from ml_connector.errors import Malformed, Rejected
from ml_connector.jira.answers import Id, instant, one_line, parse, without
from ml_connector.wire import Request, Response, Safety

ADMIN_PATH = "/rest/webhooks/1.0/webhook"
DYNAMIC_PATH = "/rest/api/3/webhook"
DYNAMIC_PAGE = 100
FILTER = "issue-related-events-section"
"""The one filter that an administrator's webhook knows."""
JSON_BODY = {"Content-Type": "application/json"}


class _Admin(msgspec.Struct):
    address: str = msgspec.field(name="self")
    name: str = ""
    url: str = ""
    events: list[str] = []
    filters: dict[str, str] | None = None
    enabled: bool = True


class _Dynamic(msgspec.Struct, rename="camel"):
    id: Id
    jql_filter: str = ""
    events: list[str] = []
    url: str = ""
    expiration_date: int | str | None = None


class _Page(msgspec.Struct, rename="camel"):
    values: list[_Dynamic]
    is_last: bool = True


class _Result(msgspec.Struct, rename="camel"):
    created_webhook_id: Id | None = None
    errors: list[str] = []


class _Results(msgspec.Struct, rename="camel"):
    webhook_registration_result: list[_Result]


def admin_list_request() -> Request:
    """All webhooks of the site's administrators."""
    return Request("jira.webhooks.list", "GET", ADMIN_PATH, Safety.READ)


def parse_admin_list(request: Request, response: Response) -> tuple[Listed, ...]:
    """The webhooks. Raises Rejected (403) for those who may not administer."""
    return tuple(_admin(each) for each in parse(request, response, list[_Admin]))


def admin_register_request(wanted: Wanted, secret: str) -> Request:
    """Make the webhook; deliveries are signed with the secret."""
    return Request(
        "jira.webhooks.register", "POST", ADMIN_PATH, Safety.ONCE, headers=JSON_BODY, body=_document(wanted, secret)
    )


def admin_rewrite_request(hook: Listed, wanted: Wanted, secret: str) -> Request:
    """Write all of the webhook again, its secret too."""
    path = f"{ADMIN_PATH}/{hook.id}"
    return Request(
        "jira.webhooks.rewrite", "PUT", path, Safety.REPEATABLE, headers=JSON_BODY, body=_document(wanted, secret)
    )


def parse_admin(request: Request, response: Response) -> Listed:
    """The webhook as it is now."""
    return _admin(parse(request, _unquoted(request, response), _Admin))


def admin_remove_request(hook: Listed) -> Request:
    """Take a webhook away."""
    # Jira answers 415 to a DELETE that names no type, though it has no body.
    return Request("jira.webhooks.remove", "DELETE", f"{ADMIN_PATH}/{hook.id}", Safety.REPEATABLE, headers=JSON_BODY)


def dynamic_list_request(start: int) -> Request:
    """A page of the webhooks of our app and user."""
    query = (("startAt", str(start)), ("maxResults", str(DYNAMIC_PAGE)))
    return Request("jira.webhooks.list", "GET", DYNAMIC_PATH, Safety.READ, query)


def parse_dynamic_list(request: Request, response: Response) -> tuple[tuple[Listed, ...], bool]:
    """The webhooks, and whether these are the last. Raises Rejected (403) where we are no app."""
    page = parse(request, response, _Page)
    return tuple(_dynamic(request, each) for each in page.values), page.is_last


def dynamic_register_request(wanted: Wanted) -> Request:
    """Make the webhook."""
    webhook = {"events": sorted(wanted.events), "jqlFilter": wanted.jql}
    body = msgspec.json.encode({"url": wanted.url, "webhooks": [webhook]})
    return Request("jira.webhooks.register", "POST", DYNAMIC_PATH, Safety.ONCE, headers=JSON_BODY, body=body)


def parse_dynamic_registered(request: Request, response: Response) -> str:
    """Its id. Raises Rejected with Jira's own words, which come inside an answer of success."""
    results = parse(request, _unquoted(request, response), _Results).webhook_registration_result
    first = results[0] if results else _Result()
    if first.created_webhook_id is None:
        why = one_line(without(_sent(request), "; ".join(first.errors))) or "no reason given"
        raise Rejected(f"{request.operation}: Jira made no webhook: {why}", status=response.status)
    return str(first.created_webhook_id)


def dynamic_renew_request(hook: Listed) -> Request:
    """Let the webhook live for another 30 days."""
    body = msgspec.json.encode({"webhookIds": [int(hook.id)]})
    return Request(
        "jira.webhooks.renew", "PUT", f"{DYNAMIC_PATH}/refresh", Safety.REPEATABLE, headers=JSON_BODY, body=body
    )


def dynamic_remove_request(hook: Listed) -> Request:
    """Take the webhook away."""
    body = msgspec.json.encode({"webhookIds": [int(hook.id)]})
    return Request("jira.webhooks.remove", "DELETE", DYNAMIC_PATH, Safety.REPEATABLE, headers=JSON_BODY, body=body)


class _Said(msgspec.Struct):
    url: str = ""
    secret: str = ""


def _sent(request: Request) -> Iterator[str]:
    """What a request tells that a refusal must not repeat: the secret, and the path, which nobody is to guess."""
    said = msgspec.json.decode(request.body or b"{}", type=_Said)
    yield said.secret
    yield from urlsplit(said.url).path.split("/")[-1:]


def _unquoted(request: Request, response: Response) -> Response:
    """A refusal without what it must not repeat; any other answer as it is."""
    if response.status < HTTPStatus.BAD_REQUEST:
        return response
    return replace(response, body=without(_sent(request), response.body.decode(errors="replace")).encode())


def _document(wanted: Wanted, secret: str) -> bytes:
    return msgspec.json.encode(
        {
            "name": wanted.name,
            "url": wanted.url,
            "events": sorted(wanted.events),
            "filters": {FILTER: wanted.jql},
            "excludeBody": False,
            "enabled": True,
            "secret": secret,
        }
    )


def _admin(told: _Admin) -> Listed:
    return Listed(
        id=told.address.rstrip("/").rpartition("/")[2],
        name=told.name,
        url=told.url,
        events=frozenset(told.events),
        jql=(told.filters or {}).get(FILTER, ""),
        enabled=told.enabled,
    )


def _dynamic(request: Request, told: _Dynamic) -> Listed:
    try:
        expires = None if told.expiration_date is None else instant(told.expiration_date)
    except ValueError:
        raise Malformed(f"{request.operation}: webhook {told.id} ends at a time that cannot be read.") from None
    return Listed(str(told.id), "", told.url, frozenset(told.events), told.jql_filter, expires=expires)
