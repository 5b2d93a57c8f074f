"""The two kinds of webhooks behind the port."""

from __future__ import annotations

from http import HTTPStatus

from ml_connector.core.webhooks import Listed, Wanted
from ml_connector.errors import InvariantBroken, Malformed, Rejected
from ml_connector.jira import webhooks
from ml_connector.jira.answers import refused
from ml_connector.wire import Request, Send

PAGES_MAX = 100
REMOVED = frozenset({HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND})


class AdminWebhooks:
    """Webhooks of the site's administrators, signed with our secret."""

    def __init__(self, send: Send, secret: str) -> None:
        self._send = send
        self._secret = secret

    def listed(self) -> tuple[Listed, ...]:
        """All of them."""
        request = webhooks.admin_list_request()
        return webhooks.parse_admin_list(request, self._send(request))

    def register(self, wanted: Wanted) -> Listed:
        """Make ours."""
        request = webhooks.admin_register_request(wanted, self._secret)
        return webhooks.parse_admin(request, self._send(request))

    def rewrite(self, hook: Listed, wanted: Wanted) -> Listed:
        """Write all of ours again."""
        request = webhooks.admin_rewrite_request(hook, wanted, self._secret)
        return webhooks.parse_admin(request, self._send(request))

    def renew(self, hook: Listed) -> None:
        """They never end."""
        raise InvariantBroken(f"the administrator's webhook {hook.id} was to be renewed, and those never end")

    def remove(self, hook: Listed) -> None:
        """Take one away."""
        _remove(self._send, webhooks.admin_remove_request(hook))


class DynamicWebhooks:
    """Webhooks of our app."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def listed(self) -> tuple[Listed, ...]:
        """All of our app and user."""
        found: list[Listed] = []
        for _ in range(PAGES_MAX):
            request = webhooks.dynamic_list_request(len(found))
            page, last = webhooks.parse_dynamic_list(request, self._send(request))
            found += page
            if last or not page:
                return tuple(found)
        raise Malformed(f"jira.webhooks.list: the list has more than {PAGES_MAX} pages.")

    def register(self, wanted: Wanted) -> Listed:
        """Make ours, and read it back: the answer does not tell when it ends."""
        request = webhooks.dynamic_register_request(wanted)
        made = webhooks.parse_dynamic_registered(request, self._send(request))
        for hook in self.listed():
            if hook.id == made:
                return hook
        raise Rejected(f"{request.operation}: Jira made webhook {made}, and does not list it.", status=HTTPStatus.OK)

    def rewrite(self, hook: Listed, wanted: Wanted) -> Listed:
        """An app's cannot be changed."""
        raise InvariantBroken(f"webhook {hook.id} of the app was to be rewritten for {wanted.name}")

    def renew(self, hook: Listed) -> None:
        """Another 30 days."""
        request = webhooks.dynamic_renew_request(hook)
        response = self._send(request)
        if response.status != HTTPStatus.OK:
            raise refused(request, response)

    def remove(self, hook: Listed) -> None:
        """Take one away."""
        _remove(self._send, webhooks.dynamic_remove_request(hook))


def _remove(send: Send, request: Request) -> None:
    response = send(request)
    if response.status not in REMOVED:
        raise refused(request, response)
